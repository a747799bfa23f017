"""The rules of this chain: Prague, with a constant gas limit, a base fee of zero, and equal timestamps allowed.

Where py-evm's Prague differs from what a chain of one operator needs, the difference is here and says why:

* Base fee zero by rule. Under EIP-1559 a block over half of the gas limit raises the fee from 0 to 1, and never back.
* Gas limit constant. py-evm lets it drift from parent to child.
* Block time is max(clock, parent). Demanding a strictly later time makes a fast chain run ahead of the clock (369 s
  after 400 blocks in eth-tester), which would falsify everything that is judged by block time.
* No beacon chain stands behind it: no withdrawals, no execution-layer requests, no blobs.
* EIP-7825 (16,777,216 gas for one transaction) is Osaka's, not Prague's, and does not hold here: a transaction may
  use the whole block. Callers that must run elsewhere too keep below it themselves.
"""

from __future__ import annotations

import time
from typing import Any, Final

from eth.abc import BlockAPI, BlockHeaderAPI
from eth.constants import (
    BLANK_ROOT_HASH,
    EMPTY_SHA256,
    EMPTY_UNCLE_HASH,
    POST_MERGE_DIFFICULTY,
    POST_MERGE_NONCE,
    ZERO_ADDRESS,
    ZERO_HASH32,
)
from eth.vm.forks.prague import PragueVM
from eth.vm.forks.prague.blocks import PragueBlockHeader
from eth.vm.forks.prague.state import PragueState
from eth_typing import BlockNumber, Hash32
from eth_utils.exceptions import ValidationError

GAS_LIMIT: Final = 60_000_000
"""Gas limit of every block."""
EXTRA_DATA_BYTES: Final = 32
"""Size of the genesis' random extraData; also the most that any block may carry."""
DEVELOPMENT_MARK: Final = b"development chain".ljust(32, b"\0")
"""mixHash of a development chain's genesis, so that its very hash says what it is; zeros on every other chain."""


class LocalState(PragueState):
    """Prague's state without system contracts."""

    def set_system_contracts(self) -> None:
        """Do nothing: no beacon chain feeds them.

        py-evm looks two accounts up here each time a state is built, for every call, and then changes nothing.
        """


def header_from_parent(parent: BlockHeaderAPI | None, **fields: Any) -> PragueBlockHeader:
    """The header of the next block, before any transaction; `parent` None makes a genesis header.

    Args:
        parent: header of the block before.
        fields: header fields that are given; `timestamp` defaults to max(clock, parent).
    """
    values: dict[str, Any] = {
        "difficulty": POST_MERGE_DIFFICULTY,
        "nonce": POST_MERGE_NONCE,
        "coinbase": ZERO_ADDRESS,
        "mix_hash": ZERO_HASH32,
        "uncles_hash": EMPTY_UNCLE_HASH,
        "transaction_root": BLANK_ROOT_HASH,
        "receipt_root": BLANK_ROOT_HASH,
        "withdrawals_root": BLANK_ROOT_HASH,
        "parent_beacon_block_root": ZERO_HASH32,
        "requests_hash": EMPTY_SHA256,
        "gas_limit": GAS_LIMIT,
        "base_fee_per_gas": 0,
    }
    if parent is None:
        values |= {"block_number": BlockNumber(0), "parent_hash": ZERO_HASH32, "timestamp": int(time.time())}
    else:
        values |= {
            "block_number": BlockNumber(parent.block_number + 1),
            "parent_hash": parent.hash,
            "state_root": parent.state_root,
            "timestamp": max(int(time.time()), parent.timestamp),
        }
    return PragueBlockHeader(**(values | fields))


class LocalVM(PragueVM):
    """Prague with this chain's header rules."""

    fork = "prague"
    _state_class = LocalState
    create_header_from_parent = staticmethod(header_from_parent)

    def block_postprocessing(self, block: BlockAPI) -> BlockAPI:
        """Leave the block as it is: without a beacon chain the list of requests is empty (EIP-7685)."""
        return block

    @classmethod
    def validate_gas(cls, header: BlockHeaderAPI, parent_header: BlockHeaderAPI) -> None:
        """Refuse another gas limit or base fee than this chain's.

        Raises:
            ValidationError: one of them differs.
        """
        if header.gas_limit != GAS_LIMIT or header.base_fee_per_gas != 0:
            raise ValidationError(
                f"Block {header.block_number} has gas limit {header.gas_limit} and base fee "
                f"{header.base_fee_per_gas}; this chain has {GAS_LIMIT} and 0."
            )

    @classmethod
    def validate_header(cls, header: BlockHeaderAPI, parent_header: BlockHeaderAPI) -> None:
        """Hold a header to the rules of this chain.

        Raises:
            ValidationError: number, parent, time, gas or a post-merge constant is wrong.
        """
        if parent_header is None:
            raise ValidationError("A header is judged by its parent, and there is none.")
        cls.validate_gas(header, parent_header)
        if header.block_number != parent_header.block_number + 1 or header.parent_hash != parent_header.hash:
            raise ValidationError(f"Block {header.block_number} does not follow {parent_header.block_number}.")
        if header.timestamp < parent_header.timestamp:
            raise ValidationError(
                f"Block {header.block_number} has time {header.timestamp}, before its parent's "
                f"{parent_header.timestamp}."
            )
        if len(header.extra_data) > EXTRA_DATA_BYTES:
            raise ValidationError(f"extraData has {len(header.extra_data)} bytes; at most {EXTRA_DATA_BYTES}.")
        if (header.difficulty, header.nonce, header.uncles_hash) != (
            POST_MERGE_DIFFICULTY,
            POST_MERGE_NONCE,
            EMPTY_UNCLE_HASH,
        ):
            raise ValidationError("Difficulty, nonce and uncles must be those of a chain without mining.")


def genesis_fields(*, random: bytes, timestamp: int, development: bool) -> dict[str, Any]:
    """Header fields of a genesis block.

    Args:
        random: 32 bytes from the operating system, so that no two chains share a genesis hash.
        timestamp: seconds since 1970.
        development: whether test accounts are funded and time can be moved.
    """
    if len(random) != EXTRA_DATA_BYTES:
        raise ValueError(f"A genesis takes {EXTRA_DATA_BYTES} random bytes, not {len(random)}.")
    mark = DEVELOPMENT_MARK if development else ZERO_HASH32
    return {
        "extra_data": random,
        "timestamp": timestamp,
        "mix_hash": Hash32(mark),
        "difficulty": POST_MERGE_DIFFICULTY,
        "gas_limit": GAS_LIMIT,
    }

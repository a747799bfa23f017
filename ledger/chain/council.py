"""Acts of the council: what its members sign (EIP-712), and the call that carries their signatures.

Anybody may relay the call; the nonce lets each act happen once and in order. Members sign on machines of their own
where the council is spread: `act_digest` is all that they need.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from eth_abi.abi import encode

from ledger.chain.abi import keccak
from ledger.chain.calls import INTERFACES
from ledger.council_act import CouncilAct
from ledger.ports.chain import Call
from ledger.ports.keys import ChainSigner
from ledger.values import Address, Digest32

_DOMAIN_TYPE: Final = keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
_ACT_TYPE: Final = keccak(b"Act(address target,bytes data,uint256 nonce,uint64 deadline)")
_NAME: Final = keccak(b"Sillok Council")
_VERSION: Final = keccak(b"1")
# Recovering a signer costs about 5,000; the council's own work and the event about 60,000.
_RELAY_GAS: Final = 120_000
_MEMBER_GAS: Final = 12_000


def act_digest(act: CouncilAct, *, council: Address, chain_id: int) -> Digest32:
    """What a member signs: EIP-712 over the act, for this council on this chain alone."""
    domain = keccak(
        encode(
            ["bytes32", "bytes32", "bytes32", "uint256", "address"],
            [_DOMAIN_TYPE, _NAME, _VERSION, chain_id, council],
        )
    )
    content = keccak(
        encode(
            ["bytes32", "address", "bytes32", "uint256", "uint64"],
            [_ACT_TYPE, act.target, keccak(act.data), act.nonce, act.deadline],
        )
    )
    return Digest32(keccak(b"\x19\x01" + domain + content))


def sign_act(digest: Digest32, signer: ChainSigner) -> bytes:
    """One member's signature as contracts take it: r, s, v; 65 bytes."""
    r, s, parity = signer.sign_digest(digest)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([27 + parity])


def act_call(act: CouncilAct, signatures: Mapping[Address, bytes], *, council: Address, gas: int) -> Call:
    """The call that anybody may send once enough members signed.

    Args:
        act: what they signed.
        signatures: member → its 65 bytes.
        council: the contract.
        gas: what the act itself needs.
    """
    # OpenZeppelin's MultiSignerERC7913 wants signers in the order of their keccak-256.
    ordered = sorted(signatures, key=keccak)
    packed = encode(["bytes[]", "bytes[]"], [ordered, [signatures[member] for member in ordered]])
    data = INTERFACES["Council"].call_data("act", act.target, act.data, act.nonce, act.deadline, packed)
    # The call data is charged twice: in the transaction, and when the council passes it on.
    return Call(to=council, data=data, gas=gas + _RELAY_GAS + _MEMBER_GAS * len(ordered) + 60 * len(data))

"""Running a call without a transaction: `eth_call` and `eth_estimateGas`.

A call costs nothing and needs no nonce, so no check of the sender's nonce or of fees runs (py-evm's own
`costless_execute_transaction` keeps the nonce check and refuses ordinary calls). Value must be covered by the
sender's balance, as on every chain.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, cast

from eth.abc import AtomicDatabaseAPI, BlockHeaderAPI, ComputationAPI, SignedTransactionAPI
from eth.constants import CREATE_CONTRACT_ADDRESS, GAS_TX
from eth.exceptions import OutOfGas, Revert
from eth.vm.chain_context import ChainContext
from eth.vm.forks.prague.constants import STANDARD_TOKEN_COST, TOTAL_COST_FLOOR_PER_TOKEN
from eth.vm.forks.prague.state import PragueTransactionExecutor
from eth.vm.forks.prague.transactions import PragueTransactionBuilder
from eth.vm.spoof import SpoofTransaction
from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_typing import Address, Hash32

from localchain.errors import REVERTED, RpcError, refused
from localchain.evm import GAS_LIMIT, LocalState, LocalVM

_ERROR_STRING: Final = bytes.fromhex("08c379a0")
"""Selector of Error(string)."""
_PANIC: Final = bytes.fromhex("4e487b71")
"""Selector of Panic(uint256)."""
_TOLERANCE: Final = 1_000
"""Gas by which an estimate may be above the least that works, where a search was needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRequest:
    """What is to be run; `to` None creates a contract. The gas price is not part of it: a call pays nothing."""

    sender: bytes
    to: bytes | None
    data: bytes
    value: int = 0
    gas: int | None = None
    access_list: tuple[tuple[bytes, tuple[int, ...]], ...] = ()


class _CallExecutor(PragueTransactionExecutor):
    """Executes without the checks that only a signed transaction can pass."""

    def validate_transaction(self, transaction: SignedTransactionAPI) -> None:
        """Let everything through: there is no signature, nonce or fee to check."""


def floor_gas(data: bytes) -> int:
    """Least gas of a transaction with this data (EIP-7623); py-evm charges it but does not demand it beforehand."""
    zeros = data.count(0)
    return GAS_TX + TOTAL_COST_FLOOR_PER_TOKEN * (zeros + (len(data) - zeros) * STANDARD_TOKEN_COST)


def build_state(
    nodes: AtomicDatabaseAPI, header: BlockHeaderAPI, ancestors: Iterable[Hash32], chain_id: int
) -> LocalState:
    """The state after the parent of `header`, or after `header` itself, to run calls in its context.

    Args:
        nodes: committed state.
        header: gives block number, time and state root.
        ancestors: hashes of the blocks before it, newest first; read only if a contract asks.
        chain_id: of this chain.
    """
    return cast(LocalState, LocalVM.build_state(nodes, header, ChainContext(chain_id), ancestors))


def call(state: LocalState, request: CallRequest, chain_id: int) -> bytes:
    """Run a call and return its output; the state is as before when it returns.

    Raises:
        RpcError: it reverted (code 3, with data), or could not be run.
    """
    computation = _run(state, request, request.gas or GAS_LIMIT, chain_id)
    if computation.is_error:
        raise call_failure(computation)
    return bytes(computation.output)


def estimate(state: LocalState, request: CallRequest, chain_id: int) -> int:
    """Gas limit with which the call succeeds.

    Raises:
        RpcError: it fails with whatever gas it is given.
    """
    most = min(request.gas or GAS_LIMIT, GAS_LIMIT)
    computation = _run(state, request, most, chain_id)
    if computation.is_error:
        raise call_failure(computation)
    # Refunds come after the fact: a transaction must be able to pay for the gas before them.
    used = most - computation.get_gas_remaining()
    least = max(used, floor_gas(request.data))
    if least >= most or not _run(state, request, least, chain_id).is_error:
        return min(least, most)
    # A callee gets at most 63/64 of what is left (EIP-150), so more can be needed than is used.
    low, high = least, most
    guess = least + least // 32 + 2_300
    while high - low > _TOLERANCE:
        if low < guess < high and not _run(state, request, guess, chain_id).is_error:
            high = guess
        elif low < guess < high:
            low = guess
        guess = (low + high) // 2
    return high


def _run(state: LocalState, request: CallRequest, gas: int, chain_id: int) -> ComputationAPI:
    if request.value > (balance := state.get_balance(Address(request.sender))):
        raise refused(f"insufficient funds for transfer: {request.value} wei asked, {balance} there")
    unsigned: Any = PragueTransactionBuilder.new_unsigned_dynamic_fee_transaction(
        chain_id=chain_id,
        nonce=0,
        max_priority_fee_per_gas=0,
        max_fee_per_gas=0,
        gas=gas,
        to=Address(request.to) if request.to is not None else CREATE_CONTRACT_ADDRESS,
        value=request.value,
        data=request.data,
        access_list=cast(Any, request.access_list),
    )
    if gas < unsigned.intrinsic_gas:
        raise refused(f"intrinsic gas too low: have {gas}, want {unsigned.intrinsic_gas}")
    transaction = cast(SignedTransactionAPI, SpoofTransaction(unsigned, from_=Address(request.sender)))
    snapshot = state.snapshot()
    try:
        return _CallExecutor(state)(transaction)
    finally:
        state.revert(snapshot)


def call_failure(computation: ComputationAPI) -> RpcError:
    """The JSON-RPC error of a computation that failed."""
    error = computation.error
    if isinstance(error, Revert):
        data = bytes(computation.output)
        reason = _reason(data)
        return RpcError(
            REVERTED, f"execution reverted: {reason}" if reason else "execution reverted", "0x" + data.hex()
        )
    if isinstance(error, OutOfGas):
        return refused(f"out of gas: {error}")
    return refused(f"execution failed: {type(error).__name__}: {error}")


def _reason(data: bytes) -> str | None:
    try:
        if data[:4] == _ERROR_STRING:
            return str(decode(["string"], data[4:])[0])
        if data[:4] == _PANIC:
            return f"panic 0x{int(decode(['uint256'], data[4:])[0]):02x}"
    except DecodingError:
        return None
    return None

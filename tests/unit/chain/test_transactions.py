"""Transactions are what other Ethereum libraries read, and a replacement is one that nodes take."""

from __future__ import annotations

import pytest
from eth_account import Account
from eth_account.typed_transactions import TypedTransaction
from eth_utils.address import to_canonical_address
from hexbytes import HexBytes
from hypothesis import given
from hypothesis import strategies as st
from support.chains import RunningChain

from ledger.chain.rpc import JsonRpc
from ledger.chain.sending import Sending
from ledger.chain.submit import see_through
from ledger.chain.transactions import (
    Fees,
    Unsigned,
    created_address,
    current_fees,
    read_transaction,
    sign_call,
    sign_replacement,
)
from ledger.errors import ChainError
from ledger.keys.signers import FileChainSigner, draw_secret
from ledger.ports.chain import Call, SignedTransaction
from ledger.values import Address

WEI = st.integers(0, 2**100)
UNSIGNED = st.builds(
    Unsigned,
    chain_id=st.integers(1, 2**53),
    nonce=st.integers(0, 2**63),
    fees=st.builds(Fees, priority=WEI, most=WEI),
    gas=st.integers(21000, 2**24),
    to=st.binary(min_size=20, max_size=20).map(Address) | st.none(),
    value=WEI,
    data=st.binary(max_size=200),
)


@given(UNSIGNED)
def test_eth_account_reads_what_we_sign(unsigned: Unsigned) -> None:
    signer = FileChainSigner(draw_secret())
    signed = unsigned.sign(signer)
    fields = TypedTransaction.from_bytes(HexBytes(signed.raw)).as_dict()
    assert to_canonical_address(Account.recover_transaction(signed.raw)) == signer.address == signed.sender
    assert (fields["chainId"], fields["nonce"], fields["gas"]) == (unsigned.chain_id, unsigned.nonce, unsigned.gas)
    assert (fields["value"], bytes(fields["data"])) == (unsigned.value, unsigned.data)
    assert (fields["maxPriorityFeePerGas"], fields["maxFeePerGas"]) == (unsigned.fees.priority, unsigned.fees.most)
    assert read_transaction(signed.raw) == unsigned


@given(st.integers(1, 2**60), st.integers(1, 12))
def test_a_raised_fee_is_a_tenth_more_each_time_and_nothing_stays_nothing(fee: int, times: int) -> None:
    before = Fees(priority=fee, most=fee)
    for _ in range(times):
        after = before.raised()
        assert after.most * 10 >= before.most * 11
        before = after
    assert Fees(priority=0, most=0).raised(times).free


def test_what_is_no_transaction_of_ours_is_refused() -> None:
    for raw in (b"", b"\x02", b"\x02\xc0", b"\x01\xc0", b"\x02\xcc" + b"\xc0" * 12):
        with pytest.raises(ChainError, match="cannot be read"):
            read_transaction(raw)


def test_a_stuck_transaction_is_replaced_and_only_the_replacement_is_mined(anvil: RunningChain) -> None:
    rpc = JsonRpc(anvil.url)
    signer = anvil.new_signer()
    call = Call(to=Address(b"\x11" * 20), data=b"", gas=30_000)
    fees = current_fees(rpc)
    assert fees.most > 0

    def send(transaction: SignedTransaction) -> None:
        rpc.call("eth_sendRawTransaction", "0x" + transaction.raw.hex())

    rpc.call("evm_setAutomine", False)
    try:
        first = sign_call(call, signer, chain_id=31337, nonce=0, fees=fees)
        send(first)
        same_fee = sign_call(Call(to=call.to, data=b"x", gas=call.gas), signer, chain_id=31337, nonce=0, fees=fees)
        with pytest.raises(ChainError, match="underpriced"):
            send(same_fee)
        second = sign_replacement(first, signer, current_fees(rpc))
        third = sign_replacement(second, signer, current_fees(rpc))
        send(second)
        send(third)
        rpc.call("evm_mine")
    finally:
        rpc.call("evm_setAutomine", True)
    receipts = [rpc.call("eth_getTransactionReceipt", "0x" + t.hash.hex()) for t in (first, second, third)]
    assert receipts[:2] == [None, None]
    assert isinstance(receipts[2], dict)
    assert receipts[2]["status"] == "0x1"
    with pytest.raises(ChainError, match="key that signed it"):
        sign_replacement(third, anvil.new_signer(), fees)
    rpc.close()


def test_a_contract_lands_where_we_said(anvil: RunningChain) -> None:
    rpc = JsonRpc(anvil.url)
    signer = anvil.new_signer()
    for nonce in range(2):
        # Initialisation code that returns one byte of code: 0x00.
        create = Unsigned(
            chain_id=31337,
            nonce=nonce,
            fees=current_fees(rpc),
            gas=100_000,
            to=None,
            value=0,
            data=bytes.fromhex("60015ff3"),
        ).sign(signer)
        see_through(Sending(rpc, 31337), create, signer)
        code = rpc.call("eth_getCode", "0x" + created_address(signer.address, nonce).hex(), "latest")
        assert code == "0x00"
    rpc.close()

"""Which transactions this chain takes, said in the words that tools know from other nodes.

py-evm checks most of it again when it executes. What it does not check is here: the chain id (it executes a
transaction for another chain, and one for any chain, as readily as ours), the floor of EIP-7623, the size of creation
code (EIP-3860), and canonical encoding.
"""

from __future__ import annotations

from eth.abc import SignedTransactionAPI
from eth.constants import CREATE_CONTRACT_ADDRESS
from eth.exceptions import UnrecognizedTransactionType
from eth.vm.forks.cancun.constants import BLOB_TX_TYPE
from eth.vm.forks.prague.transactions import PragueTransactionBuilder
from eth.vm.forks.shanghai.constants import MAX_INITCODE_SIZE
from eth_utils.exceptions import ValidationError
from rlp.exceptions import RLPException  # type: ignore[import-untyped]

from localchain.chain import PendingBlock
from localchain.errors import refused
from localchain.evm import GAS_LIMIT
from localchain.execution import floor_gas


def decode_transaction(raw: bytes, chain_id: int) -> SignedTransactionAPI:
    """A signed transaction for this chain, from its encoded form.

    Raises:
        RpcError: it cannot be decoded, its signature is no signature, or it is for another chain or for any.
    """
    if raw[:1] == bytes([BLOB_TX_TYPE]):
        raise refused("transaction type not supported: no blobs on this chain")
    try:
        transaction = PragueTransactionBuilder.decode(raw)
        if transaction.encode() != raw:
            raise refused("transaction cannot be decoded: it is not encoded canonically")
        transaction.check_signature_validity()
    except (RLPException, UnrecognizedTransactionType, ValidationError, ValueError, IndexError, TypeError) as error:
        raise refused(f"transaction cannot be decoded: {error}") from error
    if transaction.chain_id is None:
        raise refused("only replay-protected (EIP-155) transactions allowed: sign it with a chain id")
    if transaction.chain_id != chain_id:
        raise refused(f"invalid chain id for signer: have {transaction.chain_id}, want {chain_id}")
    return transaction


def check_transaction(pending: PendingBlock, transaction: SignedTransactionAPI) -> None:
    """Hold a transaction to the state of the block in the making.

    Raises:
        RpcError: nonce, gas, fees or funds do not fit.
    """
    sender = transaction.sender
    nonce = pending.vm.state.get_nonce(sender)
    if transaction.nonce != nonce:
        side = "low" if transaction.nonce < nonce else "high"
        raise refused(f"nonce too {side}: next nonce {nonce}, tx nonce {transaction.nonce}")
    if transaction.gas > GAS_LIMIT:
        raise refused(f"exceeds block gas limit: have {transaction.gas}, limit {GAS_LIMIT}")
    least = max(transaction.intrinsic_gas, floor_gas(transaction.data))
    if transaction.gas < least:
        raise refused(f"intrinsic gas too low: have {transaction.gas}, want {least}")
    if transaction.to == CREATE_CONTRACT_ADDRESS and len(transaction.data) > MAX_INITCODE_SIZE:
        raise refused(f"max initcode size exceeded: have {len(transaction.data)}, limit {MAX_INITCODE_SIZE}")
    if transaction.max_priority_fee_per_gas > transaction.max_fee_per_gas:
        raise refused("max priority fee per gas higher than max fee per gas")
    cost = transaction.value + transaction.gas * transaction.max_fee_per_gas
    balance = pending.vm.state.get_balance(sender)
    if balance < cost:
        raise refused(f"insufficient funds for gas * price + value: have {balance}, want {cost}")

"""Blocks, transactions, receipts, logs and proofs as JSON-RPC shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from eth.abc import SignedTransactionAPI

from localchain.proofs import AccountProof
from localchain.quantities import data, quantity
from localchain.tables import BlockRow, LogRow, TransactionRow

Json = dict[str, Any]
_DYNAMIC_FEE: Final = 2
_SET_CODE: Final = 4


def block_json(block: BlockRow, transactions: Sequence[object]) -> Json:
    """A block with the transactions' hashes or objects."""
    header = block.header
    return {
        "number": quantity(block.number),
        "hash": data(block.hash),
        "parentHash": data(header.parent_hash),
        "nonce": data(header.nonce),
        "sha3Uncles": data(header.uncles_hash),
        "logsBloom": data(header.bloom.to_bytes(256, "big")),
        "transactionsRoot": data(header.transaction_root),
        "stateRoot": data(header.state_root),
        "receiptsRoot": data(header.receipt_root),
        "miner": data(header.coinbase),
        "difficulty": quantity(header.difficulty),
        "totalDifficulty": "0x0",
        "extraData": data(header.extra_data),
        "mixHash": data(header.mix_hash),
        "size": quantity(block.size),
        "gasLimit": quantity(header.gas_limit),
        "gasUsed": quantity(header.gas_used),
        "timestamp": quantity(header.timestamp),
        "baseFeePerGas": quantity(header.base_fee_per_gas or 0),
        "withdrawalsRoot": data(header.withdrawals_root or b""),
        "withdrawals": [],
        "blobGasUsed": quantity(header.blob_gas_used),
        "excessBlobGas": quantity(header.excess_blob_gas),
        "parentBeaconBlockRoot": data(header.parent_beacon_block_root or bytes(32)),
        "requestsHash": data(header.requests_hash),  # type: ignore[attr-defined]
        "transactions": list(transactions),
        "uncles": [],
    }


def transaction_json(row: TransactionRow) -> Json:
    """A mined transaction."""
    transaction = row.decode()
    kind = transaction.type_id or 0
    shown: Json = {
        "type": quantity(kind),
        "hash": data(row.hash),
        "nonce": quantity(transaction.nonce),
        "blockHash": data(row.block_hash),
        "blockNumber": quantity(row.block),
        "blockTimestamp": quantity(row.block_time),
        "transactionIndex": quantity(row.position),
        "from": data(row.sender),
        "to": data(transaction.to) if transaction.to else None,
        "value": quantity(transaction.value),
        "gas": quantity(transaction.gas),
        "gasPrice": quantity(gas_price(transaction)),
        "input": data(transaction.data),
        "chainId": quantity(transaction.chain_id or 0),
        "v": quantity(transaction.y_parity if kind else transaction.v),  # type: ignore[attr-defined]
        "r": quantity(transaction.r),
        "s": quantity(transaction.s),
    }
    if kind:
        shown["yParity"] = quantity(transaction.y_parity)
        shown["accessList"] = [
            {"address": data(address), "storageKeys": [data(slot.to_bytes(32, "big")) for slot in slots]}
            for address, slots in transaction.access_list
        ]
    if kind >= _DYNAMIC_FEE:
        shown["maxFeePerGas"] = quantity(transaction.max_fee_per_gas)
        shown["maxPriorityFeePerGas"] = quantity(transaction.max_priority_fee_per_gas)
    if kind == _SET_CODE:
        shown["authorizationList"] = [
            {
                "chainId": quantity(one.chain_id),
                "address": data(one.address),
                "nonce": quantity(one.nonce),
                "yParity": quantity(one.y_parity),
                "r": quantity(one.r),
                "s": quantity(one.s),
            }
            for one in transaction.authorization_list
        ]
    return shown


def gas_price(transaction: SignedTransactionAPI) -> int:
    """Wei paid for a unit of gas; the base fee is zero."""
    return min(transaction.max_priority_fee_per_gas, transaction.max_fee_per_gas)


def receipt_json(row: TransactionRow, logs: Sequence[LogRow]) -> Json:
    """A mined transaction's receipt."""
    transaction = row.decode()
    return {
        "type": quantity(transaction.type_id or 0),
        "status": quantity(row.status),
        "transactionHash": data(row.hash),
        "transactionIndex": quantity(row.position),
        "blockHash": data(row.block_hash),
        "blockNumber": quantity(row.block),
        "from": data(row.sender),
        "to": data(transaction.to) if transaction.to else None,
        "contractAddress": data(row.contract) if row.contract else None,
        "gasUsed": quantity(row.gas_used),
        "cumulativeGasUsed": quantity(row.cumulative_gas),
        "effectiveGasPrice": quantity(gas_price(transaction)),
        "logsBloom": data(row.bloom),
        "logs": [log_json(log, row.block_time) for log in logs],
    }


def log_json(log: LogRow, block_time: int | None = None) -> Json:
    """One log entry."""
    shown: Json = {
        "address": data(log.address),
        "topics": [data(topic) for topic in log.topics],
        "data": data(log.data),
        "blockHash": data(log.block_hash),
        "blockNumber": quantity(log.block),
        "transactionHash": data(log.transaction_hash),
        "transactionIndex": quantity(log.transaction),
        "logIndex": quantity(log.position),
        "removed": False,
    }
    if block_time is not None:
        shown["blockTimestamp"] = quantity(block_time)
    return shown


def proof_json(address: bytes, proof: AccountProof, keys: Sequence[str]) -> Json:
    """An EIP-1186 proof; `keys` are the slots as they were asked for."""
    return {
        "address": data(address),
        "balance": quantity(proof.balance),
        "nonce": quantity(proof.nonce),
        "codeHash": data(proof.code_hash),
        "storageHash": data(proof.storage_root),
        "accountProof": [data(node) for node in proof.nodes],
        "storageProof": [
            {"key": key, "value": quantity(one.value), "proof": [data(node) for node in one.nodes]}
            for key, one in zip(keys, proof.storage, strict=True)
        ],
    }

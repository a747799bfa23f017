"""Asking our contracts what they hold: calls that only read, many in one request, at one block where it is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ledger.chain import calls, replies, reverts
from ledger.chain.abi import Value
from ledger.chain.rpc import Failure, Json, JsonRpc, Reply, Request, result_of
from ledger.errors import ChainRefusedError, Refusal
from ledger.values import Address

LATEST: Final = "latest"

Question = tuple[str, str, tuple[Value, ...]]
"""Contract, function, arguments of a call that only reads."""


class Contracts:
    """The contracts of one deployment, as a node shows them."""

    def __init__(self, rpc: JsonRpc, addresses: Mapping[str, Address]) -> None:
        """Nothing is asked yet.

        Args:
            rpc: a node.
            addresses: contract name → address.
        """
        self._rpc = rpc
        self.addresses = addresses

    def read(self, questions: Sequence[Question], block: Json = LATEST) -> Sequence[tuple[Value, ...]]:
        """Results of calls, in one request.

        Args:
            questions: what is asked.
            block: a block as JSON-RPC names it (tag, number, or EIP-1898 object).

        Raises:
            ChainRefusedError: a contract refused; `what` is its notice.
            ChainError: the chain does not answer.
        """
        out = []
        for (contract, function, _), answer in zip(questions, self._ask(questions, block), strict=True):
            if isinstance(answer, Failure) and answer.data:
                raise ChainRefusedError(reverts.explain(answer.data, contract), refusal=Refusal.REVERTED)
            out.append(_read_answer(contract, function, answer))
        return out

    def read_or_refusal(self, contract: str, function: str, *values: Value) -> tuple[Value, ...] | str:
        """Result of one call, or the name of the contract's error where it refuses.

        Raises:
            ChainError: the chain does not answer, or the refusal is no error of our contracts.
        """
        (answer,) = self._ask([(contract, function, values)], LATEST)
        if isinstance(answer, Failure) and (name := reverts.error_name(answer.data)) is not None:
            return name
        return _read_answer(contract, function, answer)

    def _ask(self, questions: Sequence[Question], block: Json) -> Sequence[Reply]:
        requests = []
        for contract, function, values in questions:
            fields: dict[str, Json] = {
                "to": "0x" + self.addresses[contract].hex(),
                "data": "0x" + calls.INTERFACES[contract].call_data(function, *values).hex(),
            }
            requests.append(Request("eth_call", (fields, block)))
        return self._rpc.batch(requests)


def _read_answer(contract: str, function: str, answer: Reply) -> tuple[Value, ...]:
    data = replies.data(result_of(answer, f"{contract}.{function}"), f"the result of {function}")
    return calls.INTERFACES[contract].read_result(function, data)

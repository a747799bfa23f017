"""JSON-RPC 2.0: from the bytes of a request to the bytes of its answer; knows nothing of HTTP.

Calls of a batch run in order, so a later one sees what an earlier one sent. Neighbouring `eth_sendRawTransaction`
calls are mined together, which spares a block and a disk sync for each.
"""

from __future__ import annotations

import inspect
import json
import logging
import math
from collections.abc import Sequence
from typing import Any, Final, NoReturn, cast

from localchain.development_methods import DevelopmentMethods
from localchain.errors import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    LIMIT_EXCEEDED,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    LocalChainError,
    RpcError,
    invalid_params,
)
from localchain.methods import Method, Methods
from localchain.node import Node

MAX_BATCH: Final = 2_000
"""Calls in one batch: a service reads a thousand statuses at once; more than this would hold others up."""
_SEND: Final = "eth_sendRawTransaction"
_LOGGER: Final = logging.getLogger("localchain")


class Dispatcher:
    """Answers requests of one chain; safe to call from several threads."""

    def __init__(self, node: Node) -> None:
        self._methods = Methods(node)
        table = dict(self._methods.table)
        if node.development:
            table |= DevelopmentMethods(node).table
        self._table: dict[str, tuple[Method, inspect.Signature]] = {
            name: (method, inspect.signature(method)) for name, method in table.items()
        }

    def methods(self) -> list[str]:
        """Names of all methods, sorted."""
        return sorted(self._table)

    def answer(self, body: bytes) -> bytes:
        """The answer to a request or a batch; empty where nothing but notifications came."""
        try:
            request = json.loads(body, parse_constant=_refuse_constant, parse_float=_finite)
        except (ValueError, RecursionError) as error:
            return _encode(_failure(None, RpcError(PARSE_ERROR, f"the request is not JSON: {error}")))
        if not isinstance(request, list):
            answer = self._one(request)
            return _encode(answer) if answer is not None else b""
        if not request:
            return _encode(_failure(None, RpcError(INVALID_REQUEST, "the batch is empty")))
        if len(request) > MAX_BATCH:
            text = f"the batch has {len(request)} calls; at most {MAX_BATCH}"
            return _encode(_failure(None, RpcError(LIMIT_EXCEEDED, text)))
        answers = [answer for answer in self._batch(request) if answer is not None]
        return _encode(answers) if answers else b""

    def _batch(self, requests: Sequence[object]) -> list[dict[str, Any] | None]:
        answers: list[dict[str, Any] | None] = []
        position = 0
        while position < len(requests):
            end = position
            while end < len(requests) and _is_send(requests[end]):
                end += 1
            if end > position + 1:
                answers += self._send_together(cast(Sequence[dict[str, Any]], requests[position:end]))
                position = end
            else:
                answers.append(self._one(requests[position]))
                position += 1
        return answers

    def _send_together(self, requests: Sequence[dict[str, Any]]) -> list[dict[str, Any] | None]:
        try:
            results = self._methods.send_many([request["params"][0] for request in requests])
        except Exception as error:  # noqa: BLE001 - as in _run: the server must go on
            results = [_internal(_SEND, error)] * len(requests)
        return [
            None
            if "id" not in request
            else _failure(request["id"], result)
            if isinstance(result, RpcError)
            else {"jsonrpc": "2.0", "id": request["id"], "result": result}
            for request, result in zip(requests, results, strict=True)
        ]

    def _one(self, request: object) -> dict[str, Any] | None:
        if not isinstance(request, dict):
            return _failure(None, RpcError(INVALID_REQUEST, "a request is an object"))
        name, identifier = request.get("method"), request.get("id")
        if not isinstance(identifier, (str, int, float)) and identifier is not None:
            return _failure(None, RpcError(INVALID_REQUEST, "id must be a string, a number or null"))
        if not isinstance(name, str) or request.get("jsonrpc", "2.0") != "2.0":
            return _failure(identifier, RpcError(INVALID_REQUEST, "jsonrpc must be 2.0 and method a string"))
        try:
            answer = {"jsonrpc": "2.0", "id": identifier, "result": self._run(name, request.get("params", []))}
        except RpcError as error:
            answer = _failure(identifier, error)
        return answer if "id" in request else None

    def _run(self, name: str, parameters: object) -> Any:
        found = self._table.get(name)
        if found is None:
            raise RpcError(METHOD_NOT_FOUND, f"the method {name} does not exist or is not available")
        method, signature = found
        if parameters is None:
            parameters = []
        if not isinstance(parameters, list):
            raise invalid_params("params must be a list")
        try:
            signature.bind(*parameters)
        except TypeError as error:
            raise invalid_params(f"{name}: {error}") from error
        try:
            return method(*parameters)
        except RpcError:
            raise
        except Exception as error:  # a fault of ours becomes an answer, and the server goes on
            raise _internal(name, error) from error


def _internal(name: str, error: Exception) -> RpcError:
    """The answer to a fault: what the operator can act on is said, anything else goes to the log only."""
    if isinstance(error, LocalChainError):
        return RpcError(INTERNAL_ERROR, str(error))
    _LOGGER.error("%s failed", name, exc_info=error)
    return RpcError(INTERNAL_ERROR, f"internal error in {name}: {type(error).__name__}")


def _is_send(request: object) -> bool:
    if not isinstance(request, dict) or request.get("method") != _SEND or request.get("jsonrpc", "2.0") != "2.0":
        return False
    parameters, identifier = request.get("params"), request.get("id")
    plain_id = identifier is None or isinstance(identifier, (str, int, float))
    return plain_id and isinstance(parameters, list) and len(parameters) == 1


def _failure(identifier: object, error: RpcError) -> dict[str, Any]:
    shown: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.data is not None:
        shown["data"] = error.data
    return {"jsonrpc": "2.0", "id": identifier, "error": shown}


def _encode(answer: object) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode()


def _finite(text: str) -> float:
    """A number with a point or an exponent; what is beyond a double would come back as no JSON."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is beyond the numbers of JSON-RPC")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")

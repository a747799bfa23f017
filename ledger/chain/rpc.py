"""JSON-RPC over HTTP: batches over kept-alive connections, a time limit, one retry of a dropped connection.

web3.py sends three requests for one contract call, so reads do not go through it. Every method that is used here may
be sent twice without harm (a signed transaction is executed at most once), so a request whose kept-alive connection
turned out to be dead is sent once more over a new one. Nothing else is retried: callers know better when.

At each new connection the chain is asked who it is, before anything else is asked on it: a node that was replaced
by another chain's while the service ran is noticed.
"""

from __future__ import annotations

import base64
import http.client
import json
import threading
import urllib.parse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.errors import ChainError, ChainRefusedError, InputError

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""A value of JSON."""

# geth refuses more than 1,000 requests in one batch.
BATCH_LIMIT: Final = 1000
# 100,000 events of 600 bytes; more than that in one answer is a wrong question.
_ANSWER_LIMIT_BYTES: Final = 128 * 1024 * 1024
METHOD_NOT_FOUND: Final = -32601
_DROPPED: Final = (ConnectionError, http.client.BadStatusLine, http.client.CannotSendRequest)


@dataclass(frozen=True, slots=True)
class Request:
    """One JSON-RPC request."""

    method: str
    params: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The node's error object. `data` holds what a contract reverted with, where it did."""

    code: int
    message: str
    data: bytes | None


Reply = Json | Failure
Greeting = tuple[Sequence[Request], Callable[[Sequence[Reply]], None]]


class JsonRpc:
    """One node. Safe to share among threads: each request in flight has a connection of its own."""

    def __init__(
        self, url: str | Callable[[], str], *, timeout_s: float = 10.0, greeting: Greeting | None = None
    ) -> None:
        """Nothing is connected yet.

        Args:
            url: `http://` or `https://` address, or what gives it when a connection is made (the embedded chain may
                come back elsewhere).
            timeout_s: longest wait for the node at each step of one exchange, in seconds.
            greeting: requests sent first on each new connection, and what judges the answers (it raises).
        """
        self._url = url
        self._timeout_s = timeout_s
        self._greeting = greeting
        self._idle: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()
        self._closed = False

    def __enter__(self) -> JsonRpc:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"JsonRpc({_place(self._address())!r})"

    def call(self, method: str, *params: Json) -> Json:
        """Send one request; its result.

        Raises:
            ChainError: no answer, or none that is JSON-RPC.
            ChainRefusedError: the node answered with an error.
        """
        return result_of(self.batch([Request(method, params)])[0], method)

    def batch(self, requests: Sequence[Request]) -> Sequence[Reply]:
        """Send requests in as few HTTP requests as the limit allows; results or failures in the same order.

        Raises:
            ChainError: no answer, or none that is JSON-RPC.
        """
        out: list[Reply] = []
        for first in range(0, len(requests), BATCH_LIMIT):
            out += self._post(requests[first : first + BATCH_LIMIT])
        return out

    def close(self) -> None:
        """Close the connections that are idle now, and from now on each one once it is."""
        with self._lock:
            self._closed = True
        self._drop_idle()

    def _drop_idle(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _post(self, requests: Sequence[Request]) -> list[Reply]:
        with self._lock:
            kept = self._idle.pop() if self._idle else None
        if kept is not None:
            try:
                return self._exchange(kept, requests)
            except _DROPPED:
                # The node closed it meanwhile, or was restarted: the others are as dead as this one.
                self._drop_idle()
            except (OSError, http.client.HTTPException) as error:
                raise self._no_answer(error) from error
        connection = self._connect()
        try:
            if self._greeting is not None:
                self._greet(connection, *self._greeting)
            return self._exchange(connection, requests)
        except (OSError, http.client.HTTPException) as error:
            raise self._no_answer(error) from error

    def _greet(
        self,
        connection: http.client.HTTPConnection,
        greeting: Sequence[Request],
        judge: Callable[[Sequence[Reply]], None],
    ) -> None:
        try:
            judge(self._exchange(connection, greeting, keep=False))
        except ChainError:
            connection.close()
            raise

    def _connect(self) -> http.client.HTTPConnection:
        parts = urllib.parse.urlsplit(self._address())
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError("The chain's address is no http:// or https:// address.", where="SILLOK_RPC_URL")
        if parts.scheme == "https":
            return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=self._timeout_s)
        return http.client.HTTPConnection(parts.hostname, parts.port, timeout=self._timeout_s)

    def _exchange(
        self, connection: http.client.HTTPConnection, requests: Sequence[Request], *, keep: bool = True
    ) -> list[Reply]:
        """One HTTP exchange; the connection goes back among the idle ones only after a whole, understood answer."""
        parts = urllib.parse.urlsplit(self._address())
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if parts.username is not None:
            pair = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        body = [
            {"jsonrpc": "2.0", "id": number, "method": request.method, "params": request.params}
            for number, request in enumerate(requests)
        ]
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        whole = False
        try:
            connection.request("POST", target, json.dumps(body).encode(), headers)
            response = connection.getresponse()
            data = response.read(_ANSWER_LIMIT_BYTES + 1)
            if len(data) > _ANSWER_LIMIT_BYTES:
                raise ChainError("The chain's answer is larger than 128 MiB.", where=self._place())
            replies = self._parse(response.status, data, len(requests))
            whole = not response.will_close
        finally:
            if not whole:
                connection.close()
        if keep and whole:
            self._keep(connection)
        return replies

    def _keep(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    def _parse(self, status: int, data: bytes, count: int) -> list[Reply]:
        try:
            answer: Json = json.loads(data)
        except ValueError as error:
            raise ChainError(f"The chain answered HTTP {status} without JSON.", where=self._place()) from error
        # A node that refuses the whole batch answers with one error object.
        if isinstance(answer, dict) and isinstance(failed := _reply(answer), Failure):
            raise ChainError(f"The chain refused the request: {failed.message}", where=self._place())
        replies: dict[int, Reply] = {}
        for item in answer if isinstance(answer, list) else []:
            if isinstance(item, dict) and isinstance(number := item.get("id"), int) and not isinstance(number, bool):
                replies[number] = _reply(item)
        if set(replies) != set(range(count)):
            raise ChainError(
                f"The chain answered HTTP {status} with something that is no JSON-RPC answer to our requests.",
                where=self._place(),
                fix="Check that SILLOK_RPC_URL is an Ethereum node.",
            )
        return [replies[number] for number in range(count)]

    def _no_answer(self, error: Exception) -> ChainError:
        if isinstance(error, TimeoutError):
            why = f"did not answer within {self._timeout_s:g} s"
        elif isinstance(error, ConnectionRefusedError):
            why = "is not there: connection refused"
        else:
            why = f"broke off: {str(error)[:200] or type(error).__name__}"
        return ChainError(f"The chain {why}.", where=self._place(), fix="See that its node runs and can be reached.")

    def _address(self) -> str:
        return self._url if isinstance(self._url, str) else self._url()

    def _place(self) -> str:
        return _place(self._address())


def result_of(reply: Reply, what: str) -> Json:
    """The result of a reply that has to be there.

    Raises:
        ChainRefusedError: the node answered with an error.
    """
    if isinstance(reply, Failure):
        raise ChainRefusedError(f"The chain refused {what}: {reply.message}")
    return reply


def _place(url: str) -> str:
    """Scheme, host and port: path and user may hold a provider's secret."""
    parts = urllib.parse.urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}" + (f":{parts.port}" if parts.port else "")


def _reply(item: dict[str, Json]) -> Reply:
    error = item.get("error")
    if not isinstance(error, dict):
        return item.get("result")
    code, message = error.get("code"), error.get("message")
    return Failure(
        code=code if isinstance(code, int) else 0,
        message=(message if isinstance(message, str) else "no message")[:500],
        data=_revert_data(error.get("data")),
    )


def _revert_data(data: Json) -> bytes | None:
    """What a contract reverted with: nodes give it as hex, or one level down under `data`."""
    if isinstance(data, dict):
        data = data.get("data")
    if not isinstance(data, str) or not data.startswith("0x"):
        return None
    try:
        return bytes.fromhex(data[2:])
    except ValueError:
        return None

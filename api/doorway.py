"""The outermost layer: what holds for every request, whatever it asks for.

It refuses what is too large (politely: the rest is read and thrown away, so that a client which sends first and reads
later still gets the problem document) and what does not come (`_Visit.receive`), puts the security headers on every
answer, and writes the access log. The log holds the route's template, never the path or the query: numbers, digests,
process ids and names stay out of it.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.limits import MAX_DRAIN_BYTES, MAX_DRAIN_S, MAX_QUERY_BYTES, body_limit, body_pace
from api.logs import access_log
from api.problem_kinds import PROBLEMS
from api.problems import Problem, document, problem_response

Headers = list[tuple[bytes, bytes]]

PAGE_POLICY: Final = (
    b"default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data:; "
    b"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
DATA_POLICY: Final = b"default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
_COMMON: Final[Headers] = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"geolocation=(), microphone=(), interest-cohort=()"),
]
_PAGE: Final[Headers] = [*_COMMON, (b"content-security-policy", PAGE_POLICY)]
_DATA: Final[Headers] = [*_COMMON, (b"content-security-policy", DATA_POLICY)]
_NO_STORE: Final = (b"cache-control", b"no-store")


class _Visit:
    """One request on its way through the door."""

    __slots__ = (
        "_purse_s",
        "_receive",
        "_send",
        "arrived",
        "limit",
        "pace",
        "path",
        "polite",
        "rest",
        "seen",
        "status",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self.arrived = time.perf_counter()
        self.path: str = scope["path"]
        self.limit = body_limit(scope["method"], self.path)
        self.pace = body_pace(self.path)
        self._purse_s = self.pace.purse_s
        self.seen = 0
        self.status = 0
        self.rest = False
        self.polite = True
        for name, value in scope["headers"]:
            if name == b"content-length":
                self.rest = value != b"0"
                self.seen = int(value) if value.isdigit() else 0
            elif name == b"transfer-encoding":
                self.rest = True
            elif name == b"expect":
                # The client has not sent the body yet and will not, once it has its answer.
                self.polite = False

    async def receive(self) -> Message:
        """The next piece of the body; raises the problem of one with more than the limit, or that does not come."""
        message = await (self._piece() if self.rest else self._receive())
        if message["type"] == "http.request":
            self.polite = True
            self.seen += len(message.get("body", b""))
            self.rest = message.get("more_body", False)
            if self.seen > self.limit:
                raise too_large(self.limit)
        else:
            self.rest = False
        return message

    async def _piece(self) -> Message:
        """Wait for a piece, as long as the purse lasts. What is waited for us is not counted: we do not ask then."""
        begin = time.perf_counter()
        try:
            async with asyncio.timeout(self._purse_s):
                message = await self._receive()
        except TimeoutError:
            # Nothing is left that could be read politely: the connection ends with the answer.
            self.polite = False
            raise too_slow() from None
        came_s = len(message.get("body", b"")) / self.pace.bytes_per_s
        self._purse_s = min(self._purse_s - (time.perf_counter() - begin) + came_s, self.pace.purse_s)
        return message

    async def send(self, message: Message) -> None:
        """Add the headers; before the last piece of an answer, read what the client is still sending."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = self._headers(list(message.get("headers", ())))
        elif self.rest and not message.get("more_body", False):
            await self._send({**message, "more_body": True})
            await self._drain()
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        await self._send(message)

    def _headers(self, headers: Headers) -> Headers:
        page = cached = False
        for name, value in headers:
            if name == b"content-type":
                page = value.startswith(b"text/html")
            elif name == b"cache-control":
                cached = True
        headers.extend(_PAGE if page else _DATA)
        if not cached:
            headers.append(_NO_STORE)
        if self.status == 413 or (self.rest and not self.polite):
            headers.append((b"connection", b"close"))
        return headers

    async def _drain(self) -> None:
        """Throw away the rest of the body, up to a bound in bytes and in seconds."""
        if not self.polite:
            return
        left = MAX_DRAIN_BYTES
        try:
            async with asyncio.timeout(MAX_DRAIN_S):
                while self.rest and left > 0:
                    message = await self._receive()
                    left -= len(message.get("body", b""))
                    self.rest = message["type"] == "http.request" and message.get("more_body", False)
        except TimeoutError:
            return


class Doorway:
    """Limits, headers and access log around the whole application."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap the application."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request in, or answer at the door."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        visit = _Visit(scope, receive, send)
        try:
            if len(scope["query_string"]) > MAX_QUERY_BYTES:
                await _refuse(query_too_long(), scope, visit)
            elif visit.seen > visit.limit:
                await _refuse(too_large(visit.limit), scope, visit)
            else:
                # What the header announced was only for the comparison above; from here on bytes are counted.
                visit.seen = 0
                await self.app(scope, visit.receive, visit.send)
        finally:
            access_log.write(
                method=scope["method"],
                route=getattr(scope.get("route"), "path", "none"),
                status=visit.status,
                ms=round((time.perf_counter() - visit.arrived) * 1000, 2),
            )


def too_large(limit: int) -> Problem:
    """413 with the limit in words."""
    return Problem("too-large", f"The body is larger than {limit} bytes.", where="body")


def too_slow() -> Problem:
    """408: the body did not come."""
    return Problem("too-slow", "The rest of the body did not come in time.", where="body")


def query_too_long() -> Problem:
    """414 with the limit in words."""
    return Problem("query-too-long", f"The query is longer than {MAX_QUERY_BYTES} bytes.", where="query")


async def _refuse(problem: Problem, scope: Scope, visit: _Visit) -> None:
    content = document(PROBLEMS[problem.kind.slug], problem.detail, problem.where, problem.fix)
    await problem_response(content)(scope, visit.receive, visit.send)

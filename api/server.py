"""How the application is served: uvicorn, told to keep its own words to itself.

uvicorn's access log would write paths and queries, so numbers and digests, and is off; what it says about itself goes
through the same JSON log as everything else (`api.logs`), without stack traces.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.limits import MAX_DRAIN_BYTES, MAX_DRAIN_S, MAX_HEAD_BYTES, MAX_HEAD_S
from api.logs import configure_logs
from api.problem_kinds import PROBLEMS
from api.problems import MEDIA_TYPE, document, problem_response

__all__ = ["bound_port", "configure_logs", "server_for"]

KEEP_ALIVE_S: Final = 30
"""How long an idle connection is kept, in seconds: a clerk's program sends one record now and then."""
SHUTDOWN_S: Final = 20
"""How long running requests may go on after a stop, in seconds; what was acknowledged is on disk long before."""
BACKLOG: Final = 2048
HEADER_BYTES: Final = 32
"""What a header counts beside its letters, as in HTTP/2 (RFC 9113, section 6.5.2): each is an object in memory."""


class PoliteProtocol(HttpToolsProtocol):
    """uvicorn's HTTP with an end to what a head may be, and a problem document also where no application is reached.

    Between two words of the parser (a header that is whole, a piece of a body) at most `MAX_HEAD_BYTES` may come, and
    all words of one head together have no more: so neither one header without end nor headers without end, before or
    after a body, are kept in memory.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to count, in bytes and in seconds."""
        super().connection_made(transport)
        self._head = self._unread = self._thrown = 0
        self._in_head, self._refused = True, False
        self._timer: asyncio.TimerHandle | None = self.loop.call_later(MAX_HEAD_S, self._end)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the time."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Hand a piece to the parser, unless it is one too many."""
        if self._refused:
            # A client that sends first and reads later still gets its answer; but only so much is waited for.
            self._thrown += len(data)
            if self._thrown > MAX_DRAIN_BYTES:
                self.transport.abort()
            return
        self._unread += len(data)
        super().data_received(data)
        if self._head + self._unread > MAX_HEAD_BYTES and not self._refused:
            self._refuse_head()
        elif self._in_head and self._timer is None:
            self._timer = self.loop.call_later(MAX_HEAD_S, self._end)

    def on_message_begin(self) -> None:
        """A head begins."""
        self._head, self._in_head = 0, True
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A piece of the address."""
        self._word(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A whole header, of a head or behind a body."""
        self._word(len(name) + len(value) + HEADER_BYTES)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._unread, self._in_head = 0, False
        self._stop_timer()
        if self._head > MAX_HEAD_BYTES:
            self._refuse_head()
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body, which has limits of its own (`api.doorway`)."""
        self._unread = 0
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Everything of this request was read."""
        self._unread = 0
        if not self._refused:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """An answer is whole: a request that has not ended by now (`api.doorway` waited for its rest) ends here."""
        super().on_response_complete()
        if self.cycle.response_complete and self.cycle.more_body:
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Answer once and close; nothing of what was sent is repeated."""
        content = {
            **document(PROBLEMS["input"], "This is no HTTP request.", "request line or headers"),
            "status": 400,
        }
        self._answer("400 Bad Request", content)
        self.transport.close()

    def _word(self, size: int) -> None:
        self._head += size
        self._unread = 0

    def _refuse_head(self) -> None:
        """Answer 431 where no other answer is on its way, and read no more."""
        self._refused = True
        if self.cycle is None or self.cycle.response_complete:
            detail = f"Address and headers have more than {MAX_HEAD_BYTES} bytes."
            self._answer(
                "431 Request Header Fields Too Large", document(PROBLEMS["head-too-large"], detail, "headers")
            )
            self._stop_timer()
            self._timer = self.loop.call_later(MAX_DRAIN_S, self._end)
        else:
            self.transport.close()

    def _answer(self, status: str, content: Mapping[str, str | int]) -> None:
        body = bytes(problem_response(content).body)
        head = f"HTTP/1.1 {status}\r\ncontent-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\n"
        self.transport.write(head.encode() + b"cache-control: no-store\r\nconnection: close\r\n\r\n" + body)

    def _end(self) -> None:
        self._timer = None
        if not self.transport.is_closing():
            self.transport.close()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class LeavingServer(uvicorn.Server):
    """uvicorn, which says that it is about to stop: answers that never end (server-sent events) end then."""

    def __init__(self, config: uvicorn.Config, leaving: Callable[[], None]) -> None:
        """Serve; `leaving` is called once a signal tells to stop, before the running answers are waited for."""
        super().__init__(config)
        self._leaving = leaving

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Uvicorn's own handler of SIGINT and SIGTERM while it runs."""
        self._leaving()
        super().handle_exit(sig, frame)


def server_for(
    app: ASGIApp,
    *,
    host: str,
    port: int,
    trusted_proxies: list[str] | None = None,
    leaving: Callable[[], None] = lambda: None,
) -> uvicorn.Server:
    """A server that is not started yet; `run()` it, or run it in a thread of its own.

    Args:
        app: the application.
        host: address to listen on.
        port: port; 0 takes a free one, see `bound_port`.
        trusted_proxies: addresses whose X-Forwarded-For is believed.
        leaving: called once a signal tells to stop.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http=PoliteProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        # An address that a client merely claims must not choose its rate limit: a proxy's word is taken only where
        # the operator names the proxy.
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=trusted_proxies or [],
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    return LeavingServer(config, leaving)


def bound_port(server: uvicorn.Server) -> int:
    """The port of a started server."""
    return int(server.servers[0].sockets[0].getsockname()[1])

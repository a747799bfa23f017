"""How the application is served: uvicorn, told to keep its own words to itself.

uvicorn's access log would write paths and queries, so numbers and digests, and is off; what it says about itself goes
through the same JSON log as everything else (`api.logs`), without stack traces.
"""

from __future__ import annotations

import sys
from typing import Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.logs import configure_logs
from api.problem_kinds import PROBLEMS
from api.problems import MEDIA_TYPE, document, problem_response

__all__ = ["bound_port", "configure_logs", "server_for"]

KEEP_ALIVE_S: Final = 30
"""How long an idle connection is kept, in seconds: a clerk's program sends one record now and then."""
SHUTDOWN_S: Final = 20
"""How long running requests may go on after a stop, in seconds; what was acknowledged is on disk long before."""
BACKLOG: Final = 2048


class PoliteProtocol(HttpToolsProtocol):
    """uvicorn's HTTP, which answers with a problem document also where the request is no HTTP at all."""

    def send_400_response(self, msg: str) -> None:
        """Answer once and close; nothing of what was sent is repeated."""
        content = {
            **document(PROBLEMS["input"], "This is no HTTP request.", "request line or headers"),
            "status": 400,
        }
        body = bytes(problem_response(content).body)
        head = f"HTTP/1.1 400 Bad Request\r\ncontent-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\n"
        self.transport.write(head.encode() + b"cache-control: no-store\r\nconnection: close\r\n\r\n" + body)
        self.transport.close()


def server_for(app: ASGIApp, *, host: str, port: int, trusted_proxies: list[str] | None = None) -> uvicorn.Server:
    """A server that is not started yet; `run()` it, or run it in a thread of its own.

    Args:
        app: the application.
        host: address to listen on.
        port: port; 0 takes a free one, see `bound_port`.
        trusted_proxies: addresses whose X-Forwarded-For is believed.
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
    return uvicorn.Server(config)


def bound_port(server: uvicorn.Server) -> int:
    """The port of a started server."""
    return int(server.servers[0].sockets[0].getsockname()[1])

"""How the application is served: uvicorn, told to keep its own words to itself.

uvicorn's access log would write paths and queries, so numbers and digests, and is off; what it says about itself goes
through the same JSON log as everything else, without stack traces.
"""

from __future__ import annotations

import logging
import sys
from typing import Final, TextIO

import structlog
import uvicorn
from starlette.types import ASGIApp
from structlog.typing import EventDict, WrappedLogger

KEEP_ALIVE_S: Final = 30
"""How long an idle connection is kept, in seconds: a clerk's program sends one record now and then."""
SHUTDOWN_S: Final = 20
"""How long running requests may go on after a stop, in seconds; what was acknowledged is on disk long before."""
BACKLOG: Final = 2048


def _without_trace(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Of an exception only its kind stays: its words and its frames may hold what was sent."""
    info = event.pop("exc_info", None)
    if isinstance(info, tuple) and info[0] is not None:
        event["error"] = info[0].__name__
    elif isinstance(info, BaseException):
        event["error"] = type(info).__name__
    return event


def configure_logs(stream: TextIO | None = None, *, level: int = logging.INFO) -> None:
    """Send structlog's and uvicorn's lines as JSON to `stream` (default: standard error)."""
    target = stream or sys.stderr
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_trace,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(target),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    for name in ("uvicorn", "uvicorn.error", "asyncio"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(max(level, logging.WARNING))


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
        http="httptools",
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

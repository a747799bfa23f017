"""The service's own log: one JSON line for each event, written a moment later and many at once.

Each write to a file lets another thread have the interpreter, so a write for each request would cost a busy service
more than all the rest of the line. Lines wait at most `DELAY_S` in memory; a crash loses that much of the log, and
never anything of the ledger.
"""

from __future__ import annotations

import atexit
import json
import logging
import sys
import threading
import warnings
from collections import deque
from datetime import UTC, datetime
from typing import Final, TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

DELAY_S: Final = 0.1
"""Longest time that a line waits, in seconds."""


class DelayedStream:
    """A text stream that writes what it was given a moment later, from a thread of its own."""

    def __init__(self, target: TextIO) -> None:
        """Write to `target`; the thread starts with the first line."""
        self._target = target
        self._lines: deque[str] = deque()
        self._lock = threading.Lock()
        self._some = threading.Event()
        self._thread: threading.Thread | None = None

    def write(self, text: str) -> int:
        """Keep a text until the next turn of the writer."""
        self._lines.append(text)
        if not self._some.is_set():
            self._some.set()
            self._ensure_writer()
        return len(text)

    def flush(self) -> None:
        """Nothing: lines go out by themselves, see `write_out`."""

    def write_out(self) -> None:
        """Write everything that waits now."""
        with self._lock:
            self._some.clear()
            # Taken one by one: a line that is added meanwhile waits in the same place, and is never in a list that
            # was let go of.
            lines = [self._lines.popleft() for _ in range(len(self._lines))]
            if lines:
                self._target.write("".join(lines))
                self._target.flush()

    def _ensure_writer(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="log writer", daemon=True)
                self._thread.start()
                atexit.register(self.write_out)

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            self._some.wait()
            pause.wait(DELAY_S)
            self.write_out()


class AccessLog:
    """One line for each request, in the form that structlog gives the others.

    Written here, since structlog's own way to a line costs as much as a tenth of a submission.
    """

    def __init__(self) -> None:
        """Write nothing before `configure_logs` says where."""
        self.target: TextIO | DelayedStream | None = None

    def write(self, *, method: str, route: str, status: int, ms: float) -> None:
        """Say that a request was answered. `route`: the template of its address, never the address itself."""
        if self.target is not None:
            now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
            line = {"method": method, "route": route, "status": status, "ms": ms}
            self.target.write(json.dumps({**line, "event": "request", "level": "info", "timestamp": now}) + "\n")


access_log: Final = AccessLog()


def configure_logs(stream: TextIO | None = None, *, level: int = logging.INFO, delayed: bool = True) -> None:
    """Send structlog's and uvicorn's lines as JSON to a stream.

    Args:
        stream: where to; default: standard error.
        level: the lowest level that is written.
        delayed: write a moment later and many at once; False only where a test reads what was just written.
    """
    # A library's warning may hold what somebody sent: openpyxl's tell the value of a cell.
    warnings.simplefilter("ignore")
    target = DelayedStream(stream or sys.stderr) if delayed else stream or sys.stderr
    access_log.target = target if level <= logging.INFO else None
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_trace,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(target),  # type: ignore[arg-type]  # it only writes and flushes
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


def _without_trace(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Of an exception only its kind stays: its words and its frames may hold what was sent."""
    info = event.pop("exc_info", None)
    if isinstance(info, tuple) and info[0] is not None:
        event["error"] = info[0].__name__
    elif isinstance(info, BaseException):
        event["error"] = type(info).__name__
    return event

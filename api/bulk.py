"""NDJSON in, NDJSON out, at the same time: the plumbing of a bulk request.

    client ──chunks──► event loop ◄──pulls── worker thread ──lines──► Issuance.submit_many
    client ◄──pieces── event loop ◄──spool── worker thread ◄─results─

The worker pulls: the event loop reads from the socket only when the worker asks for more, so a fast client is held
back by TCP itself and nothing piles up. Lines that were taken are finished even when the client is gone; what it was
not told it gets by sending the same job again.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Protocol

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from api.limits import MAX_BULK_REQUESTS
from api.problems import Problem, document, error_document
from api.spool import PIECE_BYTES, Spool
from ledger.errors import SillokError

MEDIA_TYPE: Final = "application/x-ndjson"


class LineAnswers(Protocol):
    """What is done with the lines of one bulk request."""

    def answers(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """Take lines as they come, yield one line of result for each, in order."""

    def summary(self) -> Mapping[str, int | None]:
        """What the last line counts, once all lines are answered."""


class LineFeed:
    """The lines of a request body, pulled by the worker thread; blank ones too, since they count."""

    def __init__(self, loop: asyncio.AbstractEventLoop, receive: Receive, *, longest: int) -> None:
        """Read from `receive` on `loop`. A line over `longest` bytes is cut to one byte more than that."""
        self._loop = loop
        self._receive = receive
        self._longest = longest
        self.before_waiting: Callable[[], None] = lambda: None
        self.broken: BaseException | None = None
        """Why the body ended before its end: the client went away, or sent more than it may."""
        self._stopped = False
        self._waiting: asyncio.Future[Message] | None = None

    def __iter__(self) -> Iterator[bytes]:
        """Every line without its line feed; ends at the end of the body, or where the connection broke."""
        rest = b""
        more = True
        while more:
            self.before_waiting()
            message = asyncio.run_coroutine_threadsafe(self._next(), self._loop).result()
            more = message.get("more_body", False)
            *whole, rest = (rest + message.get("body", b"")).split(b"\n")
            for line in whole:
                yield line[: self._longest + 1]
            if len(rest) > self._longest:
                # Of an endless line only so much is kept as shows that it is too long.
                rest = rest[: self._longest + 1]
        # The half line before a break was never sent whole: it is nobody's record.
        if rest and self.broken is None:
            yield rest

    def stop(self) -> None:
        """End the lines where they are; called on the event loop when the answer can't go on."""
        self._stopped = True
        if self._waiting is not None:
            self._waiting.cancel()

    async def _next(self) -> Message:
        """The next message of the body; anything but a piece of body is the end, and `broken` says why."""
        if not self._stopped:
            self._waiting = asyncio.ensure_future(self._receive())
            try:
                message = await self._waiting
                if message["type"] == "http.request":
                    return message
            except (Problem, asyncio.CancelledError) as error:
                self.broken = error
        self.broken = self.broken or ConnectionError("The client went away.")
        return {"type": "http.disconnect"}


class BulkDesk:
    """The places for bulk requests: each holds one thread, and there are only so many."""

    def __init__(self, places: int = MAX_BULK_REQUESTS) -> None:
        """Make the threads' pool; a thread starts when it is first needed."""
        self._places = places
        self._taken = 0
        self._pool = ThreadPoolExecutor(places, thread_name_prefix="bulk")

    def take(self) -> None:
        """Take a place, on the event loop.

        Raises:
            Problem: all are taken (503 with Retry-After).
        """
        if self._taken >= self._places:
            detail = f"{self._places} bulk requests are running."
            raise Problem("busy", detail, where="bulk", headers={"retry-after": "5"})
        self._taken += 1

    def give_back(self) -> None:
        """Give the place back."""
        self._taken -= 1

    def run(self, work: Callable[[], None]) -> asyncio.Future[None]:
        """Run in a thread of the pool."""
        return asyncio.get_running_loop().run_in_executor(self._pool, work)

    def close(self) -> None:
        """Let the threads end once their work is done."""
        self._pool.shutdown(wait=False)


class BulkResponse(Response):
    """Answers while the request is still coming in; Starlette's own streaming would eat the request's body."""

    def __init__(self, desk: BulkDesk, answer: LineAnswers, *, longest_line: int) -> None:
        """Answer with what `answer` makes of the request's lines."""
        super().__init__(media_type=MEDIA_TYPE)
        self._desk = desk
        self._answer = answer
        self._longest = longest_line

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request. Ends only once the worker has ended, so that a place is never given twice."""
        self._desk.take()
        loop = asyncio.get_running_loop()
        spool = Spool(loop)
        feed = LineFeed(loop, receive, longest=self._longest)
        work = self._desk.run(lambda: _work(self._answer, feed, spool))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            async for piece in spool.pieces():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await asyncio.shield(work)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            feed.stop()
            await asyncio.wait([work])
            self._desk.give_back()


_HEADERS: Final = [(b"content-type", MEDIA_TYPE.encode()), (b"x-accel-buffering", b"no")]


def _work(answer: LineAnswers, feed: LineFeed, spool: Spool) -> None:
    """The worker: feed lines in, put result lines into the spool, in pieces rather than one by one."""
    held = bytearray()

    def flush() -> None:
        if held:
            spool.write(bytes(held))
            held.clear()

    feed.before_waiting = flush
    try:
        for line in answer.answers(feed):
            held += line
            if len(held) >= PIECE_BYTES:
                flush()
        if isinstance(feed.broken, Problem):
            problem = feed.broken
            held += json_line({"done": False, "problem": document(problem.kind, problem.detail, problem.where)})
        elif feed.broken is None:
            held += json_line({"done": True, **answer.summary()})
    except SillokError as error:
        held += json_line({"done": False, "problem": error_document(error)})
    finally:
        flush()
        spool.close()


def json_line(content: object) -> bytes:
    """One line of NDJSON."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

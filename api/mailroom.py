"""Answers of other threads, handed to the event loop many at once.

A group commit answers some dozen requests in one go. `asyncio.wrap_future` would wake the loop for each of them, and
each waking takes the interpreter from the thread that is answering.
"""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


class Mailroom:
    """Where requests wait for futures of other threads; all of one event loop."""

    def __init__(self) -> None:
        """Nobody waits yet."""
        self._arrived: deque[asyncio.Future[None]] = deque()
        self._called = False

    async def wait_for(self, answer: Future[T]) -> T:
        """The result of a future; raises what it raises."""
        loop = asyncio.get_running_loop()
        mine: asyncio.Future[None] = loop.create_future()
        answer.add_done_callback(lambda _: self._arrive(loop, mine))
        await mine
        return answer.result()

    def _arrive(self, loop: asyncio.AbstractEventLoop, mine: asyncio.Future[None]) -> None:
        """Note that an answer is there, in whatever thread, and wake the loop unless it was called already."""
        self._arrived.append(mine)
        # Put down first, then looked: whoever finds the loop called has its answer where the loop will look for it.
        if not self._called and not loop.is_closed():
            self._called = True
            loop.call_soon_threadsafe(self._hand_out)

    def _hand_out(self) -> None:
        self._called = False
        while self._arrived:
            mine = self._arrived.popleft()
            if not mine.done():  # a client that went away waits no more
                mine.set_result(None)

"""Answers of other threads reach every request that waits, once, whatever comes between."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future

import pytest

from api.mailroom import Mailroom
from ledger.errors import StoreError


def test_every_waiter_gets_its_own_answer_whichever_thread_gives_it() -> None:
    room = Mailroom()
    futures: list[Future[int]] = [Future() for _ in range(400)]

    async def wait() -> list[int]:
        waiters = [asyncio.ensure_future(room.wait_for(future)) for future in futures]
        await asyncio.sleep(0)
        threads = [
            threading.Thread(target=lambda part: [futures[n].set_result(n) for n in part], args=(range(at, 400, 4),))
            for at in range(4)
        ]
        for thread in threads:
            thread.start()
        return await asyncio.wait_for(asyncio.gather(*waiters), 30)

    assert asyncio.run(wait()) == list(range(400))


def test_an_answer_that_was_there_before_and_an_error_arrive_too() -> None:
    room = Mailroom()
    ready: Future[str] = Future()
    ready.set_result("there")
    broken: Future[str] = Future()
    broken.set_exception(StoreError("The disk is full."))

    async def wait() -> str:
        with pytest.raises(StoreError, match="full"):
            await room.wait_for(broken)
        return await room.wait_for(ready)

    assert asyncio.run(wait()) == "there"


def test_one_who_went_away_holds_nobody_up() -> None:
    room = Mailroom()
    first: Future[int] = Future()
    second: Future[int] = Future()

    async def wait() -> int:
        gone = asyncio.ensure_future(room.wait_for(first))
        stays = asyncio.ensure_future(room.wait_for(second))
        await asyncio.sleep(0)
        gone.cancel()
        first.set_result(1)
        second.set_result(2)
        return await asyncio.wait_for(stays, 30)

    assert asyncio.run(wait()) == 2

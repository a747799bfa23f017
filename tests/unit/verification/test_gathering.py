"""How often the chain is asked, and of which instant what it said is: no answer is older than it says."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, cast

import pytest

from ledger.errors import ChainError
from ledger.ports.chain import Block
from ledger.values import Digest32, Instant, LogIndex, TreeSize
from ledger.verification.gathering import HEAD_AGE_S, Gathering


class FakeChain:
    """Counts how often it is asked; `hold` keeps a caller waiting, `down` makes it not answer."""

    def __init__(self) -> None:
        self.asked = 0
        self.down = False
        self.entered = threading.Event()
        self.go = threading.Event()
        self.go.set()

    def head(self) -> Block:
        self.asked += 1
        self.entered.set()
        assert self.go.wait(30)
        if self.down:
            raise ChainError("The chain does not answer.")
        return Block(number=self.asked, hash=Digest32(bytes(32)), time=Instant(0))


class FakeRecords:
    @contextmanager
    def snapshot(self) -> Iterator[None]:
        yield


class World:
    """A gathering whose chain and clock a test moves."""

    def __init__(self) -> None:
        self.chain, self.now = FakeChain(), 100.0
        self.gathering = Gathering(
            records=cast(Any, FakeRecords()),
            chain_store=cast(Any, None),
            chain=cast(Any, self.chain),
            history=cast(Any, None),
            clock=lambda: Instant(int(self.now)),
            ticks=lambda: self.now,
        )

    def ask(self) -> None:
        with self.gathering.answering(self.gathering.hear()):
            pass


@pytest.fixture
def world() -> World:
    return World()


def test_questions_of_one_moment_ask_the_chain_once(world: World) -> None:
    world.chain.go.clear()
    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(world.ask) for _ in range(8)]
        assert world.chain.entered.wait(30)
        world.chain.go.set()
        for one in asked:
            one.result(30)
    assert world.chain.asked == 1


def test_what_the_chain_said_serves_a_moment_and_no_longer(world: World) -> None:
    world.ask()
    world.now += HEAD_AGE_S * 0.9
    world.ask()
    assert world.chain.asked == 1
    world.now += HEAD_AGE_S * 0.2
    world.ask()
    assert world.chain.asked == 2


def test_whoever_comes_while_a_slow_chain_is_asked_does_not_get_that_older_answer(world: World) -> None:
    world.chain.go.clear()
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(world.ask)
        assert world.chain.entered.wait(30)
        world.now += 5
        second = threads.submit(world.ask)
        world.chain.go.set()
        first.result(30)
        second.result(30)
    assert world.chain.asked == 2


def test_a_failure_is_also_for_whoever_came_before_it_was_asked_and_waited_elsewhere(world: World) -> None:
    """Those who wait for their turn while the chain is silent don't each wait for a try of their own."""
    world.chain.down = True
    came = world.now
    world.now += 1
    world.ask()
    world.now += 5
    with world.gathering.answering(world.gathering.hear(came)) as answers_about, pytest.raises(ChainError):
        answers_about(cast(Any, None), LogIndex(0), TreeSize(1))
    assert world.chain.asked == 1
    world.gathering.hear(came + 2)
    assert world.chain.asked == 2, "it came after that question"


def test_a_chain_that_is_back_is_asked_by_the_next_who_comes(world: World) -> None:
    world.chain.down = True
    world.ask()
    world.chain.down = False
    world.now += HEAD_AGE_S * 0.1
    world.ask()
    assert world.chain.asked == 2


def test_a_chain_that_does_not_answer_is_an_error_only_for_what_rests_on_it(world: World) -> None:
    world.chain.down = True
    for _ in range(2):
        with world.gathering.answering(world.gathering.hear()) as answers_about, pytest.raises(ChainError):
            answers_about(cast(Any, None), LogIndex(0), TreeSize(1))
    assert world.chain.asked == 1, "it is not asked again in the same moment"
    world.chain.down, world.now = False, world.now + 1
    with world.gathering.answering(world.gathering.hear()) as answers_about, suppress(AttributeError):
        answers_about(cast(Any, None), LogIndex(0), TreeSize(1))  # on to the store, which is not there
    assert world.chain.asked == 2

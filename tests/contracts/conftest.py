"""Every test of a contract runs on the embedded chain and on anvil."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from support.chains import ENGINES, RunningChain, running_chain
from support.city import City

TWO_DAYS = 172_800


@pytest.fixture(scope="session", params=ENGINES)
def running(request: pytest.FixtureRequest) -> Iterator[RunningChain]:
    """One chain for the whole session; each test makes agencies and logs of its own on it."""
    with running_chain(request.param) as chain:
        yield chain


@pytest.fixture(scope="session")
def city(running: RunningChain) -> Iterator[City]:
    """Contracts with a council of one and no delay, as on an embedded chain."""
    with closing(City(running)) as city:
        yield city


@pytest.fixture(scope="session")
def slow_city(running: RunningChain) -> Iterator[City]:
    """Contracts with a council of two of three, two days' delay and a guardian apart, as in production."""
    with closing(City(running, delay=TWO_DAYS, members=3, needed=2, guardian="guardian")) as city:
        yield city

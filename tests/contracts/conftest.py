"""Every test of a contract runs on the embedded chain and on anvil."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from support.chains import ENGINES, running_chain
from support.city import City
from support.solidity import Chain

TWO_DAYS = 172_800


@pytest.fixture(scope="session", params=ENGINES)
def chain(request: pytest.FixtureRequest) -> Iterator[Chain]:
    """One chain for the whole session; each test makes agencies and logs of its own on it."""
    with running_chain(request.param) as running, closing(Chain(running)) as chain:
        yield chain


@pytest.fixture(scope="session")
def city(chain: Chain) -> City:
    """Contracts with a council of one and no delay, as on an embedded chain."""
    return City(chain)


@pytest.fixture(scope="session")
def slow_city(chain: Chain) -> City:
    """Contracts with a council of two of three, two days' delay and a guardian apart, as in production."""
    return City(chain, delay=TWO_DAYS, members=3, needed=2, guardian="guardian")

"""Chains for the tests of the adapter: each engine is started and deployed on once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.chains import ENGINES, DeployedChain, RunningChain, deployed_on, running_chain


@pytest.fixture(scope="session")
def anvil() -> Iterator[RunningChain]:
    """One anvil for the session."""
    with running_chain("anvil") as chain:
        yield chain


@pytest.fixture(scope="session")
def embedded() -> Iterator[RunningChain]:
    """One embedded development chain for the session."""
    with running_chain("embedded") as chain:
        yield chain


@pytest.fixture(scope="session", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> RunningChain:
    """Each engine in turn: whatever uses it runs on both."""
    chain: RunningChain = request.getfixturevalue(request.param)
    return chain


@pytest.fixture(scope="session")
def ours(engine: RunningChain) -> Iterator[DeployedChain]:
    """Our contracts on each engine, deployed once; each test makes its own office."""
    with deployed_on(engine) as deployed:
        yield deployed

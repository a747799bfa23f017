"""Real chains with our contracts, one for a file of tests, and a bureau on each that a test asks for."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.bureau import Bureau
from support.chains import ENGINES, DeployedChain, deployed_on, running_chain

from ledger.keys.keystore import Keystore

_codes = itertools.count(6_110_000)


@pytest.fixture
def new_code() -> str:
    """An agency code that no other test of this process uses."""
    return f"{next(_codes)}"


@pytest.fixture(scope="module", params=ENGINES)
def city(request: pytest.FixtureRequest) -> Iterator[DeployedChain]:
    """Our contracts on the embedded chain, then on anvil."""
    with running_chain(request.param) as running, deployed_on(running) as deployed:
        yield deployed


@pytest.fixture(scope="module")
def anvil_city() -> Iterator[DeployedChain]:
    """Our contracts on anvil alone: only it can hold transactions back and reorganise."""
    with running_chain("anvil") as running, deployed_on(running) as deployed:
        yield deployed


@pytest.fixture(scope="module")
def keystore(tmp_path_factory: pytest.TempPathFactory) -> Keystore:
    """One keystore for a file of tests: opening one takes half a second."""
    keystore = Keystore.create(tmp_path_factory.mktemp("keys") / "keystore.json", "pass")
    keystore.add_trust_key("sillok.example/trust")
    return keystore


@pytest.fixture
def open_bureau(tmp_path: Path, keystore: Keystore) -> Iterator[Callable[..., Bureau]]:
    """Opens bureaus in this test's folder; `city` says on which chain, other words go to `Bureau.open`."""
    opened: list[Bureau] = []

    def open_one(city: DeployedChain, **words: object) -> Bureau:
        bureau = Bureau.open(
            tmp_path,
            url=city.running.url,
            deployment=city.deployment,
            council=city.members,
            keystore=keystore,
            **words,
        )
        opened.append(bureau)
        return bureau

    yield open_one
    for bureau in opened:
        bureau.close()


@pytest.fixture
def bureau(city: DeployedChain, open_bureau: Callable[..., Bureau], new_code: str) -> Bureau:
    """A registered agency with an open log and no records, on each engine."""
    bureau = open_bureau(city)
    bureau.register(new_code)
    return bureau


@pytest.fixture
def anvil_bureau(anvil_city: DeployedChain, open_bureau: Callable[..., Bureau], new_code: str) -> Bureau:
    """A registered agency on anvil."""
    bureau = open_bureau(anvil_city)
    bureau.register(new_code)
    return bureau

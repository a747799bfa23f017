"""A bureau on a chain that a test can hurt; the folder is the test's own, so that it can be copied and put back."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.bureau import Bureau
from support.chains import DeployedChain, deployed_on, running_chain

from ledger.keys.keystore import Keystore

_codes = itertools.count(6_110_000)


@pytest.fixture
def new_code() -> str:
    """An agency code that no other test of this process uses."""
    return f"{next(_codes)}"


@pytest.fixture(scope="module")
def embedded() -> Iterator[DeployedChain]:
    """Our contracts on a development chain of the embedded kind."""
    with running_chain("embedded") as running, deployed_on(running) as deployed:
        yield deployed


@pytest.fixture(scope="module")
def keystore(tmp_path_factory: pytest.TempPathFactory) -> Keystore:
    """One keystore for a file of tests: opening one takes half a second."""
    keystore = Keystore.create(tmp_path_factory.mktemp("keys") / "keystore.json", "pass")
    keystore.add_trust_key("sillok.example/trust")
    return keystore


@pytest.fixture
def open_bureau(tmp_path: Path, keystore: Keystore) -> Iterator[Callable[..., Bureau]]:
    """Opens the bureau of this test's folder (or of another) on a chain; what it opened is closed at the end."""
    opened: list[Bureau] = []

    def open_one(city: DeployedChain, *, folder: Path = tmp_path, **words: object) -> Bureau:
        given = {"url": city.running.url, "deployment": city.deployment, "council": city.members} | words
        bureau = Bureau.open(folder, keystore=keystore, **given)
        opened.append(bureau)
        return bureau

    yield open_one
    for bureau in opened:
        bureau.close()

"""One running office for all tests of the interface: they add to it and take nothing away from each other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.service import Office, running_office


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A service with Seoul and Busan, an API key of each role, and no limit on look-ups."""
    with running_office(tmp_path_factory.mktemp("office")) as running:
        yield running

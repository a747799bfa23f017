"""One running office and one Chromium for all stories."""

from __future__ import annotations

from collections.abc import Iterator

import looks.chromium
import pytest
from playwright.sync_api import Browser, expect
from support.service import Office, running_office


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A service with Seoul and Busan, an API key of each role, and no limit on look-ups."""
    with running_office(tmp_path_factory.mktemp("office"), style_pages=True) as running:
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; `.ci/run` installs it."""
    # Nothing is timed here: a machine with other work may take its time.
    expect.set_options(timeout=30_000)
    with looks.chromium.chromium() as browser:
        yield browser

"""Whoever floods is refused, in words and without a dropped connection; everybody else verifies."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from flood.run import FLOODS, flooded, run
from support.service_process import Service

SECONDS = 1.0
LIMITED = {
    "bodies over the limit", "submissions with a wrong key", "bulk with a wrong key", "addresses that are none",
    "guesses at a password",
}  # fmt: skip
"""Where nothing but refusals can come back."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    assert shutil.which("wrk"), "install wrk (Debian: apt-get install wrk)"
    with flooded(tmp_path_factory.mktemp("flood") / "data") as running:
        yield running


@pytest.mark.parametrize("name", FLOODS)
def test_others_go_on_verifying(service: Service, name: str) -> None:
    outcome = run(service, name, SECONDS)
    assert outcome.others.took_s
    assert outcome.others.wrong == []
    if name in LIMITED:
        assert outcome.refused == outcome.sent

"""Rules of the whole suite: in CI nothing that the project ships may be skipped."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ALLOWED = "../shared lacks"


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's own folder."""
    return ROOT


@pytest.fixture(autouse=True)
def _remember_no_trust_file_of_another_test(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each test is a machine that has seen no trust file yet: offices made from seeds have the same keys anywhere."""
    place = hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:16]
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.getbasetemp() / "state" / place))


@pytest.fixture(autouse=True)
def _limit_recursion_as_the_service_does(request: pytest.FixtureRequest) -> Iterator[None]:
    """Undo what importing py-evm does to a whole test process: ten thousand frames overflow the C stack in `json`.

    The service never imports it; the embedded chain, which does, gives its threads larger stacks.
    """
    before = sys.getrecursionlimit()
    if "localchain" not in request.node.nodeid and "contracts" not in request.node.nodeid:
        sys.setrecursionlimit(1_000)
    yield
    sys.setrecursionlimit(before)


def skip_reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """The words of a skip, without the prefix that pytest puts before them."""
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn a skip without the one good reason into a failure, where CI=true."""
    if os.environ.get("CI") != "true" or hasattr(session.config, "workerinput"):
        return
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    bad = {skip_reason(r) for r in terminal.stats.get("skipped", []) if not skip_reason(r).startswith(ALLOWED)}
    if bad:
        for reason in sorted(bad):
            terminal.write_line(f"SKIPPED IN CI, which counts as a failure: {reason}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED

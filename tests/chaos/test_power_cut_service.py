"""The whole service under the recorder: the first start, an agency, documents, and a power cut.

The other power cuts are of its parts. This one is of what joins them: keystore, password, contracts and their
deployment file, chain, ledger, the clerk's key that was given out once.
"""

from __future__ import annotations

import json
import os
import random
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.powercut.recording import environment
from support.powercut.replay import Cut, Op, cuts, read_trace, some
from support.service_process import Service, add_seoul, done, running, sillok

pytestmark = pytest.mark.timeout(3600)
CUTS = int(os.environ.get("SILLOK_POWER_CUTS_SERVICE", "1"))
"""Moments at which the whole service is started again; each takes seconds. `make chaos` tries forty."""


@dataclass(frozen=True)
class Run:
    """A recorded service, and what it promised."""

    ops: list[Op]
    root: Path
    documents: list[Path]
    results: dict[str, int]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("service")
    root, trace = folder / "disk", folder / "trace"
    root.mkdir()  # the folder's own name is a story of test_power_cut.py
    documents = [folder / f"{number}.txt" for number in range(3)]
    for document in documents:
        document.write_text(document.name)
    service = Service(root)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(root, trace).items():
            patch.setenv(name, value)
        service.start()
    try:
        add_seoul(service)
        results = folder / "results.ndjson"
        done("anchor", *documents, "--data", service.data, "--results", results)
        lines = [json.loads(line) for line in results.read_text().splitlines()]
        shutil.copy(service.data / "clerk-6110000.key", folder / "clerk.key")
    finally:
        service.kill()
    return Run(read_trace(trace), root, documents, {line["input"]: line["index"] for line in lines})


def test_everything_that_was_promised_is_there_after_the_last_moment(run: Run, tmp_path: Path) -> None:
    *_, last = cuts(run.ops, run.root)
    image = last.image(tmp_path / "disk")
    # The key that the command line had got; it lay in the folder of another process, which was not recorded.
    shutil.copy(run.root.parent / "clerk.key", image / "clerk-6110000.key")
    expect_service(image, run, all_said=True)


def test_the_service_starts_by_itself_after_a_power_cut_at_any_moment(run: Run, tmp_path: Path) -> None:
    total = sum(1 for _ in cuts(run.ops, run.root))
    rng = random.Random(total)
    chosen = set(rng.sample(range(total), min(CUTS, total)))
    tried = 0
    for number, cut in enumerate(cuts(run.ops, run.root)):
        if number in chosen:
            image = image_of(cut, tmp_path / f"disk{number}", rng)
            expect_service(image, run, all_said=False)
            tried += 1
    print(f"power cuts of the whole service: {tried} of {total} moments")


def image_of(cut: Cut, to: Path, rng: random.Random) -> Path:
    return cut.image(to) if rng.random() < 0.5 else cut.image(to, some(rng.randrange(10**6)))


def expect_service(data: Path, run: Run, *, all_said: bool) -> None:
    """It starts, is whole, and goes on; what it promised is there."""
    with running(data) as service:
        if all_said:
            agency = service.get("/v1/agencies/6110000")
            assert agency["log"]["anchored"]["size"] == len(run.documents)  # type: ignore[index]
            given = ("--data", data, "--results", data.parent / "again.ndjson")
            done("anchor", *run.documents, *given)
            again = [json.loads(line) for line in (data.parent / "again.ndjson").read_text().splitlines()]
            assert {line["input"]: line["index"] for line in again} == run.results
    assert sillok("fsck", "--data", data).returncode == 0

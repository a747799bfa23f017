"""A bounded run of the fuzzer, as `make fuzz` starts it; and that the fuzzer would notice."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fuzz.engine import HANG_S, Engine, HangError
from fuzz.run import shares
from fuzz.target import FalseValidError, Target
from fuzz.targets import MAKERS, WEIGHTS, make
from fuzz.worker import Window

from ledger.errors import FormatError

ROOT = Path(__file__).resolve().parents[2]
INPUTS = 100_000


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "tests"), str(ROOT)])}


def test_a_hundred_thousand_inputs_find_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "fuzz.run", "--inputs", str(INPUTS), "--workers", "1"],
        env=environment(), capture_output=True, text=True, check=False, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    total = re.search(r"^([0-9,]+) inputs in .* 0 findings$", done.stdout, re.MULTILINE)
    assert total is not None, done.stdout
    assert int(total[1].replace(",", "")) >= INPUTS
    assert {line.split()[0] for line in done.stdout.splitlines()[:-1]} == set(MAKERS)


@pytest.mark.parametrize("name", [name for name in MAKERS if name != "chain-calls"])
def test_a_target_has_good_seeds_and_most_mutations_are_refused(name: str) -> None:
    target = make(name)
    engine = Engine(target, 1)
    ends = [target.feed(seed) for seed in target.seeds]
    assert any("@" not in end for end in ends), "no seed is taken"
    _feed(engine, 300)
    assert len(engine.tally.ends) >= 2


def test_every_target_has_its_share() -> None:
    assert set(WEIGHTS) <= set(MAKERS)
    divided = shares(INPUTS, list(MAKERS))
    assert INPUTS <= sum(divided.values()) <= INPUTS + len(MAKERS)
    assert min(divided.values()) >= 100


def planted(data: bytes) -> str:
    """A parser with every kind of fault."""
    if b"{" in data:
        raise KeyError("undeclared")
    if b"00" in data:
        raise FalseValidError("good, and nobody made it")
    if b"\n" in data:
        error = FormatError("declared")
        error.what = "words that cannot be shown: \udc80"
        raise error
    if b"." in data:
        end = time.process_time() + HANG_S + 0.1
        while time.process_time() < end:
            pass
    return "taken"


def planted_engine() -> Engine:
    return Engine(Target(name="planted", seeds=[b"12"], run=planted, declared=(FormatError,)), 1)


FAULTS = [(b"{", KeyError), (b"00", FalseValidError), (b"\n", UnicodeEncodeError), (b".", HangError)]


@pytest.mark.parametrize(("data", "error"), FAULTS)
def test_the_engine_notices(data: bytes, error: type[BaseException]) -> None:
    engine = planted_engine()
    engine.feed(b"12")
    with pytest.raises(error):
        engine.feed(data)


def test_the_engine_finds_what_is_near_a_seed() -> None:
    engine = planted_engine()
    with pytest.raises(tuple(error for _, error in FAULTS)):
        _feed(engine, 2_000)


def _feed(engine: Engine, inputs: int) -> None:
    for _ in range(inputs):
        engine.feed(engine.next())


def test_the_input_that_kills_a_worker_is_found(tmp_path: Path) -> None:
    window = Window(tmp_path / "window")
    script = (
        "import os; from pathlib import Path; from fuzz.worker import Window\n"
        f"w = Window(Path({str(tmp_path / 'window')!r})); w.show(41, b'this one'); os.abort()"
    )
    ended = subprocess.run([sys.executable, "-c", script], env=environment(), capture_output=True, check=False)
    assert ended.returncode != 0
    assert window.seen() == (41, b"this one")

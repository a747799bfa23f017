"""`make fuzz`: every parser in processes of its own, under limits, with as many inputs as are asked for.

    python -m fuzz.run --inputs 10000000                 the engine in plain Python (tests/fuzz/engine.py)
    python -m fuzz.run --inputs 1000000 --engine atheris the same targets under atheris, which follows coverage
    python -m fuzz.run --inputs 20000 --target verdict   one target

Exit code 1 where anything was found: the input is then in a file that is named. An input that takes more than a
second of CPU, makes its process grow by more than 256 MiB, or ends in what its parser does not declare, is a finding;
so is everything that is called good and that nobody made.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from fuzz.targets import MAKERS, WEIGHTS
from fuzz.worker import Window

ROOT = Path(__file__).resolve().parents[2]
STALL_S = 60.0
"""Wall time without a single finished input after which a worker is ended: it hangs where no timer reaches."""
PIECE = 500_000
"""Most inputs of one process: pieces differ in their seed, and keep both cores busy to the end."""
MODULES = {"python": "fuzz.worker", "atheris": "fuzz.under_atheris"}


@dataclass(frozen=True, kw_only=True)
class Job:
    """One process: so many inputs of one target."""

    target: str
    inputs: int
    seed: int
    seconds: float
    engine: str


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one process saw; `finding` is empty where nothing was found."""

    target: str
    inputs: int
    took_s: float
    worst_s: float
    grown_kib: int
    finding: str
    data: bytes


def shares(inputs: int, targets: Sequence[str]) -> dict[str, int]:
    """How many inputs each target gets, at least `inputs` together, by weight."""
    total = sum(WEIGHTS.get(name, 1.0) for name in targets)
    return {name: -int(-inputs * WEIGHTS.get(name, 1.0) // total) for name in targets}


def jobs(given: argparse.Namespace, targets: Sequence[str]) -> Iterator[Job]:
    """The processes of a run, the costly targets first."""
    for name, inputs in sorted(shares(given.inputs, targets).items(), key=lambda share: share[1]):
        for piece, start in enumerate(range(0, inputs, PIECE)):
            yield Job(
                target=name, inputs=min(PIECE, inputs - start), seed=given.seed + piece, seconds=given.seconds,
                engine=given.engine,
            )  # fmt: skip


def run(job: Job, folder: Path) -> Result:
    """Run one process and watch it."""
    window = folder / f"{job.target}-{job.seed}"
    watched = Window(window)
    command = [sys.executable, "-m", MODULES[job.engine], job.target, "--inputs", str(job.inputs),
               "--seconds", str(job.seconds), "--seed", str(job.seed), "--window", str(window)]  # fmt: skip
    paths = os.pathsep.join([str(ROOT / "tests"), str(ROOT)])
    begin = time.monotonic()
    with (folder / f"{job.target}-{job.seed}.err").open("w+b") as errors:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, cwd=folder, env=os.environ | {"PYTHONPATH": paths}
        )
        out, last, moved = b"", -1, begin
        while True:
            try:
                out, _ = process.communicate(timeout=1.0)
                break
            except subprocess.TimeoutExpired:
                count, _ = watched.seen()
                if count != last:
                    last, moved = count, time.monotonic()
                elif time.monotonic() - moved > STALL_S:
                    process.kill()
        errors.seek(0)
        said = errors.read()[-3000:].decode(errors="replace")
    return _result(job, out, said, process.returncode, time.monotonic() - begin, watched)


def _result(job: Job, out: bytes, said: str, code: int, took_s: float, watched: Window) -> Result:
    count, data = watched.seen()
    lines = out.splitlines()
    told = json.loads(lines[-1]) if lines and lines[-1].startswith(b"{") else {}
    found = told.get("finding") or {}
    finding = str(found.get("error", "")) or ("" if code == 0 and told else f"exit code {code}\n{said}")
    return Result(
        target=job.target,
        inputs=int(told.get("inputs", count)),
        took_s=took_s,
        worst_s=float(told.get("worst_s", 0)),
        grown_kib=int(told.get("grown_kib", 0)),
        finding=finding,
        data=bytes.fromhex(found["input"]) if found else data if finding else b"",
    )


def report(results: Sequence[Result], took_s: float) -> bool:
    """Print a line for each target, the sum, and every finding; whether there was none."""
    for name in dict.fromkeys(result.target for result in results):
        mine = [result for result in results if result.target == name]
        inputs, spent = sum(one.inputs for one in mine), sum(one.took_s for one in mine)
        worst, grown = max(one.worst_s for one in mine), max(one.grown_kib for one in mine)
        print(
            f"{name:<18}{inputs:>11,} inputs {inputs / spent:>9,.0f}/s   worst {worst * 1000:>7.1f} ms CPU   "
            f"grew {grown / 1024:>6.1f} MiB   {sum(bool(one.finding) for one in mine)} found"
        )
    found = [result for result in results if result.finding]
    for result in found:
        kept = Path(tempfile.gettempdir()) / f"sillok-found-{result.target}-{abs(hash(result.data)):x}"
        kept.write_bytes(result.data)
        print(f"\nFOUND in {result.target}, kept as {kept}:\n{result.finding}")
    total = sum(result.inputs for result in results)
    print(f"{total:,} inputs in {took_s:,.0f} s ({total / took_s:,.0f}/s); {len(found)} findings")
    return not found


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=10_000_000)
    parser.add_argument("--seconds", type=float, default=1e9, help="most seconds of one process")
    parser.add_argument("--target", choices=MAKERS, action="append")
    parser.add_argument("--engine", choices=MODULES, default="python")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="sillok-fuzz-") as folder, ThreadPoolExecutor(given.workers) as pool:
        work = list(jobs(given, given.target or list(MAKERS)))
        results = list(pool.map(lambda job: run(job, Path(folder)), work))
    return 0 if report(results, time.monotonic() - begin) else 1


if __name__ == "__main__":
    sys.exit(main())

"""Taking records in: bulk and single, start and memory at 10,000 and 1,000,000 records, each against a bare loop.

    python tests/bench/intake_bench.py [COUNT…]

The bare loops do what no durable ledger can leave out: insert the same rows with the same unique keys into SQLite and
commit as often; or wait for the disk once for each group. CPU time stands beside the wall's, because the wall's means
little where others use the machine.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from time import perf_counter, process_time

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[2])]

from bench.row import Row
from support.issuing import SEOUL, Office, running_office

from ledger.log.collector import calm_collector
from ledger.log.intake import parse_line

GROUP = 4096
CALLERS = 64
SINGLES = 6_400
KINDS = {
    "document": {"kind": "document"},
    "certificate": {
        "kind": "certificate",
        "facts": {"certificate.type": "주민등록표 등본", "holder.name": "홍길동", "issued": "2026-11-25"},
    },
}


def lines(kind: str, count: int, salt: str) -> Iterator[bytes]:
    for n in range(count):
        digest = hashlib.sha256(f"{salt}{n}".encode()).hexdigest()
        yield json.dumps({**KINDS[kind], "sha256": digest}).encode()


def bulk(office: Office, kind: str, count: int, salt: str) -> tuple[float, float]:
    """Wall and CPU seconds of this process for a job of `count` lines, all acknowledged durable."""
    made = list(lines(kind, count, salt))
    begin, cpu = perf_counter(), process_time()
    accepted = sum(
        result.accepted is not None for result in office.issuance.submit_many(SEOUL, f"{kind}{salt}", made)
    )
    assert accepted == count
    return perf_counter() - begin, process_time() - cpu


def singles(office: Office) -> float:
    """Wall seconds for `SINGLES` submissions by 64 callers, each waiting for its own answer."""
    waiting = iter([parse_line(line) for line in lines("certificate", SINGLES, "single")])
    lock = threading.Lock()

    def call() -> None:
        while True:
            with lock:
                submission = next(waiting, None)
            if submission is None:
                return
            office.issuance.submit(SEOUL, submission, os.urandom(8).hex()).result()

    threads = [threading.Thread(target=call) for _ in range(CALLERS)]
    begin = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return perf_counter() - begin


def bare_sqlite(folder: Path, count: int, start: int = 0) -> float:
    """Seconds to insert rows as large and as unique, in groups, durably: what the store can't do without."""
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    for statement in (
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=FULL",
        "PRAGMA cache_size=-65536",
        "CREATE TABLE IF NOT EXISTS records (place INTEGER PRIMARY KEY, leaf BLOB, sealed BLOB)",
        "CREATE TABLE IF NOT EXISTS numbers (number INTEGER PRIMARY KEY, place INTEGER)",
        "CREATE TABLE IF NOT EXISTS digests (sha256 BLOB, log INTEGER, place INTEGER, PRIMARY KEY (sha256, log))"
        " WITHOUT ROWID",
    ):
        connection.execute(statement)
    leaf, sealed = bytes(220), bytes(180)
    begin = perf_counter()
    for first in range(start, start + count, GROUP):
        places = range(first, min(first + GROUP, start + count))
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO records VALUES (?, ?, ?)", [(place, leaf, sealed) for place in places])
        numbers = [(int.from_bytes(os.urandom(6), "big"), place) for place in places]
        connection.executemany("INSERT OR IGNORE INTO numbers VALUES (?, ?)", numbers)
        connection.executemany("INSERT INTO digests VALUES (?, 1, ?)", [(os.urandom(32), place) for place in places])
        connection.execute("COMMIT")
    elapsed = perf_counter() - begin
    connection.close()
    return elapsed


def bare_sync(folder: Path, groups: int) -> float:
    """Seconds to append and wait for the disk, twice a group as the key store and the store must."""
    handle = os.open(folder / "bare.log", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    begin = perf_counter()
    for _ in range(2 * groups):
        os.write(handle, bytes(CALLERS * 512))
        os.fdatasync(handle)
    elapsed = perf_counter() - begin
    os.close(handle)
    return elapsed


START = """
import sys, time
begin = time.perf_counter()
from pathlib import Path
from bench.intake_bench import peak_mebibytes
from support.issuing import running_office
with running_office(Path(sys.argv[1])) as office:
    print(time.perf_counter() - begin, peak_mebibytes())
"""


def peak_mebibytes() -> int:
    """The most memory that this program had; `ru_maxrss` would count what its parent had before it was started."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) >> 10


def started(folder: Path) -> tuple[float, int]:
    """Seconds from the interpreter's first line to taking records, and MiB then, in a process of its own."""
    tests = Path(__file__).resolve().parents[1]
    done = subprocess.run(
        [sys.executable, "-c", START, str(folder)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": f"{tests}:{tests.parent}"},
    )
    seconds, mebibytes = done.stdout.split()
    return float(seconds), int(mebibytes)


def measure(count: int) -> list[Row]:
    """All rows at one size of the log."""
    folder = Path(tempfile.mkdtemp(prefix="sillok-bench-"))
    rows = []
    try:
        calm_collector()  # as the service does
        with running_office(folder, workers=os.cpu_count() or 1) as office:
            bulk(office, "document", 4_000, "warm")
            for kind in KINDS:
                part = count // len(KINDS)
                wall, cpu = bulk(office, kind, part, str(count))
                bare = bare_sqlite(folder, part, start=0 if kind == "document" else part)
                rows += [
                    _rate(f"bulk, {kind}s, to {count:,} records", part, wall, "bare SQLite", bare, 20_000),
                    Row(
                        measure=f"  of it this process's CPU, {kind}s",
                        value=cpu / part * 1e6,
                        unit="us/record",
                        peer="",
                        ratio=None,
                        aim="",
                        met=None,
                    ),
                ]
            wall, bare = singles(office), bare_sync(folder, SINGLES // CALLERS)
            rows.append(
                _rate(f"single, {CALLERS} callers, at {count:,}", SINGLES, wall, "bare fdatasync", bare, 5_000)
            )
            rows.append(_small(f"memory after intake of {count:,} records", peak_mebibytes(), "MiB", 500))
        seconds, mebibytes = started(folder)
        rows.append(_small(f"start at {count:,} records", seconds, "s", 3))
        rows.append(_small(f"memory after start at {count:,} records", mebibytes, "MiB", 500))
    finally:
        shutil.rmtree(folder)
    return rows


def _rate(name: str, count: int, wall: float, peer: str, bare: float, aim: int) -> Row:
    rate = count / wall
    return Row(
        measure=name,
        value=rate,
        unit="records/s",
        peer=f"slower than {peer}",
        ratio=wall / bare,
        aim=f">= {aim:,}/s",
        met=rate >= aim,
    )


def _small(name: str, value: float, unit: str, aim: float) -> Row:
    return Row(measure=name, value=value, unit=unit, peer="", ratio=None, aim=f"<= {aim:g} {unit}", met=value <= aim)


def rows(counts: Iterable[int] = (10_000, 1_000_000)) -> Iterator[Row]:
    """Measure at each size."""
    for count in counts:
        yield from measure(count)


if __name__ == "__main__":
    for one in rows([int(text) for text in sys.argv[1:]] or (10_000, 1_000_000)):
        print(one.text(), flush=True)

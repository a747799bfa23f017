"""Other processes make the same records as this one would; one that dies loses nothing; none outlives the service."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from support.issuing import SEOUL, digest_of, running_office

from ledger.errors import ConflictError, FormatError
from ledger.log.limits import BULK_CHUNK
from ledger.log.making import Known, Task, dump_made, dump_task, load_made, load_task, make
from ledger.log.preparing import Prepared
from ledger.records.record import parse_record


def line(name: str, **members: object) -> bytes:
    return json.dumps({"kind": "certificate", "sha256": digest_of(name), **members}).encode()


def children() -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if parent == os.getpid() and b"ledger.log.worker" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def test_a_large_job_through_other_processes_is_the_same_job(tmp_path: Path) -> None:
    count = 6 * BULK_CHUNK
    lines = [line(str(n)) if n % 100 else b"bad" for n in range(count)]
    with running_office(tmp_path, workers=2) as office:
        results = list(office.issuance.submit_many(SEOUL, "job", lines))
        assert len(children()) >= 1
        assert [result.line for result in results] == list(range(1, count + 1))
        assert [result.error is not None for result in results] == [n % 100 == 0 for n in range(count)]
        good = [(n, result.accepted) for n, result in enumerate(results) if result.accepted]
        assert [accepted.index for _, accepted in good] == list(range(len(good))), "in the order of the lines"
        for n, accepted in good[:: BULK_CHUNK // 3]:
            view = office.lookup.by_number(accepted.number)
            assert view.sha256.hex() == digest_of(str(n))
            assert view.record.batch == accepted.batch
        again = list(office.issuance.submit_many(SEOUL, "job", lines))
        assert not any(result.accepted.created for result in again if result.accepted)
        assert isinstance(again[0].error, FormatError)
    assert children() == []


def test_a_worker_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    count = 8 * BULK_CHUNK
    with running_office(tmp_path, workers=1) as office:
        results = office.issuance.submit_many(SEOUL, "job", (line(str(n)) for n in range(count)))
        answered = []
        for result in results:
            answered.append(result)
            if len(answered) in (3 * BULK_CHUNK, 6 * BULK_CHUNK):
                for child in children():
                    os.kill(child, signal.SIGKILL)
        assert [result.accepted.index for result in answered] == list(range(count))


def test_a_worker_ends_when_its_service_is_gone() -> None:
    code = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-P", "-m", "ledger.log.worker"], stdin=subprocess.PIPE)
print(child.pid, flush=True)
sys.stdin.read()
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and Path(f"/proc/{worker}").exists():
        if Path(f"/proc/{worker}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return
        time.sleep(0.05)
    assert not Path(f"/proc/{worker}").exists()


def test_what_crosses_the_pipe_comes_out_as_it_went_in() -> None:
    used = {"job/12": (7, digest_bytes()), "job/13": (8, bytes(32))}
    process = {"id": "p", "seq": 3, "gap": True}
    lines = [line("a", process=process, facts={"이름": "x"}), line("a", process=process), b"{}", line("b"), line("c")]
    task = Task("6110000", "job", 4, 10, 1_795_000_000, lines, used)
    assert load_task(dump_task(task)) == task
    made = make(task, os.urandom)
    back = load_made(dump_made(made))
    assert [one for one in back if not isinstance(one, Exception)] == [
        one for one in made if not isinstance(one, Exception)
    ]
    assert [type(one) for one in back] == [FormatError, Prepared, FormatError, ConflictError, Prepared]
    assert [str(one) for one in back] == [str(one) for one in made]
    assert parse_record(back[1].leaf).agency == "6110000"
    assert load_made(dump_made([Known(5)])) == [Known(5)]


def digest_bytes() -> bytes:
    return bytes.fromhex(digest_of("other"))

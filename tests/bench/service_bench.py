"""The running service as its callers see it, over HTTP: both sides of each ratio in turn, on the same machine.

    PYTHONPATH=tests:. .venv/bin/python -m bench.service_bench [RECORDS]

`sillok up` runs in a process of its own with the embedded chain, the peer (FastAPI without any work) in another, the
load in a third. A round asks the service, then the peer; the figure is the median of the rounds.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import socket
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from urllib.request import Request, urlopen

from bench import chain_bench, load, offline_bench
from bench.chain_bench import transactions_per_s
from bench.intake_bench import KINDS, bare_sqlite, lines
from bench.row import Row, needs
from bench.tree_bench import Tiles
from bench.trivial import Peer, running_trivial
from support.service_process import Service, add_seoul, done

from ledger.merkle.nodes import leaf_hash
from ledger.merkle.tiles import append
from ledger.values import TreeSize

SEOUL = "6110000"
CONNECTIONS = 64
ROUNDS = 3
SUBMISSIONS_PER_S = 500


class Running:
    """The service with its agency, and a clerk's key."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.key = (service.data / f"clerk-{SEOUL}.key").read_text().strip()

    def submissions(self, count: int, salt: str) -> list[bytes]:
        """Requests that submit one certificate each, all different."""
        path, bearer = f"/v1/agencies/{SEOUL}/records", f"Bearer {self.key}"
        return [
            load.post(path, body, authorization=bearer, idempotency_key=f"{salt}{n}")
            for n, body in enumerate(lines("certificate", count, salt))
        ]

    def bulk(self, kind: str, count: int, salt: str) -> float:
        """Wall seconds of one bulk request of `count` lines, from its first byte to its last answer."""
        body = b"\n".join(lines(kind, count, salt)) + b"\n"
        host, port = self.service.url.removeprefix("http://").split(":")
        head = (
            f"POST /v1/agencies/{SEOUL}/records:bulk?job={salt} HTTP/1.1\r\nhost: bench\r\n"
            f"authorization: Bearer {self.key}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection((host, int(port))) as connection:
            begin = perf_counter()
            sender = threading.Thread(target=connection.sendall, args=(head.encode() + body,))
            sender.start()
            tail = b""
            while not tail.endswith(b"0\r\n\r\n"):
                piece = connection.recv(1 << 18)
                assert piece, tail
                tail = (tail + piece)[-300:]
            spent = perf_counter() - begin
            sender.join()
        assert f'"accepted":{count}'.encode() in tail, tail
        return spent

    def anchored(self) -> int:
        """Records of the log that are final on the chain."""
        head = self.service.get(f"/v1/agencies/{SEOUL}")["log"]  # type: ignore[index]
        return int(head["anchored"]["size"]) if head["anchored"] else 0

    def wait_anchored(self, size: int) -> None:
        while self.anchored() < size:
            time.sleep(0.05)

    def size(self) -> int:
        return int(self.service.get(f"/v1/agencies/{SEOUL}")["log"]["size"])  # type: ignore[index]

    def groups(self) -> int:
        """Group commits so far: each waits for the disk twice, once for the record keys and once for the records."""
        with sqlite3.connect(f"file:{self.service.data / 'ledger.db'}?mode=ro", uri=True) as database:
            return int(database.execute("SELECT count(*) FROM commits").fetchone()[0])

    @property
    def rpc(self) -> str:
        """Where its chain listens."""
        return str(json.loads((self.service.data / "service.json").read_text())["rpc"])

    def cpu_s(self) -> float:
        """Seconds of CPU that the service has used, with its chain and its helpers."""
        assert self.service.process is not None
        return _cpu_s(self.service.process.pid)

    def mebibytes(self) -> int:
        """Resident memory of the service's own process now."""
        assert self.service.process is not None
        status = Path(f"/proc/{self.service.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) >> 10


def _children_s() -> float:
    """Seconds of CPU of all processes that were started and have ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _cpu_s(root: int) -> float:
    """Seconds of CPU of a process and of its children that run."""
    total, ticks = 0.0, os.sysconf("SC_CLK_TCK")
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:  # it ended meanwhile
            continue
        if root in (int(folder.name), int(fields[1])):
            total += (int(fields[11]) + int(fields[12])) / ticks
    return total


@contextmanager
def running() -> Iterator[Running]:
    """A service on a folder of its own, without limits of rate."""
    folder = Path(tempfile.mkdtemp(prefix="sillok-bench-"))
    os.environ |= {"SILLOK_LOOKUPS_PER_S": "0", "SILLOK_WRITES_PER_S": "0"}
    service = Service(folder / "data")
    try:
        service.start()
        add_seoul(service)
        yield Running(service)
    finally:
        service.stop()
        shutil.rmtree(folder)


def singles(office: Running, peer: Peer, count: int, latencies: list[float]) -> Iterator[Row]:
    """Single submissions, each answered once it is on disk."""
    ours: list[float] = []
    theirs: list[float] = []
    groups, busy, busy_peer = office.groups(), 0.0, 0.0
    for number in range(ROUNDS):
        requests = office.submissions(count, f"s{count}-{number}-")
        before = office.cpu_s()
        answers = load.run(office.service.url, requests, connections=CONNECTIONS)
        busy += office.cpu_s() - before
        assert not answers.failed
        latencies += answers.latencies
        ours.append(answers.rate)
        before = _cpu_s(peer.pid)
        theirs.append(load.run(peer.url, requests, connections=CONNECTIONS).rate)
        busy_peer += _cpu_s(peer.pid) - before
    per_sync = ROUNDS * count / (2 * (office.groups() - groups))
    rate, ratio = median(ours), median(a / b for a, b in zip(ours, theirs, strict=True))
    name = f"single durable submissions over HTTP, {CONNECTIONS} connections"
    yield needs(name, rate, "records/s", at_least=2_500)
    yield Row(
        measure="  of the speed of a FastAPI endpoint without work", value=median(theirs), unit="answers/s",
        peer="that endpoint (speed)", ratio=ratio, aim=">= 0.6 x", met=ratio >= 0.6,
    )  # fmt: skip
    yield Row(
        measure="  CPU of it, chain and anchoring included", value=busy / ROUNDS / count * 1e6, unit="us/record",
        peer="CPU of that endpoint", ratio=busy / busy_peer, aim="", met=None,
    )  # fmt: skip
    yield needs("  acknowledged for each wait for the disk", per_sync, "records/fsync", at_least=2.5)


def bulk(office: Running, count: int) -> Iterator[Row]:
    """NDJSON both ways, and bare SQLite with the same rows and unique keys between the rounds."""
    folder = office.service.data.parent
    at = 0
    for kind in KINDS:
        ours: list[float] = []
        bare: list[float] = []
        busy = -office.cpu_s()
        for number in range(ROUNDS):
            ours.append(office.bulk(kind, count, f"b{kind}{count}-{number}-"))
            bare.append(bare_sqlite(folder, count, at))
            at += count
        rate, ratio = count / median(ours), median(b / a for a, b in zip(ours, bare, strict=True))
        yield needs(f"bulk NDJSON over HTTP, {kind}s", rate, "records/s", at_least=40_000)
        yield Row(
            measure="  CPU of it, helpers and chain included", value=(busy + office.cpu_s()) / ROUNDS / count * 1e6,
            unit="us/record", peer="", ratio=None, aim="", met=None,
        )  # fmt: skip
        yield Row(
            measure="  of the speed of bare SQLite", value=count / median(bare), unit="rows/s",
            peer="the same rows, keys and commits (speed)", ratio=ratio, aim=">= 0.6 x", met=ratio >= 0.6,
        )  # fmt: skip


def verifications(office: Running, peer: Peer, count: int) -> Iterator[Row]:
    """By digest: looked up, every check run, answered. Every request asks for another document."""
    load.run(office.service.url, office.submissions(count, "verify-"), connections=CONNECTIONS)
    office.wait_anchored(office.size())
    digests = [hashlib.sha256(f"verify-{n}".encode()).hexdigest() for n in range(count)]
    verdict = office.service.get(f"/v1/verifications?sha256={digests[0]}")["verdict"]  # type: ignore[index]
    assert verdict in ("valid", "unknown-issuer"), verdict
    asked = [load.get(f"/v1/verifications?sha256={digest}") for digest in digests]
    trivial = [load.get("/trivial")] * (4 * count)
    ours: list[float] = []
    theirs: list[float] = []
    busy = -office.cpu_s()
    for _ in range(ROUNDS):
        answers = load.run(office.service.url, asked, connections=16)
        assert not answers.failed
        ours.append(answers.rate)
        theirs.append(load.run(peer.url, trivial, connections=16).rate)
    ratio = median(a / b for a, b in zip(ours, theirs, strict=True))
    yield Row(
        measure="verification by digest over HTTP", value=median(ours), unit="answers/s",
        peer="a trivial FastAPI endpoint (speed)", ratio=ratio, aim=">= 0.75 x", met=ratio >= 0.75,
    )  # fmt: skip
    yield needs("  CPU of it, chain included", (busy + office.cpu_s()) / ROUNDS / count * 1e6, "us/answer")


def to_final(office: Running, seconds: int, latencies: list[float]) -> Iterator[Row]:
    """From a submission's answer to its anchor being final, while others arrive at a steady rate."""
    total = seconds * SUBMISSIONS_PER_S
    requests = office.submissions(total, f"f{total}-")
    start = office.size()
    final: list[tuple[float, int]] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.02):
            size = office.anchored()
            if not final or size > final[-1][1]:
                final.append((perf_counter(), size))

    watcher = threading.Thread(target=watch)
    watcher.start()
    answers = load.run(office.service.url, requests, connections=CONNECTIONS, per_second=SUBMISSIONS_PER_S)
    office.wait_anchored(start + total)
    time.sleep(0.1)
    stop.set()
    watcher.join()
    # The n-th answer's record has some index below start + n + connections: later than its own index, never earlier.
    instants = iter(final)
    now, reached = next(instants)
    for number, answered in enumerate(answers.answered):
        while reached < start + number + 1:
            now, reached = next(instants)
        latencies.append(max(0.0, now - answered))
    ordered = sorted(latencies)
    p99 = ordered[int(0.99 * len(ordered))]
    name = f"from accepted to final, p99 under {SUBMISSIONS_PER_S} submissions/s"
    yield needs(name, p99, "s", at_most=2)
    yield needs("  p50", median(ordered), "s")


def anchoring(office: Running, count: int) -> Iterator[Row]:
    """From lines to final, one transaction for everything that waits; against one transaction for each document."""
    one_each = transactions_per_s(office.rpc)
    begin = perf_counter()
    office.bulk("document", count, f"a{count}-")
    office.wait_anchored(office.size())
    rate = count / (perf_counter() - begin)
    one_each = max(one_each, transactions_per_s(office.rpc))
    yield Row(
        measure=f"from {count:,} NDJSON lines to all of them final", value=rate, unit="records/s",
        peer="one transaction a document (speed)", ratio=rate / one_each, aim=">= 1,000 x",
        met=rate >= 1_000 * one_each,
    )  # fmt: skip


def offline(office: Running) -> Iterator[Row]:
    """Evidence of one record and the trust file, as files of a citizen, for the command line."""
    folder = office.service.data.parent
    document, evidence, trust = folder / "paper.pdf", folder / "paper.evidence", folder / "trust.note"
    document.write_bytes(b"a paper")
    submission = {"kind": "document", "sha256": hashlib.sha256(document.read_bytes()).hexdigest()}
    headers = {"authorization": f"Bearer {office.key}", "content-type": "application/json"}
    path = f"{office.service.url}/v1/agencies/{SEOUL}/records"
    with urlopen(Request(path, json.dumps(submission).encode(), headers), timeout=30) as answer:
        index = json.load(answer)["index"]
    office.wait_anchored(index + 1)
    for url, file in ((f"{path}/{index}/evidence", evidence), (f"{office.service.url}/v1/trust", trust)):
        with urlopen(url, timeout=30) as answer:
            file.write_bytes(answer.read())
    yield from offline_bench.rows(document, evidence, trust)


def checked(office: Running, records: int) -> Iterator[Row]:
    """`fsck` of everything, and a tree of as many leaves."""
    office.service.stop()
    begin, busy = perf_counter(), -_children_s()
    done("fsck", "--data", office.service.data, timeout_s=3_600)
    spent, busy = perf_counter() - begin, busy + _children_s()
    hashes = [leaf_hash(b"%d" % n) for n in range(records)]
    begin = perf_counter()
    append(Tiles(), TreeSize(0), hashes)
    tree = perf_counter() - begin
    yield Row(
        measure=f"sillok fsck of {records:,} records, whole process", value=spent, unit="s",
        peer="building that tree", ratio=spent / tree, aim="<= 3 x", met=spent <= 3 * tree,
    )  # fmt: skip
    yield needs("  CPU of it, start, helper and chain included", busy / records * 1e6, "us/record")


def restart(office: Running, records: int) -> Iterator[Row]:
    """From the start of the process to its first acknowledged record; and its memory then."""
    office.service.stop()
    path = office.service.data / "ledger.db"
    begin = perf_counter()
    with sqlite3.connect(path) as database:
        database.execute("SELECT max(place) FROM records").fetchone()
    bare = perf_counter() - begin
    begin = perf_counter()
    office.service.start()
    load.run(office.service.url, office.submissions(1, f"r{records}-"), connections=1)
    spent = perf_counter() - begin
    yield Row(
        measure=f"restart to the first acknowledged record at {records:,}", value=spent, unit="s",
        peer="opening the bare SQLite file", ratio=spent / bare, aim="<= 2 x", met=spent <= 2 * bare,
    )  # fmt: skip
    yield needs(f"memory after restart at {records:,}", office.mebibytes(), "MiB", at_most=300)


def rows(plots: dict[str, list[float]], *, scale: float = 1.0) -> Iterator[Row]:
    """Every row; `plots` gets the latencies. `scale` 1 takes some three minutes on two quiet cores."""
    with running() as office, running_trivial() as peer:
        accepted: list[float] = plots.setdefault("single submission, answered", [])
        final: list[float] = plots.setdefault("accepted to final", [])
        yield from restart(office, office.size())
        yield from singles(office, peer, int(6_400 * scale), accepted)
        yield from verifications(office, peer, int(1_500 * scale))
        yield from to_final(office, max(4, int(20 * scale)), final)
        yield from bulk(office, int(60_000 * scale))
        yield from anchoring(office, int(100_000 * scale))
        yield needs(f"memory at {office.size():,} records", office.mebibytes(), "MiB", at_most=300)
        yield from offline(office)
        yield from chain_bench.status_reads(office.service.data, office.rpc)
        yield from restart(office, office.size())


def fsck_rows(*, scale: float = 1.0) -> Iterator[Row]:
    """`fsck` of a folder with as many documents as certificates."""
    with running() as office:
        for kind in ("document", "certificate"):
            office.bulk(kind, int(100_000 * scale), f"fsck-{kind}-")
        office.wait_anchored(office.size())
        yield from checked(office, office.size())


if __name__ == "__main__":
    for one in rows({}, scale=float(sys.argv[1]) if sys.argv[1:] else 1.0):
        print(one.text(), flush=True)

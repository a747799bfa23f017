"""`make page-load`: server time of the pages with a million records in the store: p95 of at most 200 ms (pages.md).

`BENCH=small` fills in 20,000 records, to see that it runs; its figures are not for quoting. The time is that between
the request's arrival and the last byte on one connection to this machine's loopback, so it holds the server's own.
"""

from __future__ import annotations

import hashlib
import logging
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Final

import httpx
import structlog
from support.service import SEOUL, Office, running_office

from ledger.cli.demo import procurement

WHOLE: Final = 1_000_000
SMALL: Final = 20_000
LINES: Final = 10_000
ASKED: Final = 200
MOST_MS: Final = 200.0
_DRAW: Final = random.Random(4)


@dataclass(frozen=True, kw_only=True)
class Filled:
    """Some of what was recorded: numbers, and the digests of their files as hex."""

    numbers: tuple[str, ...]
    digests: tuple[str, ...]


def digest(position: int) -> str:
    """The SHA-256 of the file at a position."""
    return hashlib.sha256(f"page-load {position}".encode()).hexdigest()


def fill(office: Office, count: int) -> Filled:
    """Record a million certificates, and the demo's procurement among them; wait until all are final."""
    issuance = office.services.issuance
    for line in procurement.submissions():
        office.issue(dict(line))
    numbers: list[str] = []
    digests: list[str] = []
    for first in range(0, count, LINES):
        places = range(first, min(first + LINES, count))
        lines = ({"kind": "certificate", "sha256": digest(at), "facts": {"holder.name": "홍길동"}} for at in places)
        for at, result in zip(places, issuance.submit_many(SEOUL, f"fill-{first}", lines), strict=True):
            assert result.accepted is not None, result
            if at % max(1, count // ASKED) == 0:
                view = office.services.lookup.by_index(SEOUL, result.accepted.index)
                numbers.append(str(view.number))
                digests.append(digest(at))
    size = office.services.records.tree_size(office.services.lookup.log_of(SEOUL).log_no)
    end = time.monotonic() + 600
    while office.get(f"/v1/agencies/{SEOUL}").json()["log"]["anchored"]["size"] < size:
        assert time.monotonic() < end, "the records are not final in ten minutes"
        time.sleep(0.2)
    return Filled(numbers=tuple(numbers), digests=tuple(digests))


def questions(filled: Filled) -> Iterator[tuple[str, Callable[[httpx.Client], httpx.Response]]]:
    """Each kind of page, as its reader asks for it."""
    award = procurement.process_id(1)
    yield "/", lambda client: client.get("/")
    yield "/r/<number>", lambda client: client.get(f"/r/{_DRAW.choice(filled.numbers)}")
    yield "/r/<unknown>", lambda client: client.get("/r/0000-0000-0000-0015")
    yield "/check (file)", lambda client: client.post("/check", data={"sha256": _DRAW.choice(filled.digests)})
    yield "/check (no record)", lambda client: client.post("/check", data={"sha256": os.urandom(32).hex()})
    yield "/agencies", lambda client: client.get("/agencies")
    yield "/agencies/<code>", lambda client: client.get(f"/agencies/{SEOUL}")
    yield "/log/<code>/", lambda client: client.get(f"/log/{SEOUL}/")
    yield "/p/<ocid>", lambda client: client.get(f"/p/{award}")
    yield "/p/<ocid>/verification", lambda client: client.get(f"/p/{award}/verification")
    yield "/plans", lambda client: client.get("/plans")
    yield "/plans.csv", lambda client: client.get("/plans.csv")


def measured(client: httpx.Client, ask: Callable[[httpx.Client], httpx.Response]) -> tuple[float, float]:
    """The time under which 95 of 100 answers came, and the CPU that one took here on both sides, in milliseconds."""
    ask(client)  # warms up
    times, begun = [], time.process_time()
    for _ in range(ASKED):
        begin = time.perf_counter()
        answer = ask(client)
        times.append(1000 * (time.perf_counter() - begin))
        assert answer.status_code < 500, answer.text
    return quantiles(times, n=20)[-1], 1000 * (time.process_time() - begun) / ASKED


def main() -> int:
    """Fill, ask, print; 1 where a page is too slow."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    count, slow = SMALL if os.environ.get("BENCH") == "small" else WHOLE, 0
    with tempfile.TemporaryDirectory() as folder, running_office(Path(folder)) as office:
        begin = time.monotonic()
        filled = fill(office, count)
        print(f"{count:,} records, filled and final in {time.monotonic() - begin:.0f} s", flush=True)
        with httpx.Client(base_url=office.url, headers={"accept": "text/html"}, timeout=60) as client:
            for name, ask in questions(filled):
                value, cpu = measured(client, ask)
                slow += value > MOST_MS
                over = "" if value <= MOST_MS else "  OVER"
                print(f"{name:<28}p95 {value:8.1f} ms of {MOST_MS:g}, CPU {cpu:6.1f} ms{over}", flush=True)
    print(f"{slow} over; load average {os.getloadavg()[0]:.1f}")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())

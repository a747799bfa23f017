"""Many short lives of one office, each ended by `kill -9` at a random moment under load.

python -m support.lives FOLDER RPC_URL DEPLOYMENT LIVES SEED

Starting Python takes longer than most lives. So this process imports everything once, opens nothing, has one thread,
and forks a child for each life: the child opens the data folder as a service does, checks that everything that was
acknowledged in earlier lives is there, then issues one by one and in bulk, changes statuses and anchors, all at once,
and says in a pipe what was acknowledged, until it is killed. After `SPAN` lives the office closes its books: all must
be anchored once; then another agency in another folder begins. Prints one line of JSON.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from support.bureau import Bureau
from support.issuing import certificate

from ledger.chain.deployment import Deployment, load_deployment
from ledger.errors import ChainError, SillokError
from ledger.keys.keystore import Keystore
from ledger.log.status_rules import StatusChange
from ledger.values import AgencyCode, LogIndex, Role, Status

Answer = TypeVar("Answer")
SPAN = 50
"""Lives of one office: closing the books and beginning anew takes as long as a dozen of them."""
OPENING = 0.25
"""Part of the lives that may end before the office is open."""
MOST_RECORDS = 60
"""A life goes on until some records were acknowledged, up to so many, and then for a moment."""
LONGEST_S = 0.05
PATIENCE_S = 30.0


@dataclass
class Told:
    """What the office acknowledged in all its lives."""

    records: dict[str, int] = field(default_factory=dict)
    """Name of a record → log index."""
    acts: dict[int, int] = field(default_factory=dict)
    """Log index → number of the act that suspended it."""
    anchored: int = 0
    """The largest size that was said to be anchored."""
    open: threading.Event = field(default_factory=threading.Event)
    """Whether the present life has opened the office."""


@dataclass
class City:
    """Where the offices of a run are."""

    folder: Path
    url: str
    deployment: Deployment
    keystore: Keystore

    def open(self, code: str) -> Bureau:
        return patiently(lambda: self._open(code))

    def _open(self, code: str) -> Bureau:
        folder = self.folder / code
        folder.mkdir(exist_ok=True)
        bureau = Bureau.open(
            folder,
            url=self.url,
            deployment=self.deployment,
            council=self.keystore.governor_signers(),
            keystore=self.keystore,
        )
        bureau.code = AgencyCode(code)
        return bureau


@dataclass
class Load:
    """Everything at once, until the process is killed."""

    bureau: Bureau
    life: int
    told: Told
    pipe: int

    def run(self) -> None:
        self.bureau.loop.start()
        for task in (self.singles, self.bulk, self.acts, self.anchors):
            threading.Thread(target=task, daemon=True).start()
        signal.pause()

    def say(self, line: str) -> None:
        os.write(self.pipe, line.encode() + b"\n")

    def singles(self) -> None:
        for number in itertools.count():
            name = f"single-{self.life}-{number}"
            done = self.bureau.issuance.submit(self.bureau.code, certificate(name), name).result()
            self.say(f"record {name} {done.index}")

    def bulk(self) -> None:
        for job in itertools.count():
            lines = ({"kind": "document", "sha256": os.urandom(32).hex()} for _ in range(300))
            for result in self.bureau.issuance.submit_many(self.bureau.code, f"job-{self.life}-{job}", lines):
                assert result.accepted is not None, result
                self.say(f"record job-{self.life}-{job}/{result.line} {result.accepted.index}")

    def acts(self) -> None:
        for index in sorted(set(self.told.records.values()) - self.told.acts.keys()):
            change = StatusChange(after=Status.SUSPENDED, indexes=(LogIndex(index),))
            try:
                act = self.bureau.status.change(
                    self.bureau.code, change, idempotency_key=f"act-{index}", actor="clerk"
                )
            except SillokError:
                time.sleep(0.01)  # not anchored yet
                continue
            self.say(f"act {index} {act.act_no}")

    def anchors(self) -> None:
        while True:
            last = self.bureau.store.chain.last_anchor(self.bureau.log.log_no)
            self.say(f"anchored {last.size if last else 0}")
            time.sleep(0.01)


def patiently(task: Callable[[], Answer]) -> Answer:
    """The chain is killed too, every few seconds: whoever is told so starts again, on a busy machine many times."""
    until = time.monotonic() + 600
    while True:
        try:
            return task()
        except ChainError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def expect_kept(bureau: Bureau, told: Told, *, whole: bool) -> None:
    """Everything that was acknowledged is there, once, at the same index."""
    records = bureau.store.records
    size = records.tree_size(bureau.log.log_no)
    last = bureau.store.chain.last_anchor(bureau.log.log_no)
    assert (last.size if last else 0) >= told.anchored, "anchored was said and taken back"
    assert len(set(told.records.values())) == len(told.records), "two records at one index"
    assert all(index < size for index in told.records.values()), "acknowledged and lost"
    singles = [name for name in told.records if name.startswith("single")]
    again = [(name, bureau.issuance.submit(bureau.code, certificate(name), name)) for name in singles[-20:]]
    for name, future in again:
        found = future.result()
        assert (found.index, found.created) == (told.records[name], False), name
    for index, act_no in list(told.acts.items())[-20:]:
        assert bureau.status.request(bureau.code, act_no).act_no == act_no
        assert bureau.status.status_now(bureau.log.log_no, LogIndex(index)).worse is Status.SUSPENDED
    if whole:
        assert bureau.fsck_errors() == []


def close_books(bureau: Bureau, told: Told) -> None:
    """Everything is anchored, each transaction once."""
    patiently(bureau.settle)
    expect_kept(bureau, told, whole=True)
    anchors = bureau.store.chain.anchors(bureau.log.log_no)
    sizes = [event.size for event in anchors]
    assert sizes == sorted(set(sizes)), sizes
    assert (sizes or [0])[-1] == bureau.store.records.tree_size(bureau.log.log_no)
    signer = bureau.keystore.chain_signer(bureau.code, Role.ANCHOR)
    used = patiently(lambda: bureau.chain.next_nonce(signer.address))
    assert used == len(anchors), "a transaction that anchored nothing"
    for index, act_no in told.acts.items():
        assert bureau.status.request(bureau.code, act_no).state == "final"
        assert len(bureau.status.history(bureau.log.log_no, LogIndex(index))) == 1, "an act was done twice"


def in_child(task: Callable[[int], None]) -> tuple[int, int]:
    """Fork; the child runs the task with a pipe's writing end. Answers (process, reading end)."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            task(writing)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    os.close(writing)
    return child, reading


def run_whole(task: Callable[[], None]) -> None:
    """Run a task in a child to its end; it must succeed."""
    child, reading = in_child(lambda pipe: task())
    os.close(reading)
    _, status = os.waitpid(child, 0)
    assert status == 0, "see the child's words above"


def take_down(reading: int, told: Told) -> None:
    """Everything that was said before the kill."""
    with os.fdopen(reading, "rb") as pipe:
        for line in pipe:
            words = line.decode().split()
            if not line.endswith(b"\n"):
                break
            if words[0] == "open":
                told.open.set()
            elif words[0] == "record":
                told.records[words[1]] = int(words[2])
            elif words[0] == "act":
                told.acts[int(words[1])] = int(words[2])
            else:
                told.anchored = max(told.anchored, int(words[1]))


def live(city: City, code: str, life: int, told: Told, rng: random.Random) -> None:
    """One life: killed while it opens, or under load."""
    told.open.clear()

    def task(pipe: int) -> None:
        bureau = city.open(code)
        expect_kept(bureau, told, whole=life % 5 == 0)
        os.write(pipe, b"open\n")
        Load(bureau, life, told, pipe).run()

    child, reading = in_child(task)
    reader = threading.Thread(target=take_down, args=(reading, told))
    reader.start()
    if rng.random() < OPENING:
        time.sleep(rng.uniform(0.0, LONGEST_S * 10))
    else:
        wanted, until = len(told.records) + rng.randrange(MOST_RECORDS), time.monotonic() + PATIENCE_S
        while (
            reader.is_alive()
            and time.monotonic() < until
            and not (told.open.is_set() and len(told.records) >= wanted)
        ):
            time.sleep(0.002)
        time.sleep(rng.uniform(0.0, LONGEST_S))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    reader.join()
    assert os.WIFSIGNALED(status), "the life ended by itself: see its words above"


def main() -> None:
    folder, url, deployment, lives, seed = Path(sys.argv[1]), *sys.argv[2:4], int(sys.argv[4]), int(sys.argv[5])
    rng = random.Random(seed)
    keystore = Keystore.open(folder / "keystore.json", "pass")
    city = City(folder, url, load_deployment(Path(deployment)), keystore)
    counts = {"kills": 0, "records": 0, "acts": 0, "anchored": 0}
    for first in range(0, lives, SPAN):
        code, told = f"{6_110_000 + first}", Told()

        def begin(code: str = code) -> None:
            bureau = city.open(code)
            patiently(lambda: bureau.register(code))

        run_whole(begin)
        # The keys of the new agency were drawn in the child.
        city.keystore = Keystore.open(folder / "keystore.json", "pass")
        for life in range(first, min(first + SPAN, lives)):
            live(city, code, life, told, rng)
            counts["kills"] += 1
        run_whole(lambda code=code, told=told: close_books(city.open(code), told))  # type: ignore[misc]
        counts["records"] += len(told.records)
        counts["acts"] += len(told.acts)
        counts["anchored"] += told.anchored
        print(f"survived so far: {counts}", file=sys.stderr, flush=True)
    print(json.dumps(counts))


if __name__ == "__main__":
    main()

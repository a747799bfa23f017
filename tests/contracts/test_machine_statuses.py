"""Hypothesis drives StatusRegistry and a Python model of its rules side by side; any difference fails."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from support.city import EVERYTHING, ZERO, Act, City, approve, key_of
from support.machine import ContractMachine, run
from support.replayer import Replayer
from support.solidity import FOREVER

from ledger.values import Role, Status

A, S, R, P = Status.ACTIVE, Status.SUSPENDED, Status.REVOKED, Status.SUPERSEDED
OFFICER = b"\x0f" * 32


@dataclass(frozen=True)
class Performed:
    """An act in the model."""

    act: Act
    standing: tuple[bytes, bytes, int, bytes, bytes]
    head: bytes
    names: tuple[str, ...]


class StatusMachine(ContractMachine):
    """Records and batches of one log, three STATUS keys and two officers, any of which may turn out stolen."""

    # 0x05: may resume and revoke records alone, nothing else.
    MASKS: ClassVar = {"status": EVERYTHING, "spare": EVERYTHING, "weak": 0x05, "kim": 0, "lee": 0x44}
    NAMES = st.sampled_from(["status", "spare", "weak"])
    STATUSES = st.sampled_from(Status)
    INDEXES = st.sets(st.sampled_from([0, 1, 2, 127, 128, 299, 300]), min_size=1, max_size=3)

    def __init__(self, city: City) -> None:
        super().__init__(city)
        self.log = city.new_log(records=300)
        agency = self.agency = self.log.agency
        for name in ("spare", "weak"):
            agency.add_key(name, Role.STATUS, alone=self.MASKS[name])
        for name in ("kim", "lee"):
            agency.add_key(name, Role.OFFICER, alone=self.MASKS[name])
        self.lanes: dict[tuple[bool, int], Status] = {}
        self.chains: dict[str, list[Performed]] = {name: [] for name in self.MASKS}
        self.undone: set[bytes] = set()
        self.since: dict[str, int] = {}
        self.nonces = itertools.count()
        self.now = city.chain.now()

    def key(self, name: str) -> bytes:
        return key_of(self.agency.signer(name))

    def stolen(self, name: str, when: int) -> bool:
        return name in self.since and self.since[name] <= when

    def newest(self, name: str) -> bytes:
        return self.chains[name][-1].head if self.chains[name] else ZERO

    def alone(self, name: str, act: Act) -> bool:
        return bool(self.MASKS[name] >> act.after + (4 if act.batches else 0) & 1)

    def unfit(self, act: Act) -> str | None:
        """What the contract finds wrong with an act, in its order."""
        final = act.before in (R, P) or act.before == act.after
        if final or (act.batches and act.after == P):
            return "TransitionForbidden"
        if act.batches and 0 in act.indexes:
            return "BatchZero"
        if not act.batches and max(act.indexes) >= 300:
            return "IndexNotAnchored"
        if any(self.lanes.get((act.batches, i), A) != act.before for i in act.indexes):
            return "StatusNot"
        if act.after == P and any(s <= i for i, s in zip(sorted(act.indexes), act.successors, strict=True)):
            return "SuccessorNotLater"
        return None

    def make(self, indexes: set[int], batches: bool, before: Status, after: Status) -> Act:
        successors = tuple(299 for _ in indexes) if after == P and not batches else ()
        return self.log.act(sorted(indexes), batches=batches, before=before, after=after, successors=successors)

    def perform(self, act: Act, names: tuple[str, ...], head: bytes) -> None:
        keys = [self.key(name) for name in names] + [ZERO] * (2 - len(names))
        previous = [self.newest(name) for name in names] + [ZERO] * (2 - len(names))
        done = Performed(act, (keys[0], keys[1], self.now, previous[0], previous[1]), head, names)
        for name in names:
            self.chains[name].append(done)
        self.lanes |= {(act.batches, i): act.after for i in act.indexes}

    def attempt(self, by: str, act: Act) -> None:
        now = self.tick()
        error = "KeyNotUsable" if self.stolen(by, now) else None
        error = error or (None if self.alone(by, act) else "NotAlone") or self.unfit(act)
        if receipt := self.expect(error, lambda: self.log.change(act, by=self.agency.signer(by))):
            self.perform(act, (by,), receipt.event("StatusChanged")["head"])

    @rule(by=NAMES, indexes=INDEXES, batches=st.booleans(), before=STATUSES, after=STATUSES)
    def change(self, by: str, indexes: set[int], batches: bool, before: Status, after: Status) -> None:
        self.attempt(by, self.make(indexes, batches, before, after))

    @rule(by=NAMES, data=st.data())
    def change_what_is(self, by: str, data: st.DataObject) -> None:
        """An act that fits the state as it is, so that many acts are taken."""
        batches = data.draw(st.booleans())
        index = data.draw(st.sampled_from([1, 2, 127, 128]))
        before = self.lanes.get((batches, index), A)
        after = data.draw(st.sampled_from([S, R] if before == A else [A, R, P]))
        self.attempt(by, self.make({index}, batches, before, after))

    @rule(names=st.sampled_from([("kim",), ("lee",), ("kim", "lee"), ("lee", "kim"), ("kim", "kim")]), index=INDEXES)
    def sign(self, names: tuple[str, ...], index: set[int]) -> None:
        now, nonce = self.tick(), next(self.nonces)
        act = self.make(index, False, self.lanes.get((False, min(index)), A), R)
        approvals = approve(self.city, act, nonce, FOREVER, *[self.agency.signer(name) for name in names])
        error = "KeyNotUsable" if any(self.stolen(name, now) for name in names) else None
        if not error and len(names) == 1 and not self.alone(names[0], act):
            error = "NotAlone"
        if not error and names == ("kim", "kim"):
            error = "SameOfficer"
        error = error or self.unfit(act)
        given = (act.tuple, nonce, FOREVER, approvals)
        if receipt := self.expect(error, lambda: self.city.call(self.city.deployer, "changeSigned", *given)):
            self.perform(act, names, receipt.event("StatusChanged")["head"])

    @rule(name=st.sampled_from(["status", "weak", "kim", "lee"]), past=st.integers(1, 15))
    def declare(self, name: str, past: int) -> None:
        since = self.tick() - past
        error = "SinceNotEarlier" if name in self.since and since >= self.since[name] else None
        if self.expect(error, lambda: self.city.govern("declareCompromisedSince", self.key(name), since)):
            self.since[name] = since

    @precondition(lambda self: any(self.chains.values()))
    @rule(by=NAMES, data=st.data())
    def undo(self, by: str, data: st.DataObject) -> None:
        acts = {done.head: done for chain in self.chains.values() for done in chain[-2:]}
        done = acts[data.draw(st.sampled_from(sorted(acts)))]
        now = self.tick()
        error = "KeyNotUsable" if self.stolen(by, now) else None
        newest = [name for name in done.names if self.newest(name) == done.head]
        if not error and not newest:
            error = "ActNotLast"
        if not error and not any(self.stolen(name, done.standing[2]) for name in done.names):
            error = "ActStands"
        given = (done.act.tuple, done.standing, Act(ZERO).tuple)
        if self.expect(error, lambda: self.city.call(self.agency.signer(by), "voidAct", *given)):
            for name in newest:
                self.chains[name].pop()
            if done.head not in self.undone and done.act.after in (R, P):
                self.lanes |= {(done.act.batches, i): done.act.before for i in done.act.indexes}
            self.undone.add(done.head)

    def teardown(self) -> None:
        """The contract holds the model's lanes and chains."""
        for batches, word in itertools.product((False, True), (0, 1, 2)):
            value = sum(s << 2 * (i % 128) for (b, i), s in self.lanes.items() if b == batches and i // 128 == word)
            assert self.city.view("wordOf", self.log.log_id, batches, word) == value
        for name in self.MASKS:
            assert self.city.view("actsOf", self.key(name)) == self.newest(name)


def test_status_registry_is_its_model_and_its_events_rebuild_it(city: City) -> None:
    run(StatusMachine, city)
    replayer = Replayer()
    replayer.replay(city.chain.all_events(*city.registries))
    replayer.compare(city)

"""Hypothesis drives AgencyRegistry and a Python model of its rules side by side; any difference fails."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from support.city import ZERO, City, key_of
from support.machine import ContractMachine, run

from ledger.values import Role

OFFICER = b"\x0f" * 32


@dataclass
class Key:
    role: int
    alone: int
    not_before: int
    not_after: int
    since: int = 0

    def usable(self, role: int, now: int) -> bool:
        in_window = self.not_before <= now and (not self.not_after or now < self.not_after)
        return self.role == role and in_window and not (self.since and self.since <= now)


class AgencyMachine(ContractMachine):
    """Keys of one agency."""

    NAMES = st.sampled_from(["one", "two", "three"])
    OFFSETS = st.one_of(st.just(None), st.integers(-50, 120))

    def __init__(self, city: City) -> None:
        super().__init__(city)
        self.agency = city.new_agency()
        self.now = city.chain.now()
        self.keys: dict[str, Key] = {}

    def key_id(self, name: str) -> bytes:
        return key_of(self.agency.signer(name))

    @rule(seconds=st.integers(1, 60))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @rule(name=NAMES, role=st.sampled_from(Role), start=st.integers(-50, 60), end=OFFSETS, alone=st.integers(0, 3))
    def add(self, name: str, role: Role, start: int, end: int | None, alone: int) -> None:
        now = self.tick()
        personal = role in (Role.STATUS, Role.OFFICER)
        not_before, not_after = max(now + start, now), 0 if end is None else now + end
        error = None
        if name in self.keys:
            error = "KeyExists"
        elif alone and not personal:
            error = "AloneMismatch"
        elif not_after and (not_after <= not_before or not_after < now):
            error = "KeyWindowInvalid"
        given = (
            self.agency.code,
            self.key_id(name),
            role,
            alone,
            OFFICER if personal else ZERO,
            now + start,
            not_after,
        )
        if self.expect(error, lambda: self.city.govern("addKey", *given)):
            self.keys[name] = Key(role, alone, not_before, not_after)

    def ended(self, name: str, now: int) -> str | None:
        if name not in self.keys:
            return "KeyUnknown"
        end = self.keys[name].not_after
        return "KeyEnded" if end and end <= now else None

    @rule(name=NAMES, end=OFFSETS)
    def move(self, name: str, end: int | None) -> None:
        now = self.tick()
        not_after = 0 if end is None else now + end
        error = self.ended(name, now)
        if not error and not_after and (not_after <= self.keys[name].not_before or not_after < now):
            error = "KeyWindowInvalid"
        if self.expect(error, lambda: self.city.govern("moveNotAfter", self.key_id(name), not_after)):
            self.keys[name].not_after = not_after

    @rule(name=NAMES, mine=st.booleans())
    def disable(self, name: str, mine: bool) -> None:
        now = self.tick()
        signer = self.agency.signer(name)
        error = self.ended(name, now)
        mine_call = lambda: self.city.call(signer, "disableMyKey")  # noqa: E731
        call = mine_call if mine else lambda: self.city.govern("disableKey", self.key_id(name))
        if self.expect(error, call):
            self.keys[name].not_after = now

    @rule(name=NAMES, past=st.one_of(st.none(), st.integers(-20, 80)))
    def declare(self, name: str, past: int | None) -> None:
        now = self.tick()
        since = now if past is None else now - past
        error = None
        if name not in self.keys:
            error = "KeyUnknown"
        elif past is not None and since >= now:
            error = "SinceNotPast"
        elif self.keys[name].since and since >= self.keys[name].since:
            error = "SinceNotEarlier"
        call = ("declareCompromised", self.key_id(name)) if past is None else (
            "declareCompromisedSince", self.key_id(name), since
        )  # fmt: skip
        if self.expect(error, lambda: self.city.govern(*call)):
            self.keys[name].since = since

    @rule(name=NAMES, role=st.sampled_from(Role))
    def use(self, name: str, role: Role) -> None:
        now = self.tick()
        usable = name in self.keys and self.keys[name].usable(role, now)
        given = (self.key_id(name), self.agency.code, role)
        self.expect(
            None if usable else "KeyNotUsable", lambda: self.city.call(self.city.deployer, "requireKey", *given)
        )

    @invariant()
    def the_contract_holds_the_models_keys(self) -> None:
        for name, key in self.keys.items():
            held = (self.agency.code, key.role, key.alone, key.not_before, key.not_after, key.since)
            assert self.city.view("keyOf", self.key_id(name))[0] == held


def test_agency_registry_is_its_model(city: City) -> None:
    run(AgencyMachine, city)

"""Hypothesis drives Governor and Council and a Python model of its rules side by side; any difference fails."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule
from support.city import City
from support.machine import ContractMachine, run
from support.solidity import Receipt

TWO_DAYS = 172_800
WEEK = 7 * 86_400


class GovernorMachine(ContractMachine):
    """A council of two of three with two days' delay, a guardian, strangers."""

    SIGNERS = st.sets(st.integers(0, 2), min_size=1)
    CODES = (b"3000001", b"3000002")
    OPERATIONS = st.sampled_from(["register 0", "register 1", "grant heir", "grant in haste", "revoke heir", "leave"])

    def __init__(self, city: City) -> None:
        super().__init__(City(city.chain, delay=TWO_DAYS, members=3, needed=2, guardian="guardian"))
        self.heir = city.chain.account("heir").address
        self.due: dict[str, int] = {}
        self.registered: set[str] = set()
        self.admins = {"council"}
        self.now = city.chain.now()

    def operation(self, name: str) -> tuple[bytes, bytes]:
        """Target and call data."""
        city = self.city
        if name.startswith("register"):
            data = city.agencies.interface.call_data("registerAgency", self.CODES[int(name[-1])])
            return city.agencies.address, data
        values = {
            "grant heir": ("grantRole", 0, self.heir, TWO_DAYS),
            "grant in haste": ("grantRole", 0, self.heir, TWO_DAYS - 1),
            "revoke heir": ("revokeRole", 0, self.heir),
            "leave": ("revokeRole", 0, city.council.address),
        }[name]
        return city.governor.address, city.governor.interface.call_data(*values)

    def act(self, signers: set[int], target: bytes, data: bytes) -> Receipt:
        return self.city.council_act(target, data, [self.city.council_members[i] for i in sorted(signers)])

    def permitted(self, name: str) -> bool:
        return name.startswith("register") or "council" in self.admins

    @rule(hours=st.sampled_from([1, 24, 48, 24 * 8]))
    def wait(self, hours: int) -> None:
        self.now += hours * 3600

    @rule(name=OPERATIONS, signers=SIGNERS)
    def schedule(self, name: str, signers: set[int]) -> None:
        now = self.tick()
        error = None if len(signers) > 1 else "SignaturesInvalid"
        if not error and not self.permitted(name):
            error = "AccessManagerUnauthorizedCall"
        if not error and name in self.due and now < self.due[name] + WEEK:
            error = "AccessManagerAlreadyScheduled"
        data = self.city.governor.interface.call_data("schedule", *self.operation(name), 0)
        if self.expect(error, lambda: self.act(signers, self.city.governor.address, data)):
            self.due[name] = now + TWO_DAYS

    @rule(name=OPERATIONS, who=st.sampled_from(["guardian", "stranger", "heir"]))
    def cancel(self, name: str, who: str) -> None:
        self.tick()
        error = "AccessManagerNotScheduled" if name not in self.due else None
        if not error and who != "guardian" and who not in self.admins:
            error = "AccessManagerUnauthorizedCancel"
        given = (self.city.council.address, *self.operation(name))
        signer = self.city.chain.account(who)
        if self.expect(error, lambda: self.city.chain.send(signer, self.city.governor, "cancel", *given)):
            del self.due[name]

    def waits(self, name: str, now: int) -> str | None:
        if not self.permitted(name):
            return "AccessManagerUnauthorizedAccount"
        if name not in self.due:
            return "AccessManagerNotScheduled"
        if now < self.due[name]:
            return "AccessManagerNotReady"
        return "AccessManagerExpired" if now >= self.due[name] + WEEK else None

    def refused(self, name: str) -> str | None:
        """What the operation itself finds wrong, once its time has come."""
        if name in self.registered:
            return "AgencyExists"
        if name == "grant in haste":
            return "DelayTooShort"
        left = self.admins - {"council" if name == "leave" else "heir"}
        return "LastAdmin" if name in ("leave", "revoke heir") and not left else None

    @rule(name=OPERATIONS, signers=SIGNERS)
    def do(self, name: str, signers: set[int]) -> None:
        now = self.tick()
        error = None if len(signers) > 1 else "SignaturesInvalid"
        error = error or self.waits(name, now) or self.refused(name)
        if self.expect(error, lambda: self.act(signers, *self.operation(name))):
            del self.due[name]
            if name.startswith("register"):
                self.registered.add(name)
            elif name == "grant heir":
                self.admins.add("heir")
            else:
                self.admins.discard("council" if name == "leave" else "heir")

    def teardown(self) -> None:
        """The contract knows the model's administrators, of which there is always one."""
        places = {"council": self.city.council.address, "heir": self.heir}
        held = {
            who for who, where in places.items() if self.city.chain.view(self.city.governor, "hasRole", 0, where)[0]
        }
        assert held == self.admins != set()


def test_governor_and_council_are_their_model(city: City) -> None:
    run(GovernorMachine, city)

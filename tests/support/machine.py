"""What the state machines of the contracts share: each call is made on the chain and in a Python model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from support.city import City
from support.solidity import Receipt, RevertedError

# Derandomised: the same steps on both engines and on every machine; a change of seed is a change of code.
SETTINGS = settings(
    max_examples=10,
    stateful_step_count=22,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


class ContractMachine(RuleBasedStateMachine):
    """A machine whose every transaction has a block time of its own, so that the model knows it exactly."""

    def __init__(self, city: City) -> None:
        super().__init__()
        self.city = city
        self.now = city.chain.now()

    def tick(self, seconds: int = 1) -> int:
        """The next transaction happens then."""
        self.now += seconds
        self.city.chain.at(self.now)
        return self.now

    def expect(self, error: str | None, call: Callable[[], Receipt]) -> Receipt | None:
        """The call succeeds where the model says None, else reverts with that error."""
        found, receipt = None, None
        try:
            receipt = call()
        except RevertedError as caught:
            found = caught
        assert (found and found.name) == error, f"{found or 'passed'} where the model says {error}"
        assert receipt is None or receipt.time == self.now
        return receipt


def run(machine: Callable[[City], ContractMachine], city: City) -> None:
    """Run a machine. On the embedded chain, which takes five times as long for a step, three examples of ten.

    What a contract does is decided by its bytes, which both engines execute; the mutants are killed by anvil's tests
    alone, and forge's campaigns make thousands of calls more. The embedded chain is here to be seen to agree.
    """

    def make() -> Any:
        return machine(city)

    some = settings(SETTINGS, max_examples=3) if city.chain.running.kind == "embedded" else SETTINGS
    run_state_machine_as_test(make, settings=some)

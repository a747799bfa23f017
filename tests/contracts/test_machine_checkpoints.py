"""Hypothesis drives CheckpointRegistry and a Python model of its rules side by side; any difference fails."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from support.city import NONE, City, LogOnChain, key_of
from support.machine import ContractMachine, run
from support.uniform_tree import UniformTree

from ledger.values import Role


@dataclass
class Held:
    """A log in the model: its heads, oldest first; those of predecessors before its own."""

    log: LogOnChain
    heads: list[tuple[int, tuple[bytes, int, int, bytes], UniformTree]] = field(default_factory=list)
    state: str = "open"

    @property
    def size(self) -> int:
        return self.heads[-1][0] if self.heads else 0


class CheckpointMachine(ContractMachine):
    """One lineage of logs, an honest and a stolen ANCHOR key, a true and a forged history."""

    KEYS = st.sampled_from(["anchor", "thief", "status"])

    def __init__(self, city: City) -> None:
        super().__init__(city)
        self.agency = city.new_agency()
        self.agency.add_key("thief", Role.ANCHOR)
        self.held = Held(city.new_log(self.agency))
        self.since: dict[bytes, int] = {}
        self.trees = {False: UniformTree(), True: UniformTree(b"forged")}
        self.now = city.chain.now()
        self.start = self.now

    def void(self, head: tuple[bytes, int, int, bytes]) -> bool:
        return head[3] in self.since and self.since[head[3]] <= head[2]

    @rule(by=KEYS, growth=st.integers(-1, 300), forged=st.booleans(), stale=st.integers(0, 1))
    def anchor(self, by: str, growth: int, forged: bool, stale: int) -> None:
        now, held, tree = self.tick(), self.held, self.trees[forged]
        key, size = key_of(self.agency.signer(by)), max(held.size + growth, 0)
        proof_from = max(held.size - stale, 0)
        head = held.heads[-1][1] if held.heads else NONE
        error = None
        if held.state != "open":
            error = "LogNotIn"
        elif by == "status" or (key in self.since and self.since[key] <= now):
            error = "KeyNotUsable"
        elif size <= held.size:
            error = "SizeNotGrown"
        elif proof_from != held.size:
            error = "ProofStale"
        elif held.heads and held.heads[-1][2] is not tree:
            error = "ConsistencyMismatch"
        proof = tree.consistency(held.size, size) if 0 < held.size < size else []
        given = (held.log.log_id, proof_from, head, size, tree.root(size), proof)
        if self.expect(error, lambda: self.city.call(self.agency.signer(by), "anchor", *given)):
            held.heads.append((size, (tree.root(size), held.size, now, key), tree))

    @rule(who=st.sampled_from(["anchor", "thief"]), past=st.integers(1, 12))
    def declare(self, who: str, past: int) -> None:
        now, key = self.tick(), key_of(self.agency.signer(who))
        since = now - past
        error = "SinceNotEarlier" if key in self.since and since >= self.since[key] else None
        if self.expect(error, lambda: self.city.govern("declareCompromisedSince", key, since)):
            self.since[key] = since

    @rule()
    def close(self) -> None:
        self.tick()
        error = None if self.held.state == "open" else "LogNotIn"
        if self.expect(error, lambda: self.city.govern("closeLog", self.held.log.log_id)):
            self.held.state = "closed"

    @rule(count=st.integers(1, 3))
    def cut(self, count: int) -> None:
        self.tick()
        held = self.held
        heads = [head for _, head, _ in reversed(held.heads)][:count]
        error = "LogNotIn" if held.state != "closed" else None
        if not error and not all(self.void(head) for head in heads):
            error = "AnchorNotVoid"
        if self.expect(error, lambda: self.city.call(self.city.deployer, "voidHeads", held.log.log_id, heads)):
            del held.heads[len(held.heads) - len(heads) :]

    @rule()
    def succeed(self) -> None:
        self.tick()
        held = self.held
        head = held.heads[-1][1] if held.heads else NONE
        error = "LogNotIn" if held.state != "closed" else "AnchorIsVoid" if self.void(head) else None
        found: list[LogOnChain] = []

        def call() -> Any:
            found.append(held.log)
            return self.city.govern("openSuccessor", held.log.name, held.log.log_id, head)

        if receipt := self.expect(error, call):
            log = LogOnChain(self.agency, receipt.event("LogOpened")["logId"], held.log.name)
            self.held = Held(log, list(held.heads))

    @precondition(lambda self: self.held.heads)
    @rule(data=st.data())
    def ask(self, data: st.DataObject) -> None:
        """Any head of the lineage is shown with its inclusion proofs, or is void."""
        size, head, tree = data.draw(st.sampled_from(self.held.heads))
        index = data.draw(st.integers(0, size - 1))
        self.tick()
        given = (self.held.log.log_id, size, head, index, tree.leaf_hash, tree.inclusion(index, size))
        error = "AnchorIsVoid" if self.void(head) else None
        self.expect(error, lambda: self.city.call(self.city.deployer, "verifyInclusion", *given))

    @invariant()
    def the_contract_holds_the_models_head(self) -> None:
        assert self.city.view("logOf", self.held.log.log_id)[4] == self.held.size


def test_checkpoint_registry_is_its_model(city: City) -> None:
    run(CheckpointMachine, city)

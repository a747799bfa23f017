"""One procurement, step by step: what was recorded, when, what changed, and which numbers are missing.

Steps are ordered by `seq`, which the log enforces to rise; dates are claims. What can be claimed about completeness
is decided here and nowhere else (design.md, section 3, "Completeness").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ledger.hashing.canonical import Json
from ledger.records.disclosure import Disclosure, FactValue
from ledger.records.record import Record
from ledger.values import Instant, LogIndex, Origin, Status, TreeSize, Verdict, format_instant

AHEAD_S: Final = 300
"""How far a claimed time may lie after the block time before it is flagged (design.md, section 3, "Time")."""
_PAD: Final = "pad."
_AMOUNT, _CURRENCY = ".amount", ".currency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One record of a process as it was read.

    Attributes:
        origin: its log.
        index: its place there.
        record: the record.
        disclosed: the facts that are shown, in order of their paths.
        accepted_at: when the service took it in, by its own word; None where that is not known.
        anchored_at: block time of the first anchor that covers it; None where it is not anchored, or not known.
        or_earlier: an earlier anchor may cover it, too.
        max_delay_s: the longest time that the log promises from claim to anchor, in seconds.
        status: what the service says of it today; None where nobody was asked.
        verdict: of its evidence, where that was verified; None where it was not.
    """

    origin: Origin
    index: LogIndex
    record: Record
    disclosed: tuple[Disclosure, ...]
    accepted_at: Instant | None
    anchored_at: Instant | None
    or_earlier: bool
    max_delay_s: int
    status: Status | None = None
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A sum of money that a step states; a decimal as text."""

    path: str
    value: str
    currency: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A fact that differs from what the last earlier step with this path said; `before_seq` is that step."""

    path: str
    before: FactValue
    after: FactValue
    before_seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a process, with what changed in it."""

    seq: int
    entry: Entry
    amounts: tuple[Amount, ...]
    changes: tuple[Change, ...]

    @property
    def lags(self) -> bool:
        """Whether the claimed time lies outside of [anchor − maxDelay, anchor + 300 s]."""
        time, claimed = self.entry.anchored_at, self.entry.record.recorded_at
        return time is not None and not time - self.entry.max_delay_s <= claimed <= time + AHEAD_S

    @property
    def withheld(self) -> int:
        """Number of facts that are not shown."""
        return self.entry.record.facts - len(self.entry.disclosed)


class Claim(StrEnum):
    """What can be said about completeness."""

    ALL = "all"
    """Every entry of the logs up to an anchored size was read: these are all steps in them."""
    NO_GAP = "no-gap"
    """No number is missing up to the last step that was found; whether more follow is not known."""
    GAPS = "gaps"
    """Numbers are missing."""
    NOTHING = "nothing"
    """No step was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A log whose every entry below an anchored size was read and hashed to the anchored root."""

    origin: Origin
    size: TreeSize
    anchored_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A process as far as it was read.

    Attributes:
        process_id: the OCID.
        steps: in order of seq; two logs may each have one with the same seq.
        missing: every number between 1 and the last one known that no step has.
        claim: what can be said about completeness.
        readings: the logs that were read whole; empty where none was.
        problems: sentences about what was expected and is not there.
    """

    process_id: str
    steps: tuple[Step, ...]
    missing: tuple[int, ...]
    claim: Claim
    readings: tuple[Reading, ...]
    problems: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The claim in words."""
        last = self.steps[-1].seq if self.steps else 0
        if self.claim is Claim.ALL:
            sizes = ", ".join(f"{reading.origin} up to entry {reading.size}" for reading in self.readings)
            return f"These are all {len(self.steps)} steps in {sizes}; what happened outside the ledger is not known."
        if self.claim is Claim.NO_GAP:
            return f"There is no gap up to step {last}; whether more steps follow is not known."
        if self.claim is Claim.GAPS:
            return f"Missing: {', '.join(f'step {seq}' for seq in self.missing)}."
        return "No step of this process was found."

    def to_json(self) -> dict[str, Json]:
        """The trace as JSON; what is not there is left out."""
        return {
            "process": self.process_id,
            "claim": self.claim.value,
            "sentence": self.sentence,
            "missing": list(self.missing),
            "problems": list(self.problems),
            "readings": [
                {
                    "origin": reading.origin,
                    "size": reading.size,
                    "anchoredAt": format_instant(reading.anchored_at),
                }
                for reading in self.readings
            ],
            "steps": [_step_json(step) for step in self.steps],
        }


def trace(
    process_id: str,
    entries: Sequence[Entry],
    *,
    expected: Sequence[int] = (),
    readings: Sequence[Reading] = (),
    problems: Sequence[str] = (),
) -> Trace:
    """Put the records of one process in order and compare each with those before it.

    Args:
        process_id: the OCID; every entry's record names it.
        entries: in any order.
        expected: numbers that must be there whatever was found: those that an export lists.
        readings: the logs that were read whole up to an anchored size, if all that hold a step were.
        problems: what the reader already found wrong; with any, completeness is not claimed.
    """
    numbered = [(entry.record.process.seq, entry) for entry in entries if entry.record.process is not None]
    numbered.sort(key=lambda pair: (pair[0], pair[1].origin, pair[1].index))
    last_seen: dict[str, tuple[int, FactValue]] = {}
    steps: list[Step] = []
    for seq, entry in numbered:
        changes: list[Change] = []
        for fact in entry.disclosed:
            if fact.path in last_seen and last_seen[fact.path][1] != fact.value:
                before_seq, before = last_seen[fact.path]
                changes.append(Change(path=fact.path, before=before, after=fact.value, before_seq=before_seq))
        last_seen.update({fact.path: (seq, fact.value) for fact in entry.disclosed if not fact.path.startswith(_PAD)})
        steps.append(Step(seq=seq, entry=entry, amounts=_amounts(entry.disclosed), changes=tuple(changes)))
    found = {step.seq for step in steps}
    last = max([*found, *expected], default=0)
    missing = tuple(seq for seq in range(1, last + 1) if seq not in found)
    return Trace(
        process_id=process_id,
        steps=tuple(steps),
        missing=missing,
        claim=_claim(bool(steps), bool(missing), bool(readings) and not problems),
        readings=tuple(readings),
        problems=tuple(problems),
    )


def _claim(found: bool, gaps: bool, whole: bool) -> Claim:
    if gaps:
        return Claim.GAPS
    if not found:
        return Claim.NOTHING
    return Claim.ALL if whole else Claim.NO_GAP


def _amounts(disclosed: Sequence[Disclosure]) -> tuple[Amount, ...]:
    facts = {fact.path: fact.value for fact in disclosed}
    found: list[Amount] = []
    for path, value in facts.items():
        if path.endswith(_AMOUNT) and not isinstance(value, bool):
            currency = facts.get(path.removesuffix(_AMOUNT) + _CURRENCY)
            found.append(
                Amount(path=path, value=str(value), currency=currency if isinstance(currency, str) else None)
            )
    return tuple(found)


def _step_json(step: Step) -> dict[str, Json]:
    entry = step.entry
    row: dict[str, Json] = {
        "seq": step.seq,
        "origin": entry.origin,
        "index": entry.index,
        "kind": entry.record.kind,
        "facts": [{"path": f.path, "value": f.value} for f in entry.disclosed if not f.path.startswith(_PAD)],
        "withheld": step.withheld,
        "amounts": [
            {"path": a.path, "value": a.value} | ({} if a.currency is None else {"currency": a.currency})
            for a in step.amounts
        ],
        "changes": [
            {"path": c.path, "before": c.before, "after": c.after, "beforeSeq": c.before_seq} for c in step.changes
        ],
        "claimedAt": format_instant(entry.record.recorded_at),
        "lags": step.lags,
        "orEarlier": entry.or_earlier,
    }
    optional: dict[str, Json | None] = {
        "recordedAt": None if entry.accepted_at is None else format_instant(entry.accepted_at),
        "anchoredAt": None if entry.anchored_at is None else format_instant(entry.anchored_at),
        "status": None if entry.status is None else entry.status.name.lower(),
        "verdict": None if entry.verdict is None else entry.verdict.value,
        "supersedes": entry.record.supersedes,
    }
    row.update({name: value for name, value in optional.items() if value is not None})
    return row

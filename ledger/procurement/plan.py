"""The published plan: what each process says of itself, what of it a reader asks for, and what that adds up to.

A plan may also state sums of a whole field or owner (`plan.projects` says of how many projects). Those are `GROUP`
entries: they are never added to the projects that they already contain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from ledger.records.disclosure import FactValue
from ledger.values import AgencyCode, Instant, LogIndex, Origin

NOT_ITEMISED: Final = "not-itemised"
"""Field of the entry for the share of a headline figure that nobody itemised."""


class Sort(StrEnum):
    """What an entry of the plan is."""

    PROJECT = "project"
    FIELD = "field"
    """The sum that an agency states for a field."""
    OWNER = "owner"
    """The sum that an agency states for a part of the city."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEntry:
    """One process of the plan, by what was recorded of it last.

    Attributes:
        process_id: the OCID.
        agency: whose log holds its plan.
        origin: that log.
        index: place of the newest plan record there.
        steps: records of the process so far.
        recorded_at: when the office says that it recorded the plan.
        changed_at: when it says that it recorded the newest step.
        facts: path → value, the newest of each path over all steps; only what is public.
    """

    process_id: str
    agency: AgencyCode
    origin: Origin
    index: LogIndex
    steps: int
    recorded_at: Instant
    changed_at: Instant
    facts: Mapping[str, FactValue]

    def text(self, path: str) -> str | None:
        """A fact as text; None where it is not there or empty."""
        value = self.facts.get(path)
        return None if value is None or value == "" else str(value)

    def title(self, language: str) -> str:
        """Its title, English where asked for and there; else its OCID."""
        english = self.text("plan.titleEn") if language == "en" else None
        return english or self.text("plan.title") or self.process_id

    @property
    def amount(self) -> Decimal | None:
        """The planned amount in its currency's own unit; None where none is stated, or it is no number."""
        return decimal(self.facts.get("plan.amount"))

    @property
    def sort(self) -> Sort:
        """A project, or a stated sum of many."""
        if "plan.projects" not in self.facts and self.text("plan.field") != NOT_ITEMISED:
            return Sort.PROJECT
        return Sort.FIELD if "plan.field" in self.facts else Sort.OWNER


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a reader asks for; None or empty: everything."""

    year: str | None = None
    field: str | None = None
    agency: str | None = None
    words: str = ""

    def fits(self, entry: PlanEntry) -> bool:
        """Whether an entry is asked for."""
        return (
            self.year in (None, entry.text("plan.year"))
            and self.field in (None, entry.text("plan.field"))
            and self.agency in (None, entry.agency)
            and self._has_words(entry)
        )

    def _has_words(self, entry: PlanEntry) -> bool:
        text = " ".join(str(value) for path, value in entry.facts.items() if not path.startswith("pad.")).casefold()
        return all(word in f"{text} {entry.process_id}".casefold() for word in self.words.casefold().split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """What some entries add up to: `amount` over those that state one, in KRW unless all say otherwise."""

    entries: int
    priced: int
    amount: Decimal


def total(entries: Iterable[PlanEntry]) -> Total:
    """Add up the amounts; an entry without one is counted and adds nothing."""
    found = [entry.amount for entry in entries]
    priced = [amount for amount in found if amount is not None]
    return Total(entries=len(found), priced=len(priced), amount=sum(priced, Decimal(0)))


def of_sort(entries: Iterable[PlanEntry], sort: Sort) -> Sequence[PlanEntry]:
    """Those of one sort."""
    return [entry for entry in entries if entry.sort is sort]


def decimal(value: FactValue | None) -> Decimal | None:
    """A fact as a number; None where it is none. Amounts are decimals as text (docs/spec/kinds.md)."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None

"""What the page of the year's plan shows: stated sums beside the projects that are recorded one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from api.pages.auditor.money import Money, money, percent
from api.pages.auditor.steps import field_names
from api.pages.words import Words
from ledger.procurement.plan import NOT_ITEMISED, PlanEntry, Sort, Total, Wanted, of_sort, total

WON: Final = "KRW"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """A stated sum, and what of it is recorded project by project."""

    name: str
    projects: str
    stated: Money | None
    share: str
    recorded: Money | None
    apart: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTable:
    """All stated sums of one sort, and what they add up to."""

    heading: str
    rows: tuple[GroupRow, ...]
    projects: str
    stated: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRow:
    """One project."""

    href: str
    process_id: str
    title: str
    field: str
    owner: str
    amount: Money | None
    steps: int
    status: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """The plan as far as a reader asked for it."""

    groups: tuple[GroupTable, ...]
    lead: str
    rows: tuple[ProjectRow, ...]
    shown: str
    before: str | None
    after: str | None
    years: Mapping[str, str]
    fields: Mapping[str, str]
    agencies: Mapping[str, str]
    files: tuple[tuple[str, str], ...]
    sources: tuple[str, ...]
    demo: bool


def group_tables(entries: Sequence[PlanEntry], words: Words) -> tuple[GroupTable, ...]:
    """Stated sums by field and by owner; each only where somebody stated one."""
    projects = of_sort(entries, Sort.PROJECT)
    found = []
    for sort in (Sort.FIELD, Sort.OWNER):
        stated = of_sort(entries, sort)
        if not stated:
            continue
        whole = total(stated)
        count = sum(int(text) for entry in stated if (text := entry.text("plan.projects") or "").isdecimal())
        found.append(
            GroupTable(
                heading=words[f"plans_by_{sort.value}"],
                rows=tuple(_group(entry, sort, projects, whole, words) for entry in stated),
                projects=f"{count:,}",
                stated=money(whole.amount, WON, words),
            )
        )
    return tuple(found)


def _group(entry: PlanEntry, sort: Sort, projects: Sequence[PlanEntry], whole: Total, words: Words) -> GroupRow:
    path = f"plan.{sort.value}"
    own = entry.text(path)
    part = total(project for project in projects if own is not None and project.text(path) == own)
    stated = entry.amount
    itemised = own != NOT_ITEMISED and sort is Sort.FIELD
    return GroupRow(
        name=entry.title(words.language) if words.language == "ko" else _english(entry, sort, words),
        projects=entry.text("plan.projects") or "–",
        stated=None if stated is None else money(stated, WON, words),
        share="–" if stated is None else percent(stated, whole.amount) or "–",
        recorded=money(part.amount, WON, words) if itemised else None,
        apart=money(stated - part.amount, WON, words) if itemised and stated is not None else None,
    )


def _english(entry: PlanEntry, sort: Sort, words: Words) -> str:
    if entry.text("plan.titleEn"):
        return entry.title("en")
    own = entry.text(f"plan.{sort.value}") or ""
    return field_names(words, [own])[own] or entry.title("en")


def lead(entries: Sequence[PlanEntry], words: Words) -> str:
    """One sentence: how many projects, how many state an amount, and what these add up to."""
    whole = total(of_sort(entries, Sort.PROJECT))
    return words.say(
        "plans_lead", count=whole.entries, priced=whole.priced, amount=_both(money(whole.amount, WON, words))
    )


def _both(sum_: Money) -> str:
    return sum_.exact if sum_.short is None else f"{sum_.exact} ({sum_.short})"


def project_row(entry: PlanEntry, status: str | None, words: Words) -> ProjectRow:
    """One project as a row."""
    field, amount = entry.text("plan.field"), entry.amount
    return ProjectRow(
        href=f"/p/{entry.process_id}?lang={words.language}",
        process_id=entry.process_id,
        title=entry.title(words.language),
        field=field_names(words, [field])[field] if field else "–",
        owner=entry.text("plan.owner") or "–",
        amount=None if amount is None else money(Decimal(amount), entry.text("plan.currency"), words),
        steps=entry.steps,
        status=status,
    )


def choices(entries: Sequence[PlanEntry], path: str) -> list[str]:
    """Every value that some entry has at a path, in order."""
    return sorted({text for entry in entries if (text := entry.text(path))})


def query_of(wanted: Wanted) -> dict[str, str]:
    """The filters as they stand in an address; empty ones are left out."""
    asked = {"year": wanted.year, "field": wanted.field, "agency": wanted.agency, "q": wanted.words or None}
    return {name: value for name, value in asked.items() if value}

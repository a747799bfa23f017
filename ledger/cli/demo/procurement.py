"""The procurement side of the small Seoul: the published plan of 2020, and a few projects followed to a payment.

The plan's figures are those of the press (`seoul-2020.json` names its source). Everything after a plan (tenders,
awards, changes, payments, suppliers) is invented, and each such record says so in a fact of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final

YEAR: Final = 2020
NOTE: Final = "시연용 (실제 기록 아님)"
PREFIX: Final = "ocds-000000-6110000-2020"
"""An OCID prefix that no publisher has: the demo must not be taken for Seoul's own data."""

Submission = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step after the plan: kind of record and its facts."""

    kind: str
    facts: Mapping[str, str | int]


def _tender(notice: str, amount: str, closes: str) -> Step:
    facts = {"tender.notice": notice, "tender.amount": amount, "tender.currency": "KRW", "tender.closes": closes}
    return Step(kind="procurement/tender", facts=facts)


def _award(supplier: str, amount: str, bids: int) -> Step:
    facts: dict[str, str | int] = {
        "award.supplier": supplier,
        "award.amount": amount,
        "award.currency": "KRW",
        "award.bids": bids,
    }
    return Step(kind="procurement/award", facts=facts)


def _contract(supplier: str, amount: str, ends: str) -> Step:
    money = {"contract.amount": amount, "contract.currency": "KRW"}
    facts: dict[str, str | int] = {"contract.supplier": supplier, **money, "contract.ends": ends}
    return Step(kind="procurement/contract", facts=facts)


def _amendment(amount: str, ends: str, reason: str) -> Step:
    facts = {"contract.amount": amount, "contract.currency": "KRW", "contract.ends": ends, "amendment.reason": reason}
    return Step(kind="procurement/amendment", facts=facts)


def _payment(amount: str, part: str) -> Step:
    return Step(
        kind="procurement/payment",
        facts={"payment.amount": amount, "payment.currency": "KRW", "payment.part": part},
    )


FOLLOWED: Final[Mapping[int, tuple[Step, ...]]] = {
    1: (
        _tender("20200312345-00", "11400000000", "2020-04-10"),
        _award("가상통신 컨소시엄", "10980000000", 4),
        _contract("가상통신 컨소시엄", "10980000000", "2020-12-31"),
        _amendment("11290000000", "2021-02-28", "설치 지점 112곳 추가"),
        _payment("5490000000", "선금"),
        _payment("3200000000", "1차 기성"),
        _payment("2600000000", "준공금"),
    ),
    2: (
        _tender("20200398765-00", "2900000000", "2020-05-08"),
        _award("가상센서 주식회사", "2755000000", 3),
        _contract("가상센서 주식회사", "2755000000", "2020-11-30"),
    ),
    4: (
        _tender("20200411111-00", "480000000", "2020-05-20"),
        _award("가상비전 주식회사", "441600000", 5),
        _contract("가상비전 주식회사", "441600000", "2020-10-31"),
        _amendment("441600000", "2020-12-15", "시험 기간 연장"),
        _payment("441600000", "준공금"),
    ),
    5: (
        _tender("20200422222-00", "190000000", "2020-05-22"),
        _award("가상대화 주식회사", "174800000", 2),
    ),
}
"""Number of the named project → what happened after its plan."""


def figures() -> dict[str, object]:
    """The reported figures, as `seoul-2020.json` has them."""
    text = resources.files("ledger.cli.demo").joinpath("seoul-2020.json").read_text(encoding="utf-8")
    document: dict[str, object] = json.loads(text)
    return document


def process_id(project: int) -> str:
    """OCID of a named project; projects count from 1."""
    return f"{PREFIX}-{project:03d}"


def submissions() -> Iterator[Submission]:
    """Every record in the order in which it would have been published: the whole plan first, then the steps."""
    plan = figures()
    source = str(plan["source"])
    yield from _totals(plan, source)
    projects = plan["named_projects"]
    assert isinstance(projects, list)
    for number, project in enumerate(projects, start=1):
        yield _plan(process_id(number), _project_facts(project), source)
    for number, steps in FOLLOWED.items():
        for seq, step in enumerate(steps, start=2):
            facts = {**step.facts, "demo.note": NOTE}
            yield {"kind": step.kind, "process": {"id": process_id(number), "seq": seq}, "facts": facts}
    yield from _owners(plan, source)


def _totals(plan: dict[str, object], source: str) -> Iterator[Submission]:
    smart_city = plan["smart_city"]
    assert isinstance(smart_city, dict)
    itemised = 0
    for field in smart_city["by_field"]:
        itemised += int(field["amount"])
        facts = {"plan.title": field["ko"], "plan.field": field["field"], "plan.amount": field["amount"]}
        yield _plan(f"{PREFIX}-field-{field['field']}", facts | {"plan.projects": field["count"]}, source)
    # The named fields don't add up to the headline figure: the share that nobody itemised is a record too.
    rest = int(smart_city["amount"]) - itemised
    facts = {"plan.title": "세부 내역이 공개되지 않은 금액", "plan.field": "not-itemised", "plan.amount": str(rest)}
    yield _plan(f"{PREFIX}-field-not-itemised", facts, source)


def _owners(plan: Mapping[str, object], source: str) -> Iterator[Submission]:
    """All IT projects of the year by owner: a wider sum than the smart-city fields.

    They come last, so that the lines of a demo that an earlier version began stay what they were.
    """
    whole = plan["all_it_projects"]
    assert isinstance(whole, dict)
    for number, owner in enumerate(whole["by_owner"], start=1):
        names = {"plan.title": owner["ko"], "plan.titleEn": owner["owner"], "plan.owner": owner["ko"]}
        facts = {**names, "plan.amount": owner["amount"], "plan.projects": owner["count"]}
        yield _plan(f"{PREFIX}-owner-{number}", facts, source)


def _project_facts(project: Mapping[str, object]) -> dict[str, str | int]:
    facts: dict[str, str | int] = {"plan.title": str(project["ko"]), "plan.titleEn": str(project["en"])}
    for name in ("field", "amount", "owner"):
        if name in project:
            facts[f"plan.{name}"] = str(project[name])
    if isinstance(units := project.get("units"), int):
        facts["plan.units"] = units
    return facts


def _plan(ocid: str, facts: Mapping[str, str | int], source: str) -> Submission:
    money = {"plan.currency": "KRW"} if "plan.amount" in facts else {}
    whole = {**facts, **money, "plan.year": YEAR, "plan.source": source}
    return {"kind": "procurement/plan", "process": {"id": ocid, "seq": 1}, "facts": whole}

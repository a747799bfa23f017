"""The money of an award from step to step: what is compared with what, and what was paid so far."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from support.office import T0, Office

from api.pages.auditor.steps import present_award
from api.pages.rendering import WORDS
from ledger.procurement.course import Sum, course
from ledger.procurement.trace import Entry, Trace, trace
from ledger.records.record import ProcessStep
from ledger.values import Instant, LogIndex

OCID = "ocds-213czf-000-00001"


def traced(*steps: tuple[str, dict[str, Any]]) -> Trace:
    office = Office()
    for seq, (kind, facts) in enumerate(steps, start=1):
        office.issue(facts, kind=f"procurement/{kind}", process=ProcessStep(id=OCID, seq=seq))
    entries = [
        Entry(
            origin=office.origin,
            index=LogIndex(one.index),
            record=one.record,
            disclosed=one.disclosures,
            accepted_at=None,
            anchored_at=Instant(T0 + 60),
            or_earlier=False,
            max_delay_s=3600,
        )
        for one in office.issued
    ]
    return trace(OCID, entries)


def won(path: str, amount: str, currency: str = "KRW") -> dict[str, Any]:
    return {f"{path}.amount": amount, f"{path}.currency": currency}


def sums(*steps: tuple[str, dict[str, Any]]) -> tuple[Sum, ...]:
    return course(traced(*steps).steps)


def test_each_sum_is_compared_with_the_last_one_that_was_no_payment() -> None:
    found = sums(
        ("plan", won("plan", "900")),
        ("tender", {"tender.closes": "2026-12-01"}),
        ("contract", won("contract", "700")),
        ("payment", won("payment", "100")),
        ("amendment", won("contract", "770")),
    )
    assert [one.difference for one in found] == [None, None, Decimal(-200), None, Decimal(70)]
    assert [one.before_seq for one in found] == [None, None, 1, None, 3]


def test_payments_add_up_against_the_newest_contract_value() -> None:
    found = sums(
        ("contract", won("contract", "700")),
        ("payment", won("payment", "400")),
        ("amendment", won("contract", "770")),
        ("payment", won("payment", "371")),
    )
    assert [(one.paid, one.contract) for one in found if one.paid is not None] == [(400, 700), (771, 770)]


def test_more_paid_than_agreed_is_said() -> None:
    steps = (("contract", won("contract", "700")), ("payment", won("payment", "701")))
    rows = present_award(traced(*steps), WORDS["ko"]).rows
    assert rows[1].paid == "지급 누계 701원: 계약금액 700원을 넘었습니다(100.1%)."


def test_sums_of_different_currencies_and_words_are_not_compared() -> None:
    found = sums(("plan", won("plan", "900")), ("contract", won("contract", "700", "USD")))
    assert found[1].difference is None
    assert sums(("plan", won("plan", "about a million")))[0].amount is None

"""What the page of an award shows of its trace: one row a step, and one for each number that is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from api.pages.auditor.money import Money, money, percent
from api.pages.results import SHAPES, TONES, Moment, moment
from api.pages.words import Words
from ledger.procurement.course import Sum, course
from ledger.procurement.plan import decimal
from ledger.procurement.trace import Change, Claim, Step, Trace
from ledger.values import Instant, Status, Verdict
from ledger.verification.report import Outcome, Report

_AMOUNT: Final = ".amount"
_CURRENCY: Final = ".currency"
_PAD: Final = "pad."
_PAYMENT: Final = "payment."
_DEMO: Final = "ocds-000000-"
"""A publisher that nobody is: the OCIDs of the demonstration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """A fact that differs from what an earlier step said."""

    name: str
    before: str
    after: str
    difference: str | None
    since: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedStep:
    """What verifying one step's evidence came to."""

    verdict: str
    tone: str
    shape: str
    word: str
    counts: str
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """One step; of a missing number only `seq` and `missing`."""

    seq: int
    missing: bool = False
    kind: str = ""
    amount: Money | None = None
    compared: str | None = None
    paid: str | None = None
    changes: tuple[ChangeRow, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    withheld: str | None = None
    claimed: Moment | None = None
    recorded: Moment | None = None
    anchored: Moment | None = None
    or_earlier: bool = False
    lag: str | None = None
    status: str | None = None
    evidence: str | None = None
    place: str = ""
    checked: CheckedStep | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardView:
    """An award from plan to payment."""

    process_id: str
    title: str
    headline: str
    claim: str
    problems: tuple[str, ...]
    demo: bool
    rows: tuple[StepRow, ...]
    verified: str | None
    verified_tone: str


def present_award(
    trace: Trace, words: Words, *, reports: Sequence[Report | None] | None = None, asked_at: Instant | None = None
) -> AwardView:
    """What the page shows.

    Args:
        trace: the award as far as it was read.
        words: the page's language.
        reports: of each step in the trace's order, where all of them were verified; None for one that could not be.
        asked_at: when they were.
    """
    sums = course(trace.steps)
    checked = [None] * len(trace.steps) if reports is None else [_checked(report, words) for report in reports]
    rows = [
        _row(step, money_of, result, words) for step, money_of, result in zip(trace.steps, sums, checked, strict=True)
    ]
    rows += [StepRow(seq=seq, missing=True) for seq in trace.missing]
    facts = [fact for step in trace.steps for fact in step.entry.disclosed]
    titles = {fact.path: str(fact.value) for fact in facts}
    title = titles.get("plan.titleEn") if words.language == "en" else None
    good = sum(row is not None and row.verdict == Verdict.VALID for row in checked)
    when = "" if asked_at is None else moment(asked_at).people
    return AwardView(
        process_id=trace.process_id,
        title=title or titles.get("plan.title") or trace.process_id,
        headline=_headline(trace, words),
        claim=_claim(trace, words),
        problems=trace.problems,
        demo=is_demo(trace.process_id),
        rows=tuple(sorted(rows, key=lambda row: row.seq)),
        verified=None if asked_at is None else words.say("award_verified", good=good, steps=len(checked), time=when),
        # No paper was compared, so nothing here is green (pages.md).
        verified_tone="none" if good == len(checked) and not trace.missing and not trace.problems else "ask",
    )


def _headline(trace: Trace, words: Words) -> str:
    count = len(trace.steps)
    if trace.missing:
        numbers = ", ".join(map(str, trace.missing))
        return words.say("award_headline_gaps", count=count, missing=len(trace.missing), numbers=numbers)
    return words.say("award_headline", count=count)


def _claim(trace: Trace, words: Words) -> str:
    if trace.claim is Claim.ALL:
        read = ", ".join(
            words.say("award_read", origin=reading.origin, size=reading.size, time=moment(reading.anchored_at).people)
            for reading in trace.readings
        )
        return words.say("award_claim_all", read=read)
    if trace.claim is Claim.NO_GAP:
        return words.say("award_claim_no_gap", last=trace.steps[-1].seq)
    return words["award_claim_gaps"]


def _row(step: Step, stated: Sum, checked: CheckedStep | None, words: Words) -> StepRow:
    entry = step.entry
    currency = stated.currency
    agency = entry.record.agency
    return StepRow(
        seq=step.seq,
        kind=_named(words, f"kind.{entry.record.kind.removeprefix('procurement/')}", entry.record.kind),
        amount=None if stated.amount is None else money(stated.amount, currency, words),
        compared=_compared(stated, words),
        paid=_paid(stated, words),
        # One payment is no change of the payment before it; how they add up is said by `paid`.
        changes=tuple(
            _change(change, currency, words) for change in step.changes if not change.path.startswith(_PAYMENT)
        ),
        facts=tuple(
            (_named(words, f"fact.{fact.path}", fact.path), _value(fact.path, str(fact.value), words))
            for fact in entry.disclosed
            if not fact.path.endswith((_AMOUNT, _CURRENCY)) and not fact.path.startswith(_PAD)
        ),
        withheld=words.say("award_withheld", count=step.withheld) if step.withheld else None,
        claimed=moment(entry.record.recorded_at),
        recorded=None if entry.accepted_at is None else moment(entry.accepted_at),
        anchored=None if entry.anchored_at is None else moment(entry.anchored_at),
        or_earlier=entry.or_earlier,
        lag=words.say("award_lag", minutes=entry.max_delay_s // 60) if step.lags else None,
        status=_status(entry.status, words),
        evidence=f"/v1/agencies/{agency}/records/{entry.index}/evidence?disclose=public",
        place=words.say("award_place", origin=entry.origin, index=entry.index),
        checked=checked,
    )


def _value(path: str, value: str, words: Words) -> str:
    """A fact as people read it: a field has a name in the page's language."""
    return _named(words, f"field.{value}", value) if path == "plan.field" else value


def _compared(stated: Sum, words: Words) -> str | None:
    if stated.difference is None or stated.before is None:
        return None
    if not stated.difference:
        return words.say("award_same", seq=stated.before_seq)
    moved = money(stated.difference, stated.currency, words, signed=True)
    return words.say(
        "award_moved",
        seq=stated.before_seq,
        exact=moved.exact,
        share=percent(stated.difference, stated.before, signed=True) or "–",
    )


def _paid(stated: Sum, words: Words) -> str | None:
    if stated.paid is None:
        return None
    paid = money(stated.paid, stated.currency, words)
    if stated.contract is None:
        return words.say("award_paid", exact=paid.exact)
    key = "award_paid_over" if stated.paid > stated.contract else "award_paid_of"
    contract = money(stated.contract, stated.currency, words)
    share = percent(stated.paid, stated.contract) or "–"
    return words.say(key, exact=paid.exact, contract=contract.exact, share=share)


def _change(change: Change, currency: str | None, words: Words) -> ChangeRow:
    before, after = decimal(change.before), decimal(change.after)
    is_money = change.path.endswith(_AMOUNT) and before is not None and after is not None
    difference: Decimal | None = after - before if is_money and before is not None and after is not None else None
    return ChangeRow(
        name=_named(words, f"fact.{change.path}", change.path),
        before=money(before, currency, words).exact if is_money and before is not None else str(change.before),
        after=money(after, currency, words).exact if is_money and after is not None else str(change.after),
        difference=None if difference is None else money(difference, currency, words, signed=True).exact,
        since=words.say("award_since", seq=change.before_seq),
    )


def _status(status: Status | None, words: Words) -> str | None:
    if status is None or status is Status.ACTIVE:
        return None
    return words[f"verdicts.{status.name.lower()}.word"]


def _checked(report: Report | None, words: Words) -> CheckedStep:
    """Evidence of a public record compares its facts, not a paper: "valid" is said in words of its own."""
    verdict = Verdict.CANNOT_CHECK if report is None else report.verdict
    outcomes = [] if report is None else [check.outcome for check in report.checks]
    good = verdict is Verdict.VALID
    tone = "none" if good else TONES[verdict]
    return CheckedStep(
        verdict=verdict.value,
        tone=tone,
        shape=SHAPES["accept" if good else tone],
        word=words["award_step_valid"] if good else words[f"verdicts.{verdict.value}.word"],
        counts=words.say(
            "award_counts",
            passed=outcomes.count(Outcome.PASSED),
            failed=outcomes.count(Outcome.FAILED),
            not_run=outcomes.count(Outcome.NOT_RUN),
        ),
        reason=words["reason_chain"] if report is None else _failed(report, words),
    )


def _failed(report: Report, words: Words) -> str | None:
    names = [words[f"checks.{check.name}"] for check in report.checks if check.outcome is Outcome.FAILED]
    return ", ".join(names) or None


def _named(words: Words, key: str, otherwise: str) -> str:
    """The words of a key; `otherwise` where the catalogue has none (records may name anything)."""
    return words[key] if key in words.names() else otherwise


def is_demo(ocid: str) -> bool:
    """Whether a process belongs to the demonstration, which every page about it says."""
    return ocid.startswith(_DEMO)


def field_names(words: Words, fields: Sequence[str]) -> Mapping[str, str]:
    """Field → its words; a field that the catalogue lacks stands for itself."""
    return {field: _named(words, f"field.{field}", field) for field in fields}

"""Turns a report into what a person reads: one verdict, its instant, what it does not prove, and every check.

Nothing inside a failed file is shown as fact: `Report.about` holds only what passed, and of an `altered` file not
even that is shown. A number's result is never green: a number checks the record, not the paper.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from api.pages.check_rows import CheckRow, Spoken, check_rows, heading, spoken
from api.pages.moments import KOREA, Moment, moment
from api.pages.sentences import code_of
from api.pages.words import Words
from ledger.hashing.canonical import Json
from ledger.values import Digest32, Instant, Verdict, format_instant
from ledger.verification.examination import unexamined
from ledger.verification.report import Outcome, Report

__all__ = ["KOREA", "Asked", "Moment", "Office", "ResultView", "command", "moment", "present", "unanswered"]

TONES: Final = {
    Verdict.VALID: "accept",
    Verdict.ALTERED: "refuse",
    Verdict.REVOKED: "refuse",
    Verdict.UNKNOWN_ISSUER: "refuse",
    Verdict.SUSPENDED: "ask",
    Verdict.SUPERSEDED: "ask",
    Verdict.EXPIRED: "ask",
    Verdict.NOT_YET_IN_FORCE: "ask",
    Verdict.ERASED: "none",
    Verdict.NOT_ANCHORED_YET: "none",
    Verdict.NOT_FOUND: "none",
    Verdict.CANNOT_CHECK: "none",
}
"""What to do, as a colour with a shape and a word beside it; a number's result is always `none`."""

FRESH_S: Final = 300
"""How old the status under a `valid` may be, in seconds, where no past instant was asked about: without a fresh
status there is no `valid` (pages.md)."""

RECORD_EXISTS: Final = "record-exists"
"""What a page calls the result of a number whose record stands: no verdict, since nothing was compared."""

_SAID_ALREADY: Final = frozenset({"beside.alone", "beside.no-document", "beside.not-truth"})
"""Notes of the report that every result page says in its own words."""

SHAPES: Final = {"accept": "✓", "refuse": "✕", "ask": "!", "none": "i"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the verification was asked: the digest of a file, a number, an instant."""

    document: Digest32 | None = None
    number: str | None = None
    as_of: Instant | None = None

    def to_json(self) -> dict[str, Json]:
        """As the browser's verifier takes it; what was not asked is left out."""
        out: dict[str, Json] = {}
        if self.document is not None:
            out["documentDigest"] = self.document.hex()
        if self.number is not None:
            out["number"] = self.number
        if self.as_of is not None:
            out["asOf"] = format_instant(self.as_of)
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """A form that asks the same about another day."""

    action: str
    method: str
    fields: tuple[tuple[str, str], ...]
    latest: str
    """Today in Korea: no status is of a later day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Who issued it, in the page's language, and where to ask."""

    name: str
    contact: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultView:
    """Everything that the result page shows."""

    verdict: str
    tone: str
    tone_word: str
    shape: str
    word: str
    headline: str
    second: str | None
    compared: str | None
    """What was asked and compared; None where nobody answered."""
    next: str
    instant: Moment | None
    facts: tuple[tuple[str, str], ...]
    honest: bool
    not_proved: tuple[str, ...]
    notes: tuple[Spoken, ...]
    checks_heading: str
    checks: tuple[CheckRow, ...]
    chain: str | None
    command: str
    """The command line that does the same."""
    served: str | None
    """The report as JSON, with what the browser needs to run the checks itself; None where there is no report."""
    again: Again | None
    evidence: str | None
    """Address of the evidence file, where this ledger has one that strangers may see."""
    link: str | None
    """Address of this check; carries nothing but the number."""


def present(
    report: Report, words: Words, *, asked: Asked, office: Office | None, now: Instant, url: str = ""
) -> ResultView:
    """What the result page shows of a report.

    Args:
        report: the answer of the verification.
        words: the page's language.
        asked: what was asked; without a file nothing was compared.
        office: the issuing office, where the report proves which it is.
        now: for "as of now" where the report has no instant (nothing was found), and to tell a stale status.
        url: address of this service, for the command line.
    """
    by_file = asked.document is not None
    about_now = asked.as_of is None and report.as_of is not None
    stale = report.verdict is Verdict.VALID and about_now and now - (report.as_of or 0) > FRESH_S
    verdict = Verdict.CANNOT_CHECK if stale else report.verdict
    reason = words["reason_stale"] if stale else _reason(report, words)
    values = _values(report, office, reason, now)
    tone = TONES[verdict] if by_file else "none"
    exists_only = verdict is Verdict.VALID and not by_file
    return ResultView(
        verdict=RECORD_EXISTS if exists_only else verdict.value,
        tone=tone,
        tone_word=words[f"tone_{tone}"],
        shape=SHAPES[tone],
        word=words["result_number_word"] if exists_only else words[f"verdicts.{verdict.value}.word"],
        headline=words["result_number_heading"]
        if exists_only
        else _headline(verdict, values, words, from_the_start=report.about.from_the_start),
        second=_second(report, verdict, words),
        compared=_compared(report, words, asked),
        next=words["result_number_next"] if exists_only else _next(verdict, words, office),
        instant=moment(report.as_of) if report.as_of is not None else None,
        facts=() if verdict is Verdict.ALTERED else _facts(report, words, office),
        honest=verdict in (Verdict.ALTERED, Verdict.NOT_FOUND) and by_file,
        not_proved=_not_proved(words, by_file=by_file),
        notes=tuple(spoken(note, words) for note in report.notes if code_of(note) not in _SAID_ALREADY),
        checks_heading=heading(report.checks, words),
        checks=check_rows(report.checks, words),
        chain=_chain(report, words),
        command=command(words, asked, url),
        served=_served(report, asked),
        again=_again(asked, words, now),
        evidence=_evidence(report) if verdict is not Verdict.ALTERED else None,
        link=f"/r/{report.about.number}" if report.about.number and verdict is not Verdict.ALTERED else None,
    )


def unanswered(
    words: Words, *, reason: str, known_at: Instant | None = None, asked: Asked | None = None, url: str = ""
) -> ResultView:
    """The page where there is no report at all: chain or service does not answer, so nothing can be told.

    Args:
        words: the page's language.
        reason: key of the reason's words.
        known_at: the last instant of which the record is known to be neither revoked nor suspended, or None.
        asked: what was asked, where the page is already about that.
        url: address of this service, for the command line.
    """
    verdict = Verdict.CANNOT_CHECK
    checks = unexamined("It was not asked for.")
    return ResultView(
        verdict=verdict.value,
        tone="none",
        tone_word=words["tone_none"],
        shape=SHAPES["none"],
        word=words["verdicts.cannot-check.word"],
        headline=words.say("verdicts.cannot-check.sentence", reason=words[reason]),
        second=words.say("no_revocation_then", time=_time(known_at)) if known_at is not None else None,
        compared=None,
        next=words["verdicts.cannot-check.next"],
        instant=None,
        facts=(),
        honest=False,
        not_proved=(),
        notes=(),
        checks_heading=heading(checks, words),
        checks=check_rows(checks, words),
        chain=None,
        command=command(words, asked or Asked(), url),
        served=None,
        again=None,
        evidence=None,
        link=None,
    )


def command(words: Words, asked: Asked, url: str) -> str:
    """The command line that asks the same and computes on the reader's own machine."""
    parts = ["sillok verify"]
    if asked.number is not None and asked.document is None:
        parts.append(f"--number {asked.number}")
    else:
        parts.append(f"{words['command_file']} --evidence sillok-evidence.json")
    parts.append("--trust trust.note")
    if asked.as_of is not None:
        parts.append(f"--as-of {format_instant(asked.as_of)}")
    if url:
        parts.append(f"--url {url}")
    return " ".join(parts)


def _again(asked: Asked, words: Words, now: Instant) -> Again | None:
    """By number or by file; evidence would have to be chosen again."""
    today = moment(now).day
    if asked.document is not None:
        fields = [("sha256", asked.document.hex()), *([("number", asked.number)] if asked.number else [])]
        return Again(action=f"/check?lang={words.language}", method="post", fields=tuple(fields), latest=today)
    if asked.number is not None:
        return Again(action=f"/r/{asked.number}", method="get", fields=(("lang", words.language),), latest=today)
    return None


def _served(report: Report, asked: Asked) -> str:
    return json.dumps({"asked": asked.to_json(), "report": report.to_json()}, ensure_ascii=False)


def _values(report: Report, office: Office | None, reason: str | None, now: Instant) -> dict[str, str | None]:
    """What the sentences can name; None where it is not proved."""
    about = report.about
    issued = about.anchored_at if about.anchored_at is not None else about.recorded_at
    return {
        "agency": office.name if office else None,
        "contact": office.contact if office else None,
        "number": about.number,
        "date": _day(issued),
        "time": _time(report.as_of if report.as_of is not None else now),
        "changed": _time(about.changed_at),
        "until": _day(about.valid_until),
        "from": _day(about.valid_from),
        "due": _time(about.due),
        "reason": reason,
    }


def _headline(verdict: Verdict, values: dict[str, str | None], words: Words, *, from_the_start: bool) -> str:
    """The verdict's sentence; its plain form where something that it would name is not proved."""
    key = f"verdicts.{verdict.value}"
    # Cancelled from the start (취소) and withdrawn from now on (철회) are different words.
    sentence = f"{key}.cancelled" if verdict is Verdict.REVOKED and from_the_start else f"{key}.sentence"
    if any(value is None and f"{{{name}}}" in words[sentence] for name, value in values.items()):
        return words[f"{key}.plain"]
    return words.say(sentence, **values)


def _next(verdict: Verdict, words: Words, office: Office | None) -> str:
    return words.say(f"verdicts.{verdict.value}.next", contact=office.contact if office else words["agency"])


def _second(report: Report, verdict: Verdict, words: Words) -> str | None:
    """Without a fresh status there is no `valid`; what is known of an earlier instant is said in a second line."""
    if verdict is not Verdict.CANNOT_CHECK or report.as_of is None:
        return None
    clean = report.check(14).outcome is Outcome.PASSED and report.about.changed_at is None
    return words.say("no_revocation_then", time=_time(report.as_of)) if clean else None


def _evidence(report: Report) -> str | None:
    """Where the public evidence can be saved; only of what this service looked up itself."""
    about = report.about
    if report.evidence is None or about.agency is None or about.index is None:
        return None
    return f"/v1/agencies/{about.agency}/records/{about.index}/evidence"


def _reason(report: Report, words: Words) -> str | None:
    for check in report.checks:
        if check.demands is Verdict.CANNOT_CHECK:
            return words.say("reason_check", check=words[f"checks.{check.name}"])
    return None


def _facts(report: Report, words: Words, office: Office | None) -> tuple[tuple[str, str], ...]:
    about = report.about
    anchored = _time(about.anchored_at)
    if anchored and about.anchored_or_earlier:
        anchored = words.say("anchored_or_earlier", time=anchored)
    rows = (
        ("agency", office.name if office else about.agency),
        ("number", about.number),
        ("kind", _kind(about.kind, words)),
        ("anchored_at", anchored),
        ("recorded_at", _time(about.recorded_at)),
        ("valid_until", _time(about.valid_until)),
        ("log", about.origin),
        ("index", str(about.index) if about.index is not None else None),
    )
    return tuple((words[name], value) for name, value in rows if value)


def _kind(kind: str | None, words: Words) -> str | None:
    name = f"fragment.kind.{kind}"
    return words[name] if kind is not None and name in words.names() else kind


def _compared(report: Report, words: Words, asked: Asked) -> str:
    """What was asked and compared, in one sentence."""
    looked_up = report.evidence is not None or report.verdict in (Verdict.NOT_FOUND, Verdict.ERASED)
    if not looked_up:
        return words["compared_evidence" if asked.document is None else "compared_evidence_file"]
    if asked.document is None:
        return words["compared_number"]
    return words["compared_file" if asked.number is None else "compared_file_number"]


def _not_proved(words: Words, *, by_file: bool) -> tuple[str, ...]:
    names = ["not_proved_content", "not_proved_person", "not_proved_outside"]
    if not by_file:
        names.insert(0, "not_proved_paper")
    return tuple(words[name] for name in names)


def _chain(report: Report, words: Words) -> str | None:
    chain = report.answers.chain if report.answers else None
    if chain is None:
        return None
    return words.say("chain_value", chain_id=chain.chain_id, genesis=chain.genesis.hex())


def _time(instant: Instant | None) -> str | None:
    return moment(instant).people if instant is not None else None


def _day(instant: Instant | None) -> str | None:
    return moment(instant).day if instant is not None else None

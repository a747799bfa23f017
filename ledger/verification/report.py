"""What a verification answers: nineteen numbered checks, one verdict, and the instant that the verdict is of.

The numbers and names are those of formats.md, section 8.1; they are the same in Python, JavaScript, on the command
line, on pages and in the specification.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from ledger.hashing.canonical import Json
from ledger.plain import dataclass
from ledger.values import AgencyCode, Instant, LogIndex, Origin, Verdict, format_instant
from ledger.verification.answers import Answers
from ledger.verification.answers_json import answers_to_json

CHECK_NAMES: Final[tuple[str, ...]] = (
    "evidence-form",
    "record-form",
    "facts",
    "commitment",
    "proof-form",
    "inclusion",
    "issuer",
    "signatures",
    "witnesses",
    "anchor",
    "fork",
    "era",
    "key-window",
    "status-proof",
    "status",
    "in-force",
    "document",
    "number",
    "other-formats",
)
"""Names of the checks in order; the number of a check is its place here, from 1."""


class Outcome(StrEnum):
    """What became of a check; *not run* is never *passed*."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not-run"


class Source(StrEnum):
    """Whose word a row of the report is."""

    DEVICE = "this-device"
    """Computed here from the evidence alone."""
    TRUST_FILE = "trust-file"
    """Computed here against what the trust file says."""
    OFFICE = "office"
    """The office's own signed word; nobody else vouches for it."""
    CHAIN = "chain"
    """What the chain answered to this program."""
    SERVICE = "service"
    """What the service answered to this program; it was not computed here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One row of the report.

    Attributes:
        number: 1 to 19.
        name: its name in formats.md, section 8.1.
        outcome: passed, failed or not run.
        text: one sentence: what was found, or why it was not run.
        expected: what the evidence claims, or None where there is nothing to compare.
        actual: what was computed or found instead or beside it.
        source: whose word the row is.
        demands: the verdict that this row asks for, or None where it asks for none.
    """

    number: int
    name: str
    outcome: Outcome
    text: str
    expected: str | None
    actual: str | None
    source: Source
    demands: Verdict | None

    def to_json(self) -> dict[str, Json]:
        """The row as JSON; what is not there is left out, never null."""
        row: dict[str, Json] = {
            "number": self.number,
            "name": self.name,
            "outcome": self.outcome.value,
            "text": self.text,
            "source": self.source.value,
        }
        if self.expected is not None:
            row["expected"] = self.expected
        if self.actual is not None:
            row["actual"] = self.actual
        return row


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the evidence is about; filled only from what passed, so that nothing in a failed file is shown as fact.

    Attributes:
        origin: the log, once the inclusion in a signed checkpoint of a known log was proved.
        agency: the issuing office.
        index: the record's place in its log.
        kind: the record's kind.
        recorded_at: the office's claim; decides nothing.
        anchored_at: block time of the anchor, where known exactly; None where it is only known to be earlier than
            the status.
        anchored_or_earlier: the anchor covers the record, but an earlier one may, too.
        valid_from: start of validity, where the record has one.
        valid_until: end of validity, where the record has one.
        number: the disclosed document number.
        changed_at: when the status began that the verdict speaks of.
        from_the_start: a revocation that leaves no earlier instant valid (취소, not 철회).
        due: the latest time by which the record was promised to be anchored.
        withheld: number of facts that the evidence withholds.
    """

    origin: Origin | None = None
    agency: AgencyCode | None = None
    index: LogIndex | None = None
    kind: str | None = None
    recorded_at: Instant | None = None
    anchored_at: Instant | None = None
    anchored_or_earlier: bool = False
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    number: str | None = None
    changed_at: Instant | None = None
    from_the_start: bool = False
    due: Instant | None = None
    withheld: int = 0

    def to_json(self) -> dict[str, Json]:
        """Members that are known; instants as text."""
        out: dict[str, Json] = {}
        for name, value in (
            ("origin", self.origin),
            ("agency", self.agency),
            ("index", self.index),
            ("kind", self.kind),
            ("number", self.number),
        ):
            if value is not None:
                out[name] = value
        for name, moment in (
            ("recordedAt", self.recorded_at),
            ("anchoredAt", self.anchored_at),
            ("validFrom", self.valid_from),
            ("validUntil", self.valid_until),
            ("changedAt", self.changed_at),
            ("due", self.due),
        ):
            if moment is not None:
                out[name] = format_instant(moment)
        if self.anchored_at is not None:
            out["anchoredOrEarlier"] = self.anchored_or_earlier
        if self.from_the_start:
            out["fromTheStart"] = True
        if self.withheld:
            out["withheld"] = self.withheld
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The answer to one verification.

    Attributes:
        verdict: one of twelve.
        as_of: the instant that the verdict is of: the one asked about, else that of the status it rests on; None
            where there is neither.
        checks: all nineteen, in order.
        about: what was verified, as far as it was proved.
        notes: sentences about what the verdict does not prove, or whose word it rests on.
        answers: what chain and service answered while this was verified, so that a client can run the checks itself.
        evidence: the public evidence that a look-up was answered from; None where the caller brought the evidence.
    """

    verdict: Verdict
    as_of: Instant | None
    checks: tuple[Check, ...]
    about: About
    notes: tuple[str, ...] = ()
    answers: Answers | None = None
    evidence: bytes | None = None

    def check(self, number: int) -> Check:
        """The row with this number, 1 to 19."""
        return self.checks[number - 1]

    def to_json(self) -> dict[str, Json]:
        """The report as JSON: what the API serves and `sillok verify --json` prints."""
        out: dict[str, Json] = {"verdict": self.verdict.value}
        if self.as_of is not None:
            out["asOf"] = format_instant(self.as_of)
        out["checks"] = [check.to_json() for check in self.checks]
        out["about"] = self.about.to_json()
        out["notes"] = list(self.notes)
        if self.answers is not None:
            out["answers"] = answers_to_json(self.answers)
        if self.evidence is not None:
            out["evidence"] = self.evidence.decode("utf-8")
        return out

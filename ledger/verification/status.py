"""Checks 14 to 16: what the status rests on, what it was at the instant asked about, and the term of validity.

Two can say the status: the newest status note in the evidence, which knows one instant only, and a service's own
history, which can be asked about any instant up to its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ledger.plain import dataclass
from ledger.records.evidence import Part
from ledger.records.record import Record
from ledger.records.status_note import StatusNote
from ledger.values import SEVERITY, Instant, Status, Verdict, format_instant, worse
from ledger.verification.anchor import Anchored
from ledger.verification.answers import Standing, StatusFacts, standing_at
from ledger.verification.examination import Passed, RefusedError, UnansweredError
from ledger.verification.notes import StatusNotes
from ledger.verification.report import Source

BAD_NEWS: Final = {
    Status.REVOKED: Verdict.REVOKED,
    Status.SUPERSEDED: Verdict.SUPERSEDED,
    Status.SUSPENDED: Verdict.SUSPENDED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What the status rests on: the newest note, a service's history, or both."""

    note: StatusNote | None
    facts: StatusFacts | None

    @property
    def instant(self) -> Instant:
        """The instant that the status is of: the later one."""
        moments = [self.note.block_time] if self.note is not None else []
        moments += [self.facts.at] if self.facts is not None else []
        return max(moments)


def check_status_proof(
    parts: Sequence[Part], notes: StatusNotes, anchored: Anchored | None, facts: StatusFacts | None
) -> Passed[Statement]:
    """14: each status note verifies and is not older than the anchor; or the service answered."""
    if notes.fault is not None:
        raise notes.fault
    for note in notes.verified:
        if anchored is not None and note.genesis == anchored.chain.genesis:
            _not_older(note, anchored)
    if notes.newest is None and facts is None:
        if anchored is None:
            raise UnansweredError("There is no status, and no anchor from which on there could be one.", demands=None)
        why = "This program cannot run the status proofs that are there." if parts else "There is no status."
        raise UnansweredError(why, demands=Verdict.CANNOT_CHECK)
    statement = Statement(note=notes.newest, facts=facts)
    when = format_instant(statement.instant)
    if facts is not None:
        return Passed(value=statement, text=f"The service answered at {when}.", source=Source.SERVICE)
    return Passed(value=statement, text=f"The office signed a status of {when}.", source=Source.OFFICE)


def _not_older(note: StatusNote, anchored: Anchored) -> None:
    early = anchored.record_time is not None and note.block_time < anchored.record_time
    if early or note.block_number < anchored.record_block:
        raise RefusedError(
            "The status is older than the record's anchor.",
            expected=f"block {anchored.record_block} or later",
            actual=f"block {note.block_number}",
            source=Source.OFFICE,
        )


def check_status(statement: Statement, as_of: Instant | None) -> Passed[Standing]:
    """15: the worse of record and batch is `active` at the instant asked about."""
    asked = statement.instant if as_of is None else as_of
    standing, source = _standing(statement, asked)
    when = format_instant(asked)
    if standing.status in BAD_NEWS:
        since = "" if standing.since is None else f" since {format_instant(standing.since)}"
        manner = ", from the start" if standing.retroactive else ""
        raise RefusedError(
            f"At {when} the record is {standing.status.name.lower()}{since}{manner}.",
            demands=BAD_NEWS[standing.status],
            expected=Status.ACTIVE.name.lower(),
            actual=standing.status.name.lower(),
            source=source,
        )
    return Passed(value=standing, text=f"At {when} it was neither revoked, suspended nor superseded.", source=source)


def _standing(statement: Statement, asked: Instant) -> tuple[Standing, Source]:
    note, facts = statement.note, statement.facts
    standings: list[tuple[Standing, Source]] = []
    if facts is not None and asked <= facts.at:
        standings.append((standing_at(facts, asked), Source.SERVICE))
    # Of two answers that are equally new the worse counts; an older note says nothing beside a newer history.
    if note is not None and asked == note.block_time and (facts is None or note.block_time >= facts.at):
        standings.append((_of_note(note), Source.OFFICE))
    if not standings:
        then = _at_its_own(statement).status.name.lower()
        raise UnansweredError(
            f"The status at hand is of {format_instant(statement.instant)} (then: {then}), "
            f"not of {format_instant(asked)}.",
            demands=Verdict.CANNOT_CHECK,
        )
    return max(standings, key=lambda row: SEVERITY[row[0].status])


def _at_its_own(statement: Statement) -> Standing:
    return _standing(statement, statement.instant)[0]


def _of_note(note: StatusNote) -> Standing:
    status = note.status if note.batch_status is None else worse(note.status, note.batch_status)
    return Standing(status=status)


def check_in_force(record: Record, statement: Statement | None, as_of: Instant | None) -> Passed[None]:
    """16: validFrom ≤ t < validUntil at the instant asked about, else that of the status."""
    if as_of is None and statement is None:
        raise UnansweredError("There is no instant to judge the validity at.", demands=None)
    asked = as_of if as_of is not None else statement.instant if statement is not None else Instant(0)
    when = format_instant(asked)
    if record.valid_until is not None and asked >= record.valid_until:
        raise RefusedError(
            f"The record had expired at {when}.",
            demands=Verdict.EXPIRED,
            expected=f"before {format_instant(record.valid_until)}",
            actual=when,
        )
    if record.valid_from is not None and asked < record.valid_from:
        raise RefusedError(
            f"The record was not yet in force at {when}.",
            demands=Verdict.NOT_YET_IN_FORCE,
            expected=f"{format_instant(record.valid_from)} or later",
            actual=when,
        )
    limited = record.valid_from is not None or record.valid_until is not None
    return Passed(value=None, text=f"In force at {when}." if limited else "The record has no term of validity.")

"""From a row of a run to its paper and to what is recorded of it. Pure: the same run gives the same papers again.

Numbers follow from the run's seed and the row's place, and the day of issue is the run's, so that a run which was
interrupted sets byte for byte the papers that it set before, and the ledger answers with the records that are there.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

from ledger.hashing.digests import sha256
from ledger.office.rows import Row
from ledger.office.templates import VALID_UNTIL, Field, FieldKind, Template
from ledger.ports.printing import Certificate
from ledger.ports.runs import Run
from ledger.records.number import number_from_random
from ledger.values import Instant, format_instant

KOREA: Final = timezone(timedelta(hours=9))
_NUMBERS: Final = 10**15


def number_of(seed: bytes, line: int) -> str:
    """The document number of a row: 128 bits of SHA-256 over the run's secret seed and the row's place."""
    drawn = sha256(b"sillok number\n" + seed + line.to_bytes(8, "big"))
    return number_from_random(int.from_bytes(drawn[:16], "big") % _NUMBERS)


def sample_of(seed: bytes, rows: int, count: int) -> list[int]:
    """Which rows the second person looks at: as random as the seed, which nobody sees; ascending places from 1."""
    order = sorted(range(1, rows + 1), key=lambda line: sha256(b"sillok sample\n" + seed + line.to_bytes(8, "big")))
    return sorted(order[:count])


def paper_of(run: Run, line: int, row: Row, template: Template, *, agency: str, day: Instant) -> Certificate:
    """What stands on the paper of a row.

    Args:
        run: the run.
        line: the row's place in it, from 1.
        row: a row without problems.
        template: the run's.
        agency: name of the office as it is printed.
        day: the instant whose day in Korea is the day of issue.
    """
    number = number_of(run.new.seed, line)
    there = datetime.fromtimestamp(day, UTC).astimezone(KOREA).date()
    given = [(asked, row.values[asked.path]) for asked in template.fields]
    rows = [(asked.ko, _printed(asked, value)) for asked, value in given if value]
    return Certificate(
        title=template.ko,
        rows=rows,
        sentence=template.sentence,
        issued=_korean(there),
        issued_at=_midnight(there),
        agency=agency,
        number=number,
        address=f"{run.new.address}/r/{number}",
        demo=run.new.demo,
    )


def submission_of(run: Run, line: int, row: Row, template: Template, pdf: bytes) -> dict[str, object]:
    """What is recorded of a paper, as `ledger.log.intake.parse_submission` reads it."""
    facts: dict[str, str | int] = {"certificate.type": template.ko}
    for asked in template.fields:
        value = row.values[asked.path]
        if value and asked.path != VALID_UNTIL:
            facts[asked.path] = int(value) if asked.kind is FieldKind.NUMBER else value
    facts |= {"document.size": len(pdf), "document.mediaType": "application/pdf"}
    submission: dict[str, object] = {
        "kind": "certificate",
        "sha256": sha256(pdf).hex(),
        "number": number_of(run.new.seed, line),
        "facts": facts,
    }
    if until := row.values.get(VALID_UNTIL):
        # The paper says "until" a day: the first instant at which it is over is the next midnight in Korea.
        submission["validUntil"] = format_instant(_midnight(date.fromisoformat(until) + timedelta(days=1)))
    if run.new.supersedes is not None:
        submission["supersedes"] = run.new.supersedes
    return submission


def _printed(asked: Field, value: str) -> str:
    if asked.kind is FieldKind.DATE:
        day = _korean(date.fromisoformat(value))
        return f"{day}까지" if asked.path == VALID_UNTIL else day
    return f"{int(value):,}" if asked.kind is FieldKind.NUMBER else value


def _korean(day: date) -> str:
    return f"{day.year}년 {day.month}월 {day.day}일"


def _midnight(day: date) -> Instant:
    start = datetime(day.year, day.month, day.day, tzinfo=KOREA)
    return Instant(int(start.timestamp()))

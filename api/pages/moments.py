"""Instants as pages show them: for machines in UTC, for people in Korean time with its zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from ledger.values import Instant, format_instant, parse_instant

KOREA: Final = timezone(timedelta(hours=9), "KST")
_WRITTEN: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An instant as a page shows it: for machines in UTC, for people in Korean time with its zone."""

    machine: str
    people: str

    @property
    def day(self) -> str:
        """The day alone."""
        return self.people[:10]


def moment(instant: Instant) -> Moment:
    """An instant for machines and for people."""
    there = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=instant)
    return Moment(
        machine=format_instant(instant), people=f"{there.astimezone(KOREA):%Y-%m-%d %H:%M:%S} {KOREA.tzname(None)}"
    )


def for_people(value: str) -> str:
    """An instant that is written for machines, as people read it; anything else as it is."""
    return moment(parse_instant(value)).people if _WRITTEN.fullmatch(value) else value

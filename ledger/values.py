"""The values that every room passes on: bytes and integers inside, text only at the edge.

`NewType` costs nothing at run time and lets the type checker refuse a root where a leaf is meant. The parsers here
are strict: each accepts exactly one text for a value, so that parse then format gives the text back.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from functools import lru_cache
from typing import Final, NewType

from ledger.errors import InputError

Digest32 = NewType("Digest32", bytes)
"""Any SHA-256 digest; 32 bytes."""
Root = NewType("Root", bytes)
"""Head of an RFC 9162 tree; 32 bytes."""
LeafHash = NewType("LeafHash", bytes)
"""SHA-256(0x00 ‖ leaf); 32 bytes."""
LogId = NewType("LogId", bytes)
"""SHA-256(origin); 32 bytes."""
KeyId = NewType("KeyId", bytes)
"""A key on chain: the raw Ed25519 key (NOTE, RECEIPT) or an address left-padded with zeros; 32 bytes."""
Address = NewType("Address", bytes)
"""An Ethereum address; 20 bytes."""
LogIndex = NewType("LogIndex", int)
"""Position of a record in its log, from 0, below 2^53."""
TreeSize = NewType("TreeSize", int)
"""Number of leaves of a tree, below 2^53."""
AgencyCode = NewType("AgencyCode", str)
"""Standard administrative code; seven digits."""
Origin = NewType("Origin", str)
"""Name of a log: log name, agency, and a generation from 2 on."""
Instant = NewType("Instant", int)
"""Seconds since 1970-01-01T00:00:00Z; years 0001 to 9999, so it may be negative."""

MAX_INTEGER: Final = 2**53 - 1
"""Largest integer of every format: what a JSON reader in a browser holds exactly."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z", re.ASCII)
_AGENCY: Final = re.compile(r"[0-9]{7}", re.ASCII)


class Role(IntEnum):
    """What a key of an agency may do; the numbers are those of the contracts."""

    NOTE = 1
    RECEIPT = 2
    ANCHOR = 3
    STATUS = 4
    OFFICER = 5


class Status(IntEnum):
    """Status of a record or an issuing batch; the numbers are the two bits on chain.

    The numbers are not the order of severity: see `SEVERITY`.
    """

    ACTIVE = 0
    SUSPENDED = 1
    REVOKED = 2
    SUPERSEDED = 3


SEVERITY: Final[dict[Status, int]] = {
    Status.ACTIVE: 0,
    Status.SUSPENDED: 1,
    Status.SUPERSEDED: 2,
    Status.REVOKED: 3,
}
"""Worse is higher: revoked, superseded, suspended, active (formats.md, section 9)."""


class Reason(IntEnum):
    """Public reason of a status act; the numbers are those of the contracts."""

    UNSPECIFIED = 0
    ISSUED_IN_ERROR = 1
    REPLACED = 2
    PROCESS_OR_KEY_FAILURE = 3
    LEGAL_ORDER = 4

    @property
    def word(self) -> str:
        """The reason as it stands in the API and on pages: lower case, joined by `-`."""
        return self.name.lower().replace("_", "-")


class Verdict(StrEnum):
    """The twelve answers that a verification can have; never collapse two of them."""

    VALID = "valid"
    ALTERED = "altered"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    ERASED = "erased"
    UNKNOWN_ISSUER = "unknown-issuer"
    NOT_ANCHORED_YET = "not-anchored-yet"
    NOT_YET_IN_FORCE = "not-yet-in-force"
    NOT_FOUND = "not-found"
    CANNOT_CHECK = "cannot-check"


def parse_instant(text: str) -> Instant:
    """Read `YYYY-MM-DDTHH:MM:SSZ`, and nothing else.

    Raises:
        InputError: another form, second 60, or a day that no calendar has.
    """
    if not (match := _INSTANT.fullmatch(text)):
        raise InputError(f"{text[:40]!r} is not an instant.", fix="Write YYYY-MM-DDTHH:MM:SSZ.")
    year, month, day, hour, minute, second = map(int, match.groups())
    try:
        # `strptime` takes second 60 and loads the locale; the constructor does neither.
        since = datetime(year, month, day, hour, minute, second, tzinfo=UTC) - _EPOCH
    except ValueError as error:
        raise InputError(f"{text!r} is no date of the calendar.", fix="Second 60 is not used.") from error
    return Instant(since.days * 86400 + since.seconds)


def has_passed(since: Instant, seconds: float, now: Instant) -> bool:
    """Whether that many seconds have passed since an instant.

    A clock that was set back, so that the instant lies ahead, counts as passed: what waits must not wait for a day
    because the clock was wrong for a moment.
    """
    return now < since or now - since >= seconds


@lru_cache(maxsize=1024)
def format_instant(instant: Instant) -> str:
    """Write an instant as `YYYY-MM-DDTHH:MM:SSZ`.

    Records of one bulk job share their instants, and writing one costs more than the rest of a record.
    """
    moment = _EPOCH + timedelta(seconds=instant)
    return (
        f"{moment.year:04d}-{moment.month:02d}-{moment.day:02d}"
        f"T{moment.hour:02d}:{moment.minute:02d}:{moment.second:02d}Z"
    )


def parse_agency(text: str) -> AgencyCode:
    """Read an agency's seven-digit standard administrative code.

    Raises:
        InputError: it is not seven ASCII digits.
    """
    if not _AGENCY.fullmatch(text):
        raise InputError(f"{text[:40]!r} is not an agency code.", fix="Give seven digits, such as 6110000.")
    return AgencyCode(text)


def agency_topic(agency: AgencyCode) -> bytes:
    """The agency as a bytes32 topic: its seven ASCII digits, right-padded with zeros."""
    return agency.encode("ascii").ljust(32, b"\0")


def worse(one: Status, other: Status) -> Status:
    """The graver of two statuses: revoked, superseded, suspended, active."""
    return max(one, other, key=SEVERITY.__getitem__)

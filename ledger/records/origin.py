"""The name of a log: log name, agency, and a generation from 2 on (formats.md, section 4)."""

from __future__ import annotations

import re
from typing import Final

from ledger.errors import FormatError
from ledger.hashing.digests import sha256
from ledger.plain import dataclass
from ledger.values import MAX_INTEGER, AgencyCode, LogId, Origin

MAX_BYTES: Final = 255
_ORIGIN: Final = re.compile(r"([a-z0-9.-]+)/([0-9]{7})(?:/([2-9]|[1-9][0-9]+))?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogName:
    """An origin taken apart. `generation` is 1 for the first log of an agency, which the origin does not write."""

    name: str
    agency: AgencyCode
    generation: int
    origin: Origin


def parse_origin(text: str) -> LogName:
    """Read an origin such as `sillok.seoul.example/6110000` or `…/6110000/2`.

    Raises:
        FormatError: another form, or longer than 255 bytes.
    """
    match = _ORIGIN.fullmatch(text) if len(text) <= MAX_BYTES else None
    if match is None or (generation := int(match[3] or 1)) > MAX_INTEGER:
        raise FormatError(f"{text[:60]!r} is not the origin of a log.", fix="It reads name/agency or name/agency/2.")
    return LogName(name=match[1], agency=AgencyCode(match[2]), generation=generation, origin=Origin(text))


def compose_origin(name: str, agency: AgencyCode, generation: int = 1) -> Origin:
    """The origin of an agency's log.

    Raises:
        FormatError: the parts make no origin.
    """
    return parse_origin(f"{name}/{agency}" if generation == 1 else f"{name}/{agency}/{generation}").origin


def log_id(origin: Origin) -> LogId:
    """The log's name on chain: SHA-256(origin)."""
    return LogId(sha256(origin.encode("ascii")))


def receipt_name(origin: Origin) -> str:
    """The key name under which a log's receipts and status notes are signed."""
    return f"{origin}/receipt"

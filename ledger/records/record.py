"""The record: the leaf of an agency's log (formats.md, section 3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from ledger.errors import FormatError, InputError, UnknownVersionError
from ledger.hashing.canonical import Json, load, parse
from ledger.hashing.encodings import b64u_decode, b64u_encode
from ledger.plain import dataclass
from ledger.records.commitment import COUNTS
from ledger.values import (
    MAX_INTEGER,
    AgencyCode,
    Digest32,
    Instant,
    LogIndex,
    format_instant,
    parse_agency,
    parse_instant,
)

LIMIT: Final = 1024
"""Most bytes of a record."""
VERSION: Final = 1
MAX_KIND: Final = 64
MAX_PROCESS_ID: Final = 128

_REQUIRED: Final = {"agency", "commitment", "facts", "kind", "recordedAt", "v"}
_MEMBERS: Final = _REQUIRED | {"batch", "erases", "process", "supersedes", "validFrom", "validUntil"}
_KIND: Final = re.compile(r"[a-z0-9-]+(?:/[a-z0-9-]+)*", re.ASCII)
_PROCESS_ID: Final = re.compile(r"[!#-\[\]-~]+", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessStep:
    """One step of a procurement process: its id (the OCID) and its number from 1 on."""

    id: str
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One administrative act as the log holds it: nothing in it says what the document says, or whom it is about.

    Attributes:
        commitment: tree head over the record's facts.
        facts: number of facts, a power of two.
        recorded_at: the office's claim; decides nothing.
        batch: the issuing job in this log, from 1 on.
        erases: index of the record whose facts this one erased.
        supersedes: index of the record that this one corrects.
        valid_from: in force from then on.
        valid_until: no longer in force from then on.
    """

    agency: AgencyCode
    commitment: Digest32
    facts: int
    kind: str
    recorded_at: Instant
    batch: int | None = None
    erases: LogIndex | None = None
    supersedes: LogIndex | None = None
    process: ProcessStep | None = None
    valid_from: Instant | None = None
    valid_until: Instant | None = None


def encode_record(record: Record) -> bytes:
    """The record's bytes, RFC 8785.

    Written by hand for speed: no member of a record holds a character that JSON escapes, and the members stand in
    RFC 8785's order here. A property test proves it equal to `rfc8785`.

    Raises:
        FormatError: a member is out of the format.
    """
    _check(record)
    parts = [f'{{"agency":"{record.agency}",']
    if record.batch is not None:
        parts.append(f'"batch":{record.batch},')
    parts.append(f'"commitment":"{b64u_encode(record.commitment)}",')
    if record.erases is not None:
        parts.append(f'"erases":{record.erases},')
    parts.append(f'"facts":{record.facts},"kind":"{record.kind}",')
    if record.process is not None:
        parts.append(f'"process":{{"id":"{record.process.id}","seq":{record.process.seq}}},')
    parts.append(f'"recordedAt":"{_instant_text(record.recorded_at)}",')
    if record.supersedes is not None:
        parts.append(f'"supersedes":{record.supersedes},')
    parts.append('"v":1')
    if record.valid_from is not None:
        parts.append(f',"validFrom":"{_instant_text(record.valid_from)}"')
    if record.valid_until is not None:
        parts.append(f',"validUntil":"{_instant_text(record.valid_until)}"')
    parts.append("}")
    return "".join(parts).encode("ascii")  # with every member at its longest, well below LIMIT


def parse_record(leaf: bytes) -> Record:
    """Read a record.

    Raises:
        UnknownVersionError: canonical JSON with another `v`.
        FormatError: not exactly the bytes that `encode_record` makes of what it holds; `where` names the member.
    """
    members = load(leaf, limit=LIMIT, where="record")
    if not isinstance(members, dict):
        raise FormatError("A record is a JSON object.", where="record")
    version = members.get("v")
    if isinstance(version, bool) or not isinstance(version, int):
        raise FormatError("The record has no version.", where="record.v")
    if version != VERSION:
        parse(leaf, limit=LIMIT, where="record")  # bytes that no version could mean are malformed, not unknown
        raise UnknownVersionError(f"Records of version {version} are not known here.", where="record.v")
    names = members.keys()
    if not names >= _REQUIRED:
        raise FormatError("A member is missing.", where=f"record.{min(_REQUIRED - names)}")
    if not names <= _MEMBERS:
        raise FormatError("A record has no such member.", where=f"record.{min(names - _MEMBERS)[:40]}")
    record = _read(members)
    if encode_record(record) != leaf:
        raise FormatError("The record is not in canonical form (RFC 8785).", where="record")
    return record


def _read(members: Mapping[str, Json]) -> Record:
    process = members.get("process")
    return Record(
        agency=AgencyCode(_text(members, "agency")),
        commitment=Digest32(b64u_decode(_text(members, "commitment"), length=32, where="record.commitment")),
        facts=_integer(members["facts"], "facts"),
        kind=_text(members, "kind"),
        recorded_at=_instant(members, "recordedAt"),
        batch=_integer(members["batch"], "batch") if "batch" in members else None,
        erases=LogIndex(_integer(members["erases"], "erases")) if "erases" in members else None,
        supersedes=LogIndex(_integer(members["supersedes"], "supersedes")) if "supersedes" in members else None,
        process=_process(process) if process is not None else None,
        valid_from=_instant(members, "validFrom") if "validFrom" in members else None,
        valid_until=_instant(members, "validUntil") if "validUntil" in members else None,
    )


def _process(value: Json) -> ProcessStep:
    match value:
        case {"id": str(process_id), "seq": seq, **rest} if not rest:
            return ProcessStep(id=process_id, seq=_integer(seq, "process.seq"))
    raise FormatError("A process has an id and a seq.", where="record.process")


def _text(members: Mapping[str, Json], name: str) -> str:
    value = members[name]
    if not isinstance(value, str):
        raise FormatError("This is not a string.", where=f"record.{name}")
    return value


def _integer(value: Json, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise FormatError("This is not an integer.", where=f"record.{name}")
    return value


_read_instant: Final = lru_cache(maxsize=256)(parse_instant)
"""Records of one bulk job share their instants."""


def _instant(members: Mapping[str, Json], name: str) -> Instant:
    try:
        return _read_instant(_text(members, name))
    except InputError as error:
        raise FormatError(error.what, where=f"record.{name}", fix=error.fix) from error


def _check(record: Record) -> None:
    """Refuse what the format has no place for, member by member."""
    _agency(record.agency)
    if len(record.commitment) != 32:
        raise FormatError("A commitment has 32 bytes.", where="record.commitment")
    if record.facts not in COUNTS:
        raise FormatError("A record has 1, 2, 4, 8, 16, 32 or 64 facts.", where="record.facts")
    _kind(record.kind)
    if record.process is not None:
        if len(record.process.id) > MAX_PROCESS_ID or not _PROCESS_ID.fullmatch(record.process.id):
            raise FormatError(
                "A process id has 1 to 128 visible ASCII characters, no quote and no backslash.",
                where="record.process.id",
            )
        _range(record.process.seq, 1, "process.seq")
    if record.batch is not None:
        _range(record.batch, 1, "batch")
    if record.erases is not None:
        _range(record.erases, 0, "erases")
    if record.supersedes is not None:
        _range(record.supersedes, 0, "supersedes")
    if record.valid_from is not None and record.valid_until is not None and record.valid_from >= record.valid_until:
        raise FormatError("validFrom is not before validUntil.", where="record.validUntil")


def _range(value: int, least: int, name: str) -> None:
    if not least <= value <= MAX_INTEGER:
        raise FormatError(f"This is not an integer from {least} to 2^53 - 1.", where=f"record.{name}")


@lru_cache(maxsize=64)
def _agency(text: str) -> None:
    try:
        parse_agency(text)
    except InputError as error:
        raise FormatError(error.what, where="record.agency", fix=error.fix) from error


@lru_cache(maxsize=64)
def _kind(text: str) -> None:
    if len(text) > MAX_KIND or not _KIND.fullmatch(text):
        raise FormatError(f"{text[:MAX_KIND]!r} is not a kind of record.", where="record.kind")


def _instant_text(instant: Instant) -> str:
    try:
        return format_instant(instant)
    except OverflowError as error:
        raise FormatError("An instant's year is 0001 to 9999.", where="record") from error

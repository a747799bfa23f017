"""The export of one process: one JSON file with evidence of every step, which anyone can recheck offline.

    {"heads":[{"checkpoint": signed note, "origin"}], "listed":[{"index", "origin", "seq"}], "process": OCID,
     "sillok":"process-export/v1", "steps":[{"acceptedAt"?, "evidence": evidence file, "index", "origin", "seq"}]}

Members are in RFC 8785 form. `steps` is in order of seq; `listed` names every (seq, origin, index) again, so that a
step that was taken out of the file is named and not only missed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final

from ledger.errors import FormatError, InputError, UnknownVersionError
from ledger.hashing.canonical import Json, encode, parse
from ledger.values import Instant, LogIndex, Origin, format_instant, parse_instant

VERSION: Final = "process-export/v1"
MEDIA_TYPE: Final = "application/vnd.sillok.process-export.v1+json"
MAX_BYTES: Final = 64 * 1024 * 1024
"""Most bytes of an export: some ten thousand steps."""
_PLACE: Final = frozenset({"index", "origin", "seq"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One step that the export says it holds."""

    seq: int
    origin: Origin
    index: LogIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedStep:
    """Evidence of one step, with the service's word on when it took the record in."""

    place: Listed
    accepted_at: Instant | None
    evidence: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The newest anchored checkpoint of a log that holds a step, as a signed note."""

    origin: Origin
    checkpoint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """An export that is well formed; whether it holds is for `recheck` to say."""

    process_id: str
    steps: tuple[ExportedStep, ...]
    listed: tuple[Listed, ...]
    heads: tuple[Head, ...]


def encode_export(export: Export) -> bytes:
    """The file.

    Raises:
        FormatError: something in it is out of the format.
    """
    return encode(
        {
            "heads": [{"checkpoint": head.checkpoint, "origin": head.origin} for head in export.heads],
            "listed": [_listed_json(place) for place in export.listed],
            "process": export.process_id,
            "sillok": VERSION,
            "steps": [_step_json(step) for step in export.steps],
        },
        where="export",
    )


def parse_export(data: bytes) -> Export:
    """Read an export.

    Raises:
        UnknownVersionError: an export of another version.
        FormatError: malformed; names the member.
    """
    value = parse(data, limit=MAX_BYTES, where="export")
    if not isinstance(value, dict):
        raise FormatError("An export is a JSON object.", where="export")
    version = value.get("sillok")
    if version != VERSION:
        if isinstance(version, str) and version.startswith("process-export/v"):
            raise UnknownVersionError(f"{version[:40]!r} is not known here.", where="sillok")
        raise FormatError("This is not an export of a process.", where="sillok")
    if value.keys() != {"heads", "listed", "process", "sillok", "steps"}:
        raise FormatError("An export has heads, listed, process, sillok and steps.", where="export")
    return Export(
        process_id=_text(value, "process"),
        steps=tuple(_step(row) for row in _rows(value, "steps", {*_PLACE, "evidence"}, {"acceptedAt"})),
        listed=tuple(_listed(row, "listed") for row in _rows(value, "listed", _PLACE)),
        heads=tuple(
            Head(origin=Origin(_text(row, "origin")), checkpoint=_text(row, "checkpoint"))
            for row in _rows(value, "heads", {"checkpoint", "origin"})
        ),
    )


def _listed_json(place: Listed) -> dict[str, Json]:
    return {"index": place.index, "origin": place.origin, "seq": place.seq}


def _step_json(step: ExportedStep) -> dict[str, Json]:
    row: dict[str, Json] = {**_listed_json(step.place), "evidence": step.evidence.decode("utf-8")}
    if step.accepted_at is not None:
        row["acceptedAt"] = format_instant(step.accepted_at)
    return row


def _step(row: Mapping[str, Json]) -> ExportedStep:
    accepted = _text(row, "acceptedAt") if "acceptedAt" in row else None
    try:
        moment = None if accepted is None else parse_instant(accepted)
    except InputError as error:
        raise FormatError(error.what, where="steps.acceptedAt") from error
    return ExportedStep(
        place=_listed(row, "steps"), accepted_at=moment, evidence=_text(row, "evidence").encode("utf-8")
    )


def _listed(row: Mapping[str, Json], where: str) -> Listed:
    return Listed(
        seq=_integer(row, "seq", 1, where),
        origin=Origin(_text(row, "origin")),
        index=LogIndex(_integer(row, "index", 0, where)),
    )


def _rows(
    value: Mapping[str, Json], name: str, needed: Set[str], allowed: Set[str] = frozenset()
) -> Sequence[Mapping[str, Json]]:
    """The objects of a list, each with the members that are needed, perhaps those that are allowed, and no other."""
    rows = value.get(name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise FormatError("This is a list of objects.", where=name)
    found = [row for row in rows if isinstance(row, dict)]
    for row in found:
        if row.keys() - allowed != needed:
            raise FormatError(f"An object here has {', '.join(sorted(needed))}.", where=name)
    return found


def _text(row: Mapping[str, Json], name: str) -> str:
    text = row.get(name)
    if not isinstance(text, str):
        raise FormatError("This is a string.", where=name)
    return text


def _integer(row: Mapping[str, Json], name: str, least: int, where: str) -> int:
    number = row.get(name)
    if isinstance(number, bool) or not isinstance(number, int) or number < least:
        raise FormatError(f"This is an integer from {least} on.", where=f"{where}.{name}")
    return number

"""The status note: what the service says now of one record; weaker than a proof from the chain (section 5)."""

from __future__ import annotations

from typing import Final

from ledger.errors import FormatError, UnknownVersionError
from ledger.plain import dataclass
from ledger.records import lines
from ledger.values import Digest32, Instant, LogIndex, Origin, Status, format_instant

VERSION: Final = "sillok-status/v1"

_WORDS: Final = {status.name.lower(): status for status in Status}


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusNote:
    """Status of a record as of a block.

    Attributes:
        batch_status: status of the record's issuing batch; None exactly where the record has none.
        chain_id: of the chain whose block this is, with its genesis hash.
        block_time: the instant that the status is of.
    """

    origin: Origin
    index: LogIndex
    status: Status
    batch_status: Status | None
    chain_id: int
    genesis: Digest32
    block_number: int
    block_time: Instant


def format_status_note(note: StatusNote) -> str:
    """The note's text, nine lines."""
    batch = "none" if note.batch_status is None else note.batch_status.name.lower()
    return (
        f"{VERSION}\n{note.origin}\n{note.index}\n{note.status.name.lower()}\n{batch}\n{note.chain_id}\n"
        f"{note.genesis.hex()}\n{note.block_number}\n{format_instant(note.block_time)}\n"
    )


def parse_status_note(text: str) -> StatusNote:
    """Read the text of a status note.

    Raises:
        UnknownVersionError: another version of the status note.
        FormatError: not exactly nine lines of these forms.
    """
    if text.startswith("sillok-status/v") and not text.startswith(VERSION + "\n"):
        raise UnknownVersionError("This version of the status note is not known here.", where="status note")
    version, origin, index, status, batch, chain_id, genesis, number, time = lines.split_lines(text, 9, "status note")
    if version != VERSION:
        raise FormatError("This is not a status note.", where="status note")
    return StatusNote(
        origin=lines.origin(origin),
        index=LogIndex(lines.decimal(index, "status note index")),
        status=_status(status),
        batch_status=None if batch == "none" else _status(batch),
        chain_id=lines.decimal(chain_id, "status note chain id"),
        genesis=lines.hex32(genesis, "status note genesis"),
        block_number=lines.decimal(number, "status note block"),
        block_time=lines.instant(time, "status note time"),
    )


def _status(word: str) -> Status:
    if (status := _WORDS.get(word)) is None:
        raise FormatError(f"{word[:20]!r} is not a status.", where="status note")
    return status

"""The anchor note: the office's signed word on where and when a checkpoint was anchored (docs/spec/anchor-note.md).

`reference/v1` is signed by nobody, so a reader without the chain could not notice a wrong digit in it. This note says
the same and more, signed by the log's receipt key at the moment of the status note beside it. It travels in `chain`
as `anchor-note/v1`; a verifier that doesn't know that format doesn't run it, and loses nothing else.
"""

from __future__ import annotations

from typing import Final

from ledger.errors import FormatError, UnknownVersionError
from ledger.hashing.encodings import b64_encode, hex_decode
from ledger.plain import dataclass
from ledger.records import lines
from ledger.records.evidence import Part
from ledger.values import Address, Digest32, Instant, KeyId, Origin, Root, TreeSize, format_instant

VERSION: Final = "sillok-anchor/v1"
ANCHOR_NOTE: Final = "anchor-note/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorNote:
    """One CheckpointAnchored event as the office reports it.

    Attributes:
        origin: the log.
        size: the anchored size, at least 1.
        root: the anchored root.
        previous_size: the size anchored before it, below `size`.
        chain_id: of the chain, with its genesis hash.
        registry: the CheckpointRegistry that accepted it.
        transaction: hash of the transaction.
        key_id: the ANCHOR key.
        block_number: the block of the event.
        block_time: its time: that of the records which this anchor is the first to cover.
    """

    origin: Origin
    size: TreeSize
    root: Root
    previous_size: TreeSize
    chain_id: int
    genesis: Digest32
    registry: Address
    transaction: Digest32
    key_id: KeyId
    block_number: int
    block_time: Instant


def format_anchor_note(note: AnchorNote) -> str:
    """The note's text, twelve lines.

    Raises:
        FormatError: the previous size is not below the size.
    """
    _check(note)
    return (
        f"{VERSION}\n{note.origin}\n{note.size}\n{b64_encode(note.root)}\n{note.previous_size}\n{note.chain_id}\n"
        f"{note.genesis.hex()}\n{note.registry.hex()}\n{note.transaction.hex()}\n{note.key_id.hex()}\n"
        f"{note.block_number}\n{format_instant(note.block_time)}\n"
    )


def parse_anchor_note(text: str) -> AnchorNote:
    """Read the text of an anchor note.

    Raises:
        UnknownVersionError: another version of the anchor note.
        FormatError: not exactly twelve lines of these forms.
    """
    if text.startswith("sillok-anchor/v") and not text.startswith(VERSION + "\n"):
        raise UnknownVersionError("This version of the anchor note is not known here.", where="anchor note")
    version, origin, size, root, previous, chain_id, genesis, registry, transaction, key_id, number, time = (
        lines.split_lines(text, 12, "anchor note")
    )
    if version != VERSION:
        raise FormatError("This is not an anchor note.", where="anchor note")
    note = AnchorNote(
        origin=lines.origin(origin),
        size=TreeSize(lines.decimal(size, "anchor note size")),
        root=lines.root(root, "anchor note root"),
        previous_size=TreeSize(lines.decimal(previous, "anchor note previous size")),
        chain_id=lines.decimal(chain_id, "anchor note chain id"),
        genesis=lines.hex32(genesis, "anchor note genesis"),
        registry=Address(hex_decode(registry, length=20, where="anchor note registry")),
        transaction=lines.hex32(transaction, "anchor note transaction"),
        key_id=KeyId(lines.hex32(key_id, "anchor note key")),
        block_number=lines.decimal(number, "anchor note block"),
        block_time=lines.instant(time, "anchor note time"),
    )
    _check(note)
    return note


def anchor_part(note: str) -> Part:
    """The `anchor-note/v1` part that carries a signed anchor note."""
    return {"format": ANCHOR_NOTE, "note": note}


def parse_anchor_part(part: Part, *, where: str = "chain") -> str:
    """The signed anchor note of an `anchor-note/v1` part, as text.

    Raises:
        FormatError: another format, or other members.
    """
    match part:
        case {"format": "anchor-note/v1", "note": str(note), **rest} if not rest:
            return note
    raise FormatError("anchor-note/v1 has a note and nothing else.", where=where)


def _check(note: AnchorNote) -> None:
    if note.previous_size >= note.size:
        raise FormatError("An anchored size is above the one before it.", where="anchor note size")

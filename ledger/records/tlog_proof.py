"""C2SP `tlog-proof@v1`: index, inclusion path and checkpoint as one text, without `extra` (section 7)."""

from __future__ import annotations

from typing import Final

from ledger.errors import FormatError, UnknownVersionError
from ledger.hashing.encodings import b64_decode, b64_encode
from ledger.plain import dataclass
from ledger.records import lines
from ledger.records.checkpoint import parse_checkpoint
from ledger.records.note import parse_note
from ledger.values import Digest32, LogIndex

HEADER: Final = "c2sp.org/tlog-proof@v1"
MAX_PATH: Final = 53
"""Longest path of a tree below 2^53 leaves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlogProof:
    """That a leaf stands at an index in the tree of a checkpoint. `checkpoint` is the signed note."""

    index: LogIndex
    path: tuple[Digest32, ...]
    checkpoint: str


def format_tlog_proof(proof: TlogProof) -> str:
    """The proof as text."""
    path = "".join(f"{b64_encode(node)}\n" for node in proof.path)
    return f"{HEADER}\nindex {proof.index}\n{path}\n{proof.checkpoint}"


def parse_tlog_proof(text: str) -> TlogProof:
    """Read a proof; whether it holds is for `verify_inclusion` and `verify_signature` to say.

    Raises:
        UnknownVersionError: another version of the proof.
        FormatError: another form, an `extra` line, a path of more than 53 hashes, or no checkpoint note at its end.
    """
    head, separator, checkpoint = text.partition("\n\n")
    header, *rest = head.split("\n")
    if header.startswith("c2sp.org/tlog-proof@v") and header != HEADER:
        raise UnknownVersionError("This version of the proof is not known here.", where="log")
    if header != HEADER or not separator or not rest or not rest[0].startswith("index "):
        raise FormatError("The text is not a c2sp.org/tlog-proof@v1 without extra.", where="log")
    if len(rest) > MAX_PATH + 1:
        raise FormatError(f"An inclusion path has at most {MAX_PATH} hashes.", where="log")
    index = LogIndex(lines.decimal(rest[0].removeprefix("index "), "log index"))
    path = tuple(Digest32(b64_decode(node, length=32, where="log path")) for node in rest[1:])
    parse_checkpoint(parse_note(checkpoint, where="log checkpoint").text)
    return TlogProof(index=index, path=path, checkpoint=checkpoint)

"""The checkpoint of a log: C2SP `tlog-checkpoint` with three lines and no extension (section 4)."""

from __future__ import annotations

from ledger.hashing.encodings import b64_encode
from ledger.plain import dataclass
from ledger.records import lines
from ledger.values import Origin, Root, TreeSize


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a log signs: its origin, its size and its head. Size 0 may be signed; it is never anchored."""

    origin: Origin
    size: TreeSize
    root: Root


def format_checkpoint(checkpoint: Checkpoint) -> str:
    """The note's text: origin, size, root in base64."""
    return f"{checkpoint.origin}\n{checkpoint.size}\n{b64_encode(checkpoint.root)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a checkpoint note; its signatures are another matter.

    Raises:
        FormatError: not exactly three lines of these forms.
    """
    origin, size, root = lines.split_lines(text, 3, "checkpoint")
    return Checkpoint(
        origin=lines.origin(origin),
        size=TreeSize(lines.decimal(size, "checkpoint size")),
        root=lines.root(root, "checkpoint root"),
    )

"""The list of what a backup holds: each file with its digest, so that a damaged copy is refused before it is used.

    {"sillok": "backup/v1", "takenAt": instant, "files": {name: [sha256 in hex, size]}, "logs": {origin: records}}

It is the last file that is written: a backup without it was not finished.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from ledger.durable import replace_durably
from ledger.errors import InputError
from ledger.hashing.digests import sha256_file
from ledger.hashing.encodings import hex_encode
from ledger.values import Instant, format_instant, parse_instant

NAME: Final = "backup.json"
VERSION: Final = "backup/v1"
_LIMIT_BYTES: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup holds."""

    taken_at: Instant
    """The moment before the first file was copied: whatever was acknowledged before it is in the backup."""
    files: Mapping[str, tuple[str, int]]
    """Name below the backup's folder → (SHA-256 in hex, bytes)."""
    logs: Mapping[str, int]
    """Origin → records."""


def describe(folder: Path, name: str) -> tuple[str, int]:
    """(SHA-256 in hex, bytes) of one file of a backup."""
    digest, size = sha256_file(folder / name)
    return hex_encode(digest), size


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the list durably, which finishes a backup.

    Raises:
        StoreError: the disk refused.
    """
    document = {
        "sillok": VERSION,
        "takenAt": format_instant(manifest.taken_at),
        "files": {name: list(entry) for name, entry in manifest.files.items()},
        "logs": dict(manifest.logs),
    }
    replace_durably(folder / NAME, json.dumps(document, indent=1).encode() + b"\n")


def read_manifest(folder: Path) -> Manifest:
    """The list of a backup, compared with every file in it.

    Raises:
        InputError: there is none, it is of another version, or a file is missing or damaged; names the file.
    """
    path = folder / NAME
    try:
        with path.open("rb") as file:
            document = json.loads(file.read(_LIMIT_BYTES))
        version = document["sillok"]
        manifest = Manifest(
            taken_at=parse_instant(document["takenAt"]),
            files={_safe(name): (str(entry[0]), int(entry[1])) for name, entry in document["files"].items()},
            logs={str(origin): int(size) for origin, size in document["logs"].items()},
        )
    except FileNotFoundError as error:
        raise InputError(
            "This is no backup, or one that was not finished.", where=str(path), fix="Name a folder of sillok backup."
        ) from error
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise InputError("The backup's list cannot be read.", where=str(path), fix="Use another backup.") from error
    if version != VERSION:
        raise InputError(f"This backup is of version {str(version)[:40]!r}.", where=str(path), fix="Update Sillok.")
    for name, entry in manifest.files.items():
        if not (folder / name).is_file() or describe(folder, name) != entry:
            raise InputError(
                "This file of the backup is missing or damaged.", where=str(folder / name), fix="Use another backup."
            )
    return manifest


def _safe(name: str) -> str:
    """A name that stays below the folder. Raises ValueError."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise ValueError(name)
    return name

"""Making a backup of a data folder, also while its service runs.

The order makes the copies fit together, although the service goes on accepting records meanwhile. The chain loop is
paused (it steps only while nobody else holds `pause`), so that nothing is anchored between the copies:

1. `ledger.db`. Every record that was acknowledged before is in it, and whatever any copy's anchors cover.
2. `record-keys.db`. A record's key is kept before the record, so no record of 1 lacks its key. Keys of later records
   are replaced when their indexes are given again.
3. The embedded chain. Every block that 1 mirrors is in it.
4. Everything else, the keystore last: a key is on chain before it signs, and drawn before it is on chain.

Then the copied files are listed with their digests, and the folder gets its name. A crash leaves `DEST.part`, which
the next backup to the same place removes.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from ledger.backup.manifest import Manifest, describe, write_manifest
from ledger.durable import make_folder_durably, name_durably, replace_durably
from ledger.errors import BusyError, InputError, StoreError
from ledger.locks import FileLock
from ledger.values import Instant

DATABASES: Final = ("ledger.db", "record-keys.db", "chain/chain.db")
"""In the order in which they are copied."""
FILES: Final = ("trust.note", "trust-*.note", "deployments/*.json", "*.key", "keystore.password", "keystore.json")
"""In the order in which they are copied; not every folder has all of them."""
WAIT_S: Final = 60.0
"""Longest wait for the end of a step of the chain loop."""

Copy = Callable[[Path, Path], None]
"""Copies one database as it is at one instant, durably, and checks the copy."""


def make_backup(
    data: Path, to: Path, *, pause: FileLock, copy: Copy, sizes: Callable[[Path], Mapping[str, int]], now: Instant
) -> Manifest:
    """Copy a data folder into a new folder, readable by its owner only.

    Args:
        data: the folder of a service, running or not.
        to: the backup; must not be there yet, or be empty.
        pause: held while it is copied.
        copy: copies one database.
        sizes: origin → records of a copied ledger.
        now: the moment before the first copy.

    Raises:
        InputError: there is no ledger in `data`, or something in `to`.
        BusyError: a step of the chain loop did not end in time.
        StoreError: the disk refused, or a database is damaged.
    """
    if not (data / DATABASES[0]).exists():
        raise InputError("There is no ledger in this folder.", where=str(data), fix="Name it with --data.")
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise InputError(
            "There is something here already.", where=str(to), fix="Name a folder that is not there yet."
        )
    part = to.with_name(to.name + ".part")
    try:
        if part.exists():
            shutil.rmtree(part)
        make_folder_durably(part)
        part.chmod(0o700)
        with pause.tried(wait_s=WAIT_S) as held:
            if not held:
                raise BusyError(
                    f"The service's step with the chain did not end within {WAIT_S:g} s.",
                    where=str(data),
                    fix="See `sillok` health for the chain, then give the same command again.",
                )
            names = _copy_all(data, part, copy)
        manifest = Manifest(
            taken_at=now, files={name: describe(part, name) for name in names}, logs=sizes(part / DATABASES[0])
        )
        write_manifest(part, manifest)
        name_durably(part, to)
    except OSError as error:
        raise StoreError(f"The backup could not be written: {error.strerror}.", where=str(to)) from error
    return manifest


def _copy_all(data: Path, part: Path, copy: Copy) -> list[str]:
    names = []
    for name in DATABASES:
        if (data / name).exists():
            make_folder_durably((part / name).parent)
            copy(data / name, part / name)
            names.append(name)
    for pattern in FILES:
        for path in sorted(data.glob(pattern)):
            name = path.relative_to(data).as_posix()
            if name not in names:
                replace_durably(part / name, path.read_bytes())
                names.append(name)
    return names

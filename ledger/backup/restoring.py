"""Putting a backup back, beside the chain of now.

A backup is older than the chain that it is put beside, unless nothing happened since. If records were anchored
meanwhile that it lacks, then a service on it would give their indexes to other records: it would fork the log, and
its receipts could never be kept. So the backup is put together in a folder of its own (`DATA.restoring`), its ledger
is brought up to the chain's newest final block and compared, and only then gets its name. Whatever is refused leaves
nothing behind; a crash leaves `DATA.restoring`, which the next restore removes.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from ledger.backup.making import Copy
from ledger.backup.manifest import Manifest, read_manifest
from ledger.durable import make_folder_durably, name_durably, replace_durably
from ledger.errors import EvidenceError, InputError, StoreError

CHAIN: Final = "chain"

Contradictions = Callable[[Path], Sequence[EvidenceError]]
"""Opens a data folder beside its chain, and says which logs the chain contradicts."""


def restore_backup(
    backup: Path, data: Path, *, copy: Copy, contradictions: Contradictions, anyway: bool
) -> tuple[Manifest, Sequence[EvidenceError]]:
    """Make a data folder out of a backup.

    A data folder that holds nothing but the embedded chain's folder keeps that chain: it is newer than the copy.

    Args:
        backup: what `make_backup` made.
        data: the new data folder.
        copy: copies one database.
        contradictions: compares the new folder with its chain.
        anyway: put it in place although the chain contradicts it; those logs accept nothing then.

    Returns:
        What the backup held, and what the chain contradicts (empty unless `anyway`).

    Raises:
        InputError: no backup, a damaged one, or something in `data` already.
        EvidenceError: the first log that the chain contradicts; nothing was changed.
        ChainError: the chain did not answer: whether the backup may be used is not known.
        StoreError: the disk refused.
    """
    manifest = read_manifest(backup)
    _expect_room(data)
    stage = data.with_name(data.name + ".restoring")
    try:
        if stage.exists():
            shutil.rmtree(stage)
        _put_together(backup, manifest, data, stage, copy)
        try:
            found = contradictions(stage)
            if found and not anyway:
                raise found[0]
        except BaseException:
            shutil.rmtree(stage)
            raise
        if data.exists():
            name_durably(data, data.with_name(data.name + ".before-restore"))
        name_durably(stage, data)
    except OSError as error:
        raise StoreError(f"The folder could not be written: {error.strerror}.", where=str(data)) from error
    return manifest, found


def _expect_room(data: Path) -> None:
    there = {path.name for path in data.iterdir()} if data.is_dir() else set()
    before = data.with_name(data.name + ".before-restore")
    if there - {CHAIN} or (data.exists() and not data.is_dir()):
        raise InputError(
            "There is something in this folder already.",
            where=str(data),
            fix="Move it away, or name another with --data. To keep a newer chain, leave only its chain/ there.",
        )
    if data.exists() and before.exists():
        raise InputError("An earlier restore left this folder.", where=str(before), fix="Move it away.")


def _put_together(backup: Path, manifest: Manifest, data: Path, stage: Path, copy: Copy) -> None:
    make_folder_durably(stage)
    stage.chmod(0o700)
    for name in manifest.files:
        source = backup / name
        if name.startswith(CHAIN + "/") and (data / name).exists():
            source = data / name
        make_folder_durably((stage / name).parent)
        if name.endswith(".db"):
            copy(source, stage / name)
        else:
            replace_durably(stage / name, source.read_bytes())

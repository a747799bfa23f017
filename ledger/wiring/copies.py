"""Backup and restore of one data folder, joined to its store and its chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from ledger.backup.making import make_backup
from ledger.backup.manifest import Manifest
from ledger.backup.restoring import restore_backup
from ledger.errors import EvidenceError
from ledger.hashing.encodings import hex_encode
from ledger.locks import FileLock
from ledger.log.anchorer import LogFault
from ledger.settings import Settings
from ledger.store.copying import copy_database
from ledger.store.opening import open_store
from ledger.values import format_instant
from ledger.wiring.clock import now
from ledger.wiring.folder import PAUSE_FILE
from ledger.wiring.services import Services, open_services


def back_up(settings: Settings, to: Path) -> Manifest:
    """Copy the data folder into a new folder, while its service runs or not; raises as `make_backup`."""
    return make_backup(
        settings.data,
        to,
        pause=FileLock(settings.data / PAUSE_FILE),
        copy=copy_database,
        sizes=_sizes,
        now=now(),
    )


def restore(settings: Settings, backup: Path, *, anyway: bool) -> tuple[Manifest, Sequence[EvidenceError]]:
    """Make a data folder out of a backup, unless the chain contradicts it; raises as `restore_backup`."""
    return restore_backup(
        backup,
        settings.data,
        copy=copy_database,
        contradictions=lambda folder: _contradictions(settings.model_copy(update={"data": folder})),
        anyway=anyway,
    )


def _sizes(ledger: Path) -> Mapping[str, int]:
    with closing(open_store(ledger)) as store:
        return {log.origin: store.records.tree_size(log.log_no) for log in store.records.logs()}


def _contradictions(settings: Settings) -> Sequence[EvidenceError]:
    services = open_services(settings)
    try:
        services.loop.mirror.step()
        return [_told(services, fault) for fault in services.loop.anchorer.compare().values()]
    finally:
        services.close()


def _told(services: Services, fault: LogFault) -> EvidenceError:
    """What would be lost, and the way on: with the records that are missing, or without them."""
    log = next(log for log in services.records.logs() if log.log_no == fault.log_no)
    here = services.records.tree_size(log.log_no)
    anchors = services.chain_store.anchors(log.log_no)
    beyond = next((event for event in anchors if event.size > here), anchors[-1])
    since, key = format_instant(beyond.anchor.time), hex_encode(beyond.anchor.key_id)
    return EvidenceError(
        f"{fault.what} A service on this backup would give their indexes to other records.",
        where=log.origin,
        fix=(
            "Restore a newer backup. If there is none, those records are lost: restore with --anyway (the log "
            "accepts nothing then), start the service, and go on in a successor log with "
            f"`sillok key compromised {key} --since {since} --agency {log.agency}`."
        ),
        expected=f"{beyond.size} records",
        actual=f"{here} records",
    )

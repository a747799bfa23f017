"""Rows of the database as the plain values of `ledger.ports.records`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final, TypeAlias, TypeVar

from sqlalchemy import Row, select

from ledger.ports.records import CommitInfo, LogInfo, StoredRecord
from ledger.store import schema
from ledger.store.database import AT_ONCE
from ledger.store.places import at_place
from ledger.values import AgencyCode, Instant, LogId, Origin, Root, TreeSize

T = TypeVar("T")
AnyRow: TypeAlias = Row[*tuple[Any, ...]]
"""A row of which the columns are read by name."""

RECORD: Final = select(
    schema.records.c.place,
    schema.records.c.leaf,
    schema.records.c.sealed_facts,
    schema.records.c.accepted_at,
    schema.records.c.kind,
    schema.records.c.batch,
    schema.records.c.process_id,
    schema.records.c.process_seq,
)


RECORD_COLUMNS: Final = ", ".join(RECORD.selected_columns.keys())
COMMIT_COLUMNS: Final = ", ".join(schema.commits.columns.keys())


def pieces(values: Sequence[T]) -> Iterator[list[T]]:
    """`values` in lists that fit one statement."""
    rest = iter(values)
    while piece := list(islice(rest, AT_ONCE)):
        yield piece


def as_log(row: AnyRow) -> LogInfo:
    """A row of `logs`."""
    return LogInfo(
        log_no=row.log_no,
        origin=Origin(row.origin),
        log_id=LogId(bytes(row.log_id)),
        agency=AgencyCode(row.agency),
        generation=row.generation,
        max_delay_s=row.max_delay_s,
        start=TreeSize(row.start),
    )


def as_record(row: Sequence[Any]) -> StoredRecord:
    """A row of `RECORD`, read by place: by name each column would cost as much as the query."""
    place, leaf, sealed_facts, accepted_at, kind, batch, process_id, process_seq = row
    log_no, index = at_place(place)
    return StoredRecord(
        log_no=log_no,
        index=index,
        leaf=bytes(leaf),
        sealed_facts=None if sealed_facts is None else bytes(sealed_facts),
        accepted_at=Instant(accepted_at),
        kind=kind,
        batch=batch,
        process_id=process_id,
        process_seq=process_seq,
    )


def as_commit(row: Sequence[Any]) -> CommitInfo:
    """A row of `commits`."""
    place, root, checkpoint, receipt, signed_at, deadline = row
    return CommitInfo(
        size=TreeSize(at_place(place)[1]),
        root=Root(bytes(root)),
        checkpoint=checkpoint,
        receipt=receipt,
        signed_at=Instant(signed_at),
        deadline=Instant(deadline),
    )

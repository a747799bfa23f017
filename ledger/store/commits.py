"""Writing one group commit: records, ways to find them, tiles, checkpoint and receipt, in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, bindparam, insert, update
from sqlalchemy.exc import IntegrityError

from ledger.errors import ConflictError, StoreError
from ledger.ports.records import ONE_RECORD_KINDS, GroupCommit
from ledger.store import schema
from ledger.store.database import Database, insert_many, replace_many, rows_of
from ledger.store.places import at_place, place_of, tile_place


def number_as_integer(number: str) -> int:
    """`dddd-dddd-dddd-dddd` as the integer of its 16 digits."""
    return int(number.replace("-", ""))


def number_as_text(number: int) -> str:
    """The number in fours, leading zeros kept."""
    digits = f"{number:016d}"
    return f"{digits[:4]}-{digits[4:8]}-{digits[8:12]}-{digits[12:]}"


def write_group(database: Database, group: GroupCommit, inherited: Callable[[], int]) -> None:
    """Write a whole group commit; on disk when it returns, nothing of it if it raises.

    Args:
        database: where to.
        group: what; its records stand at `old_size` and after.
        inherited: asked where the log has no group commit yet: 0, or what it took over from its predecessor.

    Raises:
        StoreError: the log has another size than `old_size` (a second writer), the counts contradict each other, or
            the disk refused.
        ConflictError: a number, a document, an idempotency key or a process step is there already.
    """
    if group.size != group.old_size + len(group.records):
        raise StoreError(f"{len(group.records)} records do not lead from {group.old_size} to {group.size}.")
    with _refusing_twins(), database.write() as connection:
        _expect_size(connection, group, inherited)
        _write_records(connection, group)
        _write_tiles(connection, group)
        _count_batches(connection, group)


def write_keys(database: Database, rows: Sequence[tuple[object, ...]]) -> None:
    """Write rows of `idempotency` alone. Raises ConflictError where a key is used already."""
    with _refusing_twins(), database.write() as connection:
        insert_many(connection, schema.idempotency, rows)


@contextmanager
def _refusing_twins() -> Iterator[None]:
    """A unique key that refuses a row is the caller's conflict, not the disk's failure."""
    try:
        yield
    except StoreError as error:
        if isinstance(error.__cause__, IntegrityError):
            raise ConflictError(
                "A number, document, key or process step of this group is recorded already."
            ) from error
        raise


def _expect_size(connection: Connection, group: GroupCommit, inherited: Callable[[], int]) -> None:
    committed = committed_size(connection, group.log_no)
    size = inherited() if committed is None else committed
    if size != group.old_size:
        raise StoreError(
            f"The log has {size} records on disk, not {group.old_size}: another writer was here.",
            fix="Run one service on one data folder.",
        )


def committed_size(connection: Connection, log_no: int) -> int | None:
    """Size at the log's newest group commit; None where it has none of its own."""
    bounds = place_of(log_no, 0), place_of(log_no + 1, 0)
    statement = "SELECT place FROM commits WHERE place >= ? AND place < ? ORDER BY place DESC LIMIT 1"
    for (place,) in rows_of(connection, statement, *bounds):
        return at_place(place)[1]
    return None


def _write_records(connection: Connection, group: GroupCommit) -> None:
    log_no, first = group.log_no, place_of(group.log_no, group.old_size)
    place_of(log_no, group.size)
    rows, numbers, digests, keys, steps = [], [], [], [], []
    at = group.signed_at
    for place, record in enumerate(group.records, first):
        leaf, _, sealed, sha256, text, key, request, kind, batch, process, seq = record
        number = None if text is None else int(text.replace("-", ""))
        rows.append((place, leaf, sealed, sha256, number, at, kind, batch, process, seq))
        if number is not None:
            numbers.append((number, place))
        if sha256 is not None:
            ordinal = 0 if kind in ONE_RECORD_KINDS else at_place(place)[1] + 1
            digests.append((sha256, log_no, ordinal, place))
        if key is not None:
            keys.append((log_no, key, request, place))
        if process is not None:
            steps.append((process, log_no, seq, place))
    insert_many(connection, schema.records, rows)
    insert_many(connection, schema.numbers, numbers)
    insert_many(connection, schema.digests, digests)
    insert_many(connection, schema.idempotency, keys)
    insert_many(connection, schema.process_steps, steps)


def _write_tiles(connection: Connection, group: GroupCommit) -> None:
    replace_many(
        connection, schema.tiles, [(tile_place(group.log_no, *at), hashes) for at, hashes in group.tiles.items()]
    )
    commit = (group.root, group.checkpoint, group.receipt, group.signed_at, group.deadline)
    insert_many(connection, schema.commits, [(place_of(group.log_no, group.size), *commit)])


def _count_batches(connection: Connection, group: GroupCommit) -> None:
    """Keep count of each issuing batch, so that the size of a recall is known without reading the log."""
    batches = schema.batches.c
    for batch, added in Counter(record.batch for record in group.records if record.batch is not None).items():
        same = (batches.log_no == group.log_no, batches.batch == batch)
        found = connection.execute(
            update(schema.batches).where(*same).values(members=batches.members + bindparam("added")), {"added": added}
        )
        if found.rowcount == 0:
            connection.execute(
                insert(schema.batches).values(log_no=group.log_no, batch=batch, job=None, members=added)
            )

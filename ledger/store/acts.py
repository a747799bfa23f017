"""Status acts that the service accepted, from the moment of acceptance to their last state."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import Connection, insert, select, update

from ledger.errors import ConflictError, NotFoundError
from ledger.ports.chain import StatusAct
from ledger.ports.chain_store import StatusRequest
from ledger.store import schema
from ledger.store.database import Database, rows_of
from ledger.store.rows import AnyRow
from ledger.values import Digest32, Instant, LogId, LogIndex, Reason, Status

ACCEPTED: Final = "accepted"
REFUSED: Final = "refused"
OPEN: Final = (ACCEPTED, "sent")
"""States in which an act counts as in force although the chain does not show it yet."""


class SqlActs:
    """The status acts of one database: a part of `SqlChainStore`."""

    def __init__(self, database: Database) -> None:
        """Nothing is read yet."""
        self._database = database

    def accept_status(
        self,
        *,
        log_no: int,
        act: StatusAct,
        accepted_at: Instant,
        actor: str,
        idempotency_key: str | None,
        request_digest: Digest32,
    ) -> StatusRequest:
        """Durably accept a status act. Same key, same digest: the same act; other digest: ConflictError."""
        table = schema.status_acts.c
        with self._database.write() as connection:
            if idempotency_key is not None:
                same = (table.log_no == log_no, table.idempotency_key == idempotency_key)
                known = connection.execute(select(schema.status_acts).where(*same)).one_or_none()
                if known is not None and bytes(known.request_digest) != request_digest:
                    raise ConflictError(
                        "This idempotency key was used for another status act.", fix="Use a key once for one act."
                    )
                if known is not None:
                    return _request(connection, known)
            added = connection.execute(
                insert(schema.status_acts)
                .values(
                    log_no=log_no,
                    batches=int(act.batches),
                    after=int(act.after),
                    act=_act_as_json(act),
                    accepted_at=accepted_at,
                    actor=actor,
                    idempotency_key=idempotency_key,
                    request_digest=request_digest,
                    state=ACCEPTED,
                    problem=None,
                )
                .returning(schema.status_acts.c.act_no)
            )
            act_no = int(added.scalar_one())
            runs = [{"act_no": act_no, "first": first, "last": last} for first, last in runs_of(act.indexes)]
            if runs:
                connection.execute(insert(schema.act_runs), runs)
            return _request(connection, _row(connection, act_no))

    def find_status_request(self, log_no: int, idempotency_key: str) -> StatusRequest | None:
        """The act that was accepted under this key; None if there is none."""
        table = schema.status_acts.c
        query = select(schema.status_acts).where(table.log_no == log_no, table.idempotency_key == idempotency_key)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
            return None if row is None else _request(connection, row)

    def status_request(self, act_no: int) -> StatusRequest:
        """One act. Raises NotFoundError."""
        with self._database.read() as connection:
            return _request(connection, _row(connection, act_no))

    def open_status_requests(self, log_no: int | None = None) -> Sequence[StatusRequest]:
        """Acts that are not final or refused yet, oldest first."""
        table = schema.status_acts.c
        query = select(schema.status_acts).where(table.state.in_(OPEN)).order_by(table.act_no)
        if log_no is not None:
            query = query.where(table.log_no == log_no)
        with self._database.read() as connection:
            return [_request(connection, row) for row in connection.execute(query).all()]

    def refused_status_requests(self, limit: int) -> Sequence[StatusRequest]:
        """The newest acts that were refused, newest first."""
        table = schema.status_acts.c
        query = select(schema.status_acts).where(table.state == REFUSED).order_by(table.act_no.desc()).limit(limit)
        with self._database.read() as connection:
            return [_request(connection, row) for row in connection.execute(query).all()]

    def pending_status(self, log_no: int, index: LogIndex, batch: int | None) -> tuple[Status | None, Status | None]:
        """The newest status that was accepted but isn't mirrored from the chain yet: record's and batch's."""
        with self._database.read() as connection:
            record = self._pending(connection, log_no, index, batches=False)
            return record, None if batch is None else self._pending(connection, log_no, batch, batches=True)

    def set_status_state(self, act_no: int, state: str, problem: str | None, final_block: int | None = None) -> None:
        """Move an act on; `final` says the block. Raises NotFoundError."""
        with self._database.write() as connection:
            changed = connection.execute(
                update(schema.status_acts)
                .where(schema.status_acts.c.act_no == act_no)
                .values(state=state, problem=problem, final_block=final_block)
            )
            if changed.rowcount == 0:
                raise NotFoundError(f"There is no status act {act_no}.")

    def _pending(self, connection: Connection, log_no: int, member: int, *, batches: bool) -> Status | None:
        """Open acts are few and walked newest first; within one, the run before `member` is one look-up."""
        runs = schema.act_runs.c
        query = """
            SELECT act_no, after FROM status_acts
            WHERE state IN (?, ?) AND log_no = ? AND batches = ? ORDER BY act_no DESC
        """
        for act_no, after in rows_of(connection, query, *OPEN, log_no, int(batches)):
            last = connection.scalar(
                select(runs.last)
                .where(runs.act_no == act_no, runs.first <= member)
                .order_by(runs.first.desc())
                .limit(1)
            )
            if last is not None and last >= member:
                return Status(after)
        return None


def reopen_above(connection: Connection, block_number: int) -> None:
    """Acts that became final above a block are accepted again: a reorganisation took their transactions back."""
    table = schema.status_acts.c
    connection.execute(
        update(schema.status_acts)
        .where(table.final_block > block_number)
        .values(state=ACCEPTED, problem=None, final_block=None)
    )


def runs_of(indexes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Ascending indexes as (first, last) of runs of neighbours."""
    first = last = None
    for index in indexes:
        if first is None or last is None:
            first = last = index
        elif index == last + 1:
            last = index
        else:
            yield first, last
            first = last = index
    if first is not None and last is not None:
        yield first, last


def _act_as_json(act: StatusAct) -> str:
    return json.dumps(
        {
            "log_id": act.log_id.hex(),
            "before": act.before,
            "reason": act.reason,
            "retroactive": act.retroactive,
            "successor_log": None if act.successor_log is None else act.successor_log.hex(),
            "successors": act.successors,
        }
    )


def _row(connection: Connection, act_no: int) -> AnyRow:
    row = connection.execute(select(schema.status_acts).where(schema.status_acts.c.act_no == act_no)).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no status act {act_no}.")
    return row


def _request(connection: Connection, row: AnyRow) -> StatusRequest:
    runs = schema.act_runs.c
    spans = connection.execute(select(runs.first, runs.last).where(runs.act_no == row.act_no).order_by(runs.first))
    body = json.loads(row.act)
    return StatusRequest(
        act_no=row.act_no,
        log_no=row.log_no,
        act=StatusAct(
            log_id=LogId(bytes.fromhex(body["log_id"])),
            batches=bool(row.batches),
            before=Status(body["before"]),
            after=Status(row.after),
            reason=Reason(body["reason"]),
            retroactive=body["retroactive"],
            indexes=tuple(index for first, last in spans for index in range(first, last + 1)),
            successor_log=None if body["successor_log"] is None else LogId(bytes.fromhex(body["successor_log"])),
            successors=tuple(LogIndex(index) for index in body["successors"]),
        ),
        accepted_at=Instant(row.accepted_at),
        actor=row.actor,
        idempotency_key=row.idempotency_key,
        request_digest=Digest32(bytes(row.request_digest)),
        state=row.state,
        problem=row.problem,
        final_block=row.final_block,
    )

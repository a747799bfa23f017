"""Runs, activities, visits and rules: the store's side of `ledger.ports.runs.DeskStore`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict

from sqlalchemy import Connection, Select, delete, insert, select, update

from ledger.errors import ConflictError, NotFoundError
from ledger.ports.runs import Activity, NewRun, Run, RunState, Visit
from ledger.store import schema
from ledger.store.database import Database
from ledger.store.rows import AnyRow
from ledger.values import AgencyCode, Instant, LogIndex


class SqlDesk:
    """A `DeskStore` on one database."""

    def __init__(self, database: Database) -> None:
        """Nothing is read yet."""
        self._database = database

    def add_run(self, new: NewRun) -> Run:
        """Keep a run; a run with the same key is answered as it is."""
        table = schema.runs
        with self._database.write() as connection:
            same = table.c.agency == new.agency, table.c.key == new.key
            row = connection.execute(select(table).where(*same)).one_or_none()
            if row is None:
                values = {**asdict(new), "demo": int(new.demo), "state": RunState.DRAFT.value, "done": 0, "failed": 0}
                connection.execute(insert(table).values(**values))
                row = connection.execute(select(table).where(*same)).one()
            return _run(row)

    def run(self, agency: AgencyCode, run_no: int) -> Run:
        """One run of an agency. Raises NotFoundError."""
        with self._database.read() as connection:
            run = _run(_row(connection, run_no))
        if run.new.agency != agency:
            raise NotFoundError(f"Agency {agency} has no run {run_no}.")
        return run

    def run_with_key(self, agency: AgencyCode, key: str) -> Run | None:
        """The run that was made with this key; None if there is none."""
        table = schema.runs.c
        found = self._all(select(schema.runs).where(table.agency == agency, table.key == key))
        return found[0] if found else None

    def runs(self, agency: AgencyCode, *, before: int | None, limit: int) -> Sequence[Run]:
        """Runs of an agency, newest first; `before`: only those with smaller numbers."""
        table = schema.runs.c
        query = select(schema.runs).where(table.agency == agency).order_by(table.run_no.desc()).limit(limit)
        return self._all(query if before is None else query.where(table.run_no < before))

    def runs_in(self, states: Collection[RunState], agency: AgencyCode | None = None) -> Sequence[Run]:
        """Runs in these states, oldest first; of all agencies where none is named."""
        table = schema.runs.c
        query = select(schema.runs).where(table.state.in_([state.value for state in states])).order_by(table.run_no)
        return self._all(query if agency is None else query.where(table.agency == agency))

    def runs_to_delete(self, before: Instant) -> Sequence[Run]:
        """Runs made before an instant whose rows are still there, except those that are being issued."""
        table = schema.runs.c
        return self._all(
            select(schema.runs)
            .where(table.deleted_at.is_(None), table.created_at < before, table.state != RunState.ISSUING.value)
            .order_by(table.run_no)
        )

    def move_run(
        self,
        run_no: int,
        before: Collection[RunState],
        after: RunState,
        *,
        decided_by: int | None = None,
        started_at: Instant | None = None,
    ) -> Run:
        """Move a run on. Raises ConflictError where it is in no state of `before`: somebody was faster."""
        table = schema.runs
        values: dict[str, object] = {"state": after.value}
        values |= {"decided_by": decided_by} if decided_by is not None else {}
        values |= {"started_at": started_at} if started_at is not None else {}
        allowed = table.c.state.in_([state.value for state in before])
        with self._database.write() as connection:
            moved = connection.execute(update(table).where(table.c.run_no == run_no, allowed).values(values))
            row = _row(connection, run_no)
            if moved.rowcount == 0:
                raise ConflictError(f"The run is {row.state} already.", where="run", fix="Load the page again.")
            return _run(row)

    def progress_run(self, run_no: int, *, done: int, failed: int, first: LogIndex | None, batch: int | None) -> None:
        """Say how many rows have their answer; durable when it returns."""
        self._change(run_no, done=done, failed=failed, first=first, batch=batch)

    def finish_run(self, run_no: int, now: Instant) -> None:
        """Say that every row has its answer."""
        self._change(run_no, state=RunState.DONE.value, finished_at=now)

    def forget_run(self, run_no: int, now: Instant) -> None:
        """Say that its rows and papers are deleted; what was never issued is given up with them."""
        self._change(run_no, deleted_at=now, file_name="")
        with self._database.write() as connection:
            open_states = [RunState.DRAFT.value, RunState.WAITING.value]
            connection.execute(
                update(schema.runs)
                .where(schema.runs.c.run_no == run_no, schema.runs.c.state.in_(open_states))
                .values(state=RunState.CANCELLED.value)
            )

    def two_persons(self, agency: AgencyCode) -> bool:
        """Whether a second person must approve what this agency issues."""
        with self._database.read() as connection:
            query = select(schema.desk_rules.c.two_persons).where(schema.desk_rules.c.agency == agency)
            return bool(connection.scalar(query))

    def set_two_persons(self, agency: AgencyCode, needed: bool) -> None:
        """Set that rule."""
        table = schema.desk_rules
        with self._database.write() as connection:
            same = table.c.agency == agency
            if connection.execute(update(table).where(same).values(two_persons=int(needed))).rowcount == 0:
                connection.execute(insert(table).values(agency=agency, two_persons=int(needed)))

    def add_activity(self, agency: AgencyCode, at: Instant, account_no: int, body: str) -> Activity:
        """Keep an entry, durably."""
        table = schema.activities
        with self._database.write() as connection:
            added = connection.execute(
                insert(table).values(agency=agency, at=at, account_no=account_no, body=body, log_index=None)
            )
            row = connection.execute(select(table).where(table.c.entry_no == added.lastrowid)).one()
        return _activity(row)

    def activities(self, agency: AgencyCode, *, before: int | None, limit: int) -> Sequence[Activity]:
        """Entries of an agency, newest first; `before`: only those with smaller numbers."""
        table = schema.activities.c
        query = select(schema.activities).where(table.agency == agency).order_by(table.entry_no.desc()).limit(limit)
        if before is not None:
            query = query.where(table.entry_no < before)
        with self._database.read() as connection:
            return [_activity(row) for row in connection.execute(query).all()]

    def unrecorded_activities(self, limit: int) -> Sequence[Activity]:
        """The oldest entries that have no record yet."""
        table = schema.activities.c
        query = select(schema.activities).where(table.log_index.is_(None)).order_by(table.entry_no).limit(limit)
        with self._database.read() as connection:
            return [_activity(row) for row in connection.execute(query).all()]

    def place_activity(self, entry_no: int, index: LogIndex) -> None:
        """Say where an entry's record stands."""
        table = schema.activities
        with self._database.write() as connection:
            connection.execute(update(table).where(table.c.entry_no == entry_no).values(log_index=index))

    def add_visit(self, visit: Visit) -> None:
        """Keep that somebody looked."""
        with self._database.write() as connection:
            connection.execute(insert(schema.visits).values(**asdict(visit)))

    def visits(self, account_nos: Collection[int], limit: int) -> Sequence[Visit]:
        """The newest visits of these accounts, newest first."""
        table = schema.visits.c
        query = select(schema.visits).where(table.account_no.in_(account_nos)).order_by(table.visit_no.desc())
        with self._database.read() as connection:
            rows = connection.execute(query.limit(limit)).all()
        return [
            Visit(at=Instant(row.at), account_no=row.account_no, act=row.act, subject=row.subject) for row in rows
        ]

    def delete_visits(self, before: Instant) -> None:
        """Delete the visits before an instant, of every agency."""
        with self._database.write() as connection:
            connection.execute(delete(schema.visits).where(schema.visits.c.at < before))

    def _all(self, query: Select[tuple[object, ...]]) -> list[Run]:
        with self._database.read() as connection:
            return [_run(row) for row in connection.execute(query).all()]

    def _change(self, run_no: int, **values: object) -> None:
        table = schema.runs
        with self._database.write() as connection:
            connection.execute(update(table).where(table.c.run_no == run_no).values(values))


def _row(connection: Connection, run_no: int) -> AnyRow:
    row = connection.execute(select(schema.runs).where(schema.runs.c.run_no == run_no)).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no run {run_no}.")
    return row


def _run(row: AnyRow) -> Run:
    return Run(
        run_no=row.run_no,
        new=NewRun(
            key=row.key,
            agency=AgencyCode(row.agency),
            account_no=row.account_no,
            template=row.template,
            source=row.source,
            file_name=row.file_name,
            told=row.told,
            rows=row.rows,
            bad=row.bad,
            seed=bytes(row.seed),
            address=row.address,
            demo=bool(row.demo),
            supersedes=None if row.supersedes is None else LogIndex(row.supersedes),
            created_at=Instant(row.created_at),
        ),
        state=RunState(row.state),
        decided_by=row.decided_by,
        started_at=None if row.started_at is None else Instant(row.started_at),
        finished_at=None if row.finished_at is None else Instant(row.finished_at),
        done=row.done,
        failed=row.failed,
        first=None if row.first is None else LogIndex(row.first),
        batch=row.batch,
        deleted_at=None if row.deleted_at is None else Instant(row.deleted_at),
    )


def _activity(row: AnyRow) -> Activity:
    return Activity(
        entry_no=row.entry_no,
        agency=AgencyCode(row.agency),
        at=Instant(row.at),
        account_no=row.account_no,
        body=row.body,
        index=None if row.log_index is None else LogIndex(row.log_index),
    )

"""The issuing desk: what its pages ask for, with the rules of the office in one place.

Rules: a draft with anything to mend is not issued; where the agency asks for two persons, another person than the one
who made a run approves it; every act is kept in the activity log before it is done.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from ledger.errors import ConflictError, FormatError, InfrastructureError, InputError, NotFoundError
from ledger.hashing import canonical
from ledger.log.status import StatusService
from ledger.log.status_rules import StatusChange
from ledger.office.activity import ActivityLog
from ledger.office.folder import RunFolder
from ledger.office.issuing import Issuing
from ledger.office.papers import sample_of
from ledger.office.rows import Row, check_form, check_table
from ledger.office.templates import Template
from ledger.ports.accounts import Account
from ledger.ports.agencies import ApiRole
from ledger.ports.chain_store import StatusRequest
from ledger.ports.keys import Clock
from ledger.ports.runs import DeskStore, NewRun, Run, RunState
from ledger.sheets.reading import read_table
from ledger.values import AgencyCode, Instant, LogIndex

SAMPLE: Final = 3
"""Papers that the second person looks at."""
SEED_BYTES: Final = 32
KEY: Final = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)
HOUSE_S: Final = 3600.0
"""How often it is looked for what must go, in seconds."""
RUNS_SEARCHED: Final = 10_000
"""Newest runs among which a record's own is looked for: more than an office makes while papers are kept."""
_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a run is made from.

    Attributes:
        key: drawn with the page, so that a form which is sent twice makes one run.
        template: the paper.
        address: what is printed before `/r/…`.
        supersedes: index of the record that the paper corrects, or None.
    """

    key: str
    template: Template
    address: str
    supersedes: LogIndex | None = None


class Desk:
    """Makes, approves and issues runs, and changes what was issued."""

    def __init__(
        self,
        *,
        store: DeskStore,
        issuing: Issuing,
        activity: ActivityLog,
        status: StatusService,
        clock: Clock,
        upload_days: int,
        visit_days: int,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """Join what the desk needs; nothing runs yet."""
        self.activity = activity
        self._stopping = threading.Event()
        self._keeper: threading.Thread | None = None
        self._store = store
        self._issuing = issuing
        self._status = status
        self._clock = clock
        self._uploads_s = upload_days * _DAY_S
        self._visits_s = visit_days * _DAY_S
        self._random = random

    def start(self) -> None:
        """Go on with what was interrupted; delete what is old enough, now and from time to time."""
        self._stopping.clear()
        self._keeper = threading.Thread(target=self._keep_house, name="desk", daemon=True)
        self._keeper.start()
        self._issuing.start()
        self.activity.start()

    def stop(self) -> None:
        """End the desk's threads; what is not done is done after the next start."""
        self._stopping.set()
        self._issuing.stop()
        self.activity.stop()
        if self._keeper is not None:
            self._keeper.join()

    def draft_form(self, who: Account, draft: Draft, typed: Mapping[str, str]) -> Run | Row:
        """Make a run of one paper from what was typed; the row with its problems where there is something to mend."""
        row = check_form(draft.template, typed, self._issuing.printer().missing)
        if row.problems:
            return row
        return self._draft(who, draft, [row], None, source="form", file_name="", told="")

    def draft_table(self, who: Account, draft: Draft, data: bytes, file_name: str) -> Run:
        """Make a run from an uploaded table; rows with something to mend are kept with it and shown.

        Raises:
            SheetError: the file cannot be read as a table of this paper.
        """
        table = read_table(data)
        rows = list(check_table(draft.template, table, self._issuing.printer().missing))
        told = table.sheet if table.sheet is not None else str(table.encoding)
        return self._draft(who, draft, rows, data, source=table.form, file_name=file_name[:120], told=told)

    def ask(self, who: Account, run_no: int) -> Run:
        """Issue a draft, or ask the second person where the agency wants one.

        Raises:
            InputError: there is something to mend, or the run is past this point.
        """
        run = self.run(who, run_no)
        if run.new.bad:
            raise InputError(f"{run.new.bad} rows have something to mend.", where="run")
        if not self.folder(run).is_whole():
            raise InputError("The run's rows are not there.", where="run", fix="Upload the table again.")
        if self._store.two_persons(who.agency):
            self.activity.keep(who, "ask-approval", {"run": run_no, "rows": run.new.rows})
            return self._store.move_run(run_no, {RunState.DRAFT}, RunState.WAITING)
        self.activity.keep(who, "issue", _subject(run))
        return self._begin(run, {RunState.DRAFT}, None)

    def approve(self, who: Account, run_no: int) -> Run:
        """Approve and issue a run that waits.

        Raises:
            ConflictError: the person made it, or it does not wait.
        """
        run = self.run(who, run_no)
        self._refuse_own(who, run)
        self.activity.keep(who, "approve", _subject(run))
        return self._begin(run, {RunState.WAITING}, who.account_no)

    def cancel(self, who: Account, run_no: int) -> Run:
        """Give up a run, or refuse it as the second person; nothing of it was issued."""
        run = self.run(who, run_no)
        self.activity.keep(who, "refuse" if who.account_no != run.new.account_no else "give-up", {"run": run_no})
        return self._store.move_run(
            run_no, {RunState.DRAFT, RunState.WAITING}, RunState.CANCELLED, decided_by=who.account_no
        )

    def sample(self, run: Run) -> list[tuple[int, Row]]:
        """The rows that the second person compares with their papers: (place, row)."""
        lines = sample_of(run.new.seed, run.new.rows, SAMPLE)
        return list(zip(lines, self.folder(run).pick(lines), strict=True))

    def paper(self, run: Run, line: int) -> bytes:
        """A paper of a run: as it was issued, or before that as it would be.

        Raises:
            NotFoundError: it was deleted, or there is no such row.
        """
        if run.done >= line or run.state is RunState.DONE:
            return self.folder(run).paper(line)
        return self._issuing.render(run, line, self._row(run, line))

    def picture(self, run: Run, line: int) -> bytes:
        """The paper of a row as a picture, to be looked at. Raises NotFoundError where its row was deleted."""
        return self._issuing.picture(run, line, self._row(run, line))

    def _row(self, run: Run, line: int) -> Row:
        rows = self.folder(run).pick([line])
        if not rows or rows[0].problems:
            raise NotFoundError("There is no such paper.", where="line")
        return rows[0]

    def run(self, who: Account, run_no: int) -> Run:
        """One run of the person's agency. Raises NotFoundError."""
        return self._store.run(who.agency, run_no)

    def runs(self, who: Account, *, before: int | None = None, limit: int = 20) -> Sequence[Run]:
        """Runs of the person's agency, newest first."""
        return self._store.runs(who.agency, before=before, limit=limit)

    def waiting(self, who: Account) -> Sequence[Run]:
        """Runs that wait for a second person who is not this one's maker."""
        if who.role is not ApiRole.APPROVER:
            return []
        return [
            run for run in self._store.runs_in({RunState.WAITING}, who.agency) if run.new.account_no != who.account_no
        ]

    def run_of_record(self, who: Account, index: LogIndex, batch: int | None) -> tuple[Run, int] | None:
        """The run that issued a record while its papers are there, and the record's place in it; else None.

        Args:
            who: whose agency's runs.
            index: place of the record in the agency's log.
            batch: the record's issuing batch; None for a single paper.
        """
        for run in self._store.runs(who.agency, before=None, limit=RUNS_SEARCHED):
            ours = run.first == index if batch is None else run.batch == batch
            if ours and run.deleted_at is None:
                return next(
                    ((run, result.line) for result in self.folder(run).results() if result.index == index), None
                )
        return None

    def folder(self, run: Run) -> RunFolder:
        """The folder of a run."""
        return self._issuing.folder_of(run.run_no)

    def change(self, who: Account, change: StatusChange, *, key: str) -> StatusRequest:
        """Change the status of records or of a batch, in force at once.

        Raises:
            InputError: what `StatusService.change` refuses.
        """
        check_key(key)
        subject: dict[str, canonical.Json] = {
            "after": change.after.name.lower(),
            "batch": change.batch or 0,
            "indexes": [int(index) for index in change.indexes],
            "reason": change.reason.word,
            "retroactive": change.retroactive,
        }
        self.activity.keep(who, "change-status", subject)
        return self._status.change(
            who.agency, change, idempotency_key=f"clerk-{key}", actor=f"account {who.account_no}"
        )

    def needs_two_persons(self, agency: AgencyCode) -> bool:
        """Whether this agency wants a second person."""
        return self._store.two_persons(agency)

    def set_two_persons(self, who: Account, needed: bool) -> None:
        """Set whether a second person must approve what the agency issues."""
        self.activity.keep(who, "two-persons", {"needed": needed})
        self._store.set_two_persons(who.agency, needed)

    def delete_old(self) -> int:
        """Delete visits, and rows and papers of runs, that are older than the settings say; answers how many runs."""
        now = self._clock()
        self._store.delete_visits(Instant(now - self._visits_s))
        old = self._store.runs_to_delete(Instant(now - self._uploads_s))
        for run in old:
            self.folder(run).delete()
            self._store.forget_run(run.run_no, now)
        return len(old)

    def _keep_house(self) -> None:
        while True:
            # What the disk refuses now it may not refuse in an hour.
            with suppress(InfrastructureError):
                self.delete_old()
            if self._stopping.wait(HOUSE_S):
                return

    def _draft(self, who: Account, draft: Draft, rows: Sequence[Row], data: bytes | None, **told: str) -> Run:
        check_key(draft.key)
        known = self._store.run_with_key(who.agency, draft.key)
        if known is not None:
            return known
        new = NewRun(
            key=draft.key,
            agency=who.agency,
            account_no=who.account_no,
            template=draft.template.code,
            rows=len(rows),
            bad=sum(bool(row.problems) for row in rows),
            seed=self._random(SEED_BYTES),
            address=draft.address,
            demo=who.demo,
            supersedes=draft.supersedes,
            created_at=self._clock(),
            **told,
        )
        run = self._store.add_run(new)
        # A crash before the rows are whole leaves a draft that nobody can issue; its page says so.
        self.folder(run).write(rows, data, f"upload.{told['source']}")
        return run

    def _begin(self, run: Run, before: set[RunState], decided_by: int | None) -> Run:
        begun = self._store.move_run(
            run.run_no, before, RunState.ISSUING, decided_by=decided_by, started_at=self._clock()
        )
        if begun.new.source == "form":
            return self._issuing.issue_single(begun)
        self._issuing.enqueue(begun)
        return begun

    def _refuse_own(self, who: Account, run: Run) -> None:
        if who.account_no == run.new.account_no:
            raise ConflictError("Whoever made a run cannot approve it.", where="run", fix="Ask a colleague.")


def check_key(key: str) -> None:
    """Refuse a form whose key is not one that a page drew.

    Raises:
        FormatError: another form.
    """
    if not KEY.fullmatch(key):
        raise FormatError("The form has no key of its own.", where="key", fix="Load the page again.")


def _subject(run: Run) -> dict[str, str | int]:
    return {"run": run.run_no, "rows": run.new.rows, "template": run.new.template}

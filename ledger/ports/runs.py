"""Runs of the issuing desk, the office's activity log and its rules, as the store keeps them.

A run is one form or one uploaded table on its way to papers and records. Its rows and papers lie in a folder and are
deleted after some days; what the store keeps has nothing personal in it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ledger.values import AgencyCode, Instant, LogIndex


class RunState(StrEnum):
    """How far a run has come."""

    DRAFT = "draft"
    """Its rows can be looked at; nothing is issued."""
    WAITING = "waiting"
    """A second person must approve it."""
    ISSUING = "issuing"
    DONE = "done"
    CANCELLED = "cancelled"
    """Given up or refused before anything was issued."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """A run that is to be kept.

    Attributes:
        key: drawn with the form, so that sending it twice makes one run.
        account_no: who made it.
        template: code of the paper.
        source: form, csv or xlsx.
        file_name: name of the uploaded file; empty for a form.
        told: what the reader of the file found, for people: encoding or sheet.
        rows: rows that were read.
        bad: rows with something to mend.
        seed: 32 random bytes; the numbers of its papers follow from it.
        address: what is printed before `/r/…`.
        demo: whether its papers carry the mark of a demonstration.
        supersedes: index of the record that its one paper corrects.
    """

    key: str
    agency: AgencyCode
    account_no: int
    template: str
    source: str
    file_name: str
    told: str
    rows: int
    bad: int
    seed: bytes
    address: str
    demo: bool
    supersedes: LogIndex | None
    created_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as it is kept; `new` is what it was made with.

    Attributes:
        state: how far it has come.
        decided_by: who approved or refused it; None where nobody had to.
        started_at: when issuing began; the day of issue on its papers.
        done: rows that have their answer.
        failed: of these, rows that were refused.
        first: index of its first record; None before there is one.
        batch: its issuing batch; None for a single paper.
        deleted_at: when its rows and papers were deleted.
    """

    run_no: int
    new: NewRun
    state: RunState
    decided_by: int | None
    started_at: Instant | None
    finished_at: Instant | None
    done: int
    failed: int
    first: LogIndex | None
    batch: int | None
    deleted_at: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One entry of the activity log: who did what, without anything personal.

    Attributes:
        body: the entry's own bytes (RFC 8785 JSON with a random salt); their SHA-256 is recorded.
        index: place of its record in the agency's log; None until it is there.
    """

    entry_no: int
    agency: AgencyCode
    at: Instant
    account_no: int
    body: str
    index: LogIndex | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Somebody signed in or looked at personal facts; outside the ledger, and deleted after some time."""

    at: Instant
    account_no: int
    act: str
    subject: str


class DeskStore(Protocol):
    """Runs, activities, visits and the rules of each agency."""

    def add_run(self, new: NewRun) -> Run:
        """Keep a run; a run with the same key is answered as it is."""

    def run(self, agency: AgencyCode, run_no: int) -> Run:
        """One run of an agency. Raises NotFoundError."""

    def run_with_key(self, agency: AgencyCode, key: str) -> Run | None:
        """The run that was made with this key; None if there is none."""

    def runs(self, agency: AgencyCode, *, before: int | None, limit: int) -> Sequence[Run]:
        """Runs of an agency, newest first; `before`: only those with smaller numbers."""

    def runs_in(self, states: Collection[RunState], agency: AgencyCode | None = None) -> Sequence[Run]:
        """Runs in these states, oldest first; of all agencies where none is named."""

    def runs_to_delete(self, before: Instant) -> Sequence[Run]:
        """Runs made before an instant whose rows are still there, except those that are being issued."""

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

    def progress_run(self, run_no: int, *, done: int, failed: int, first: LogIndex | None, batch: int | None) -> None:
        """Say how many rows have their answer; durable when it returns."""

    def finish_run(self, run_no: int, now: Instant) -> None:
        """Say that every row has its answer."""

    def forget_run(self, run_no: int, now: Instant) -> None:
        """Say that its rows and papers are deleted."""

    def two_persons(self, agency: AgencyCode) -> bool:
        """Whether a second person must approve what this agency issues."""

    def set_two_persons(self, agency: AgencyCode, needed: bool) -> None:
        """Set that rule."""

    def add_activity(self, agency: AgencyCode, at: Instant, account_no: int, body: str) -> Activity:
        """Keep an entry, durably."""

    def activities(self, agency: AgencyCode, *, before: int | None, limit: int) -> Sequence[Activity]:
        """Entries of an agency, newest first; `before`: only those with smaller numbers."""

    def unrecorded_activities(self, limit: int) -> Sequence[Activity]:
        """The oldest entries that have no record yet."""

    def place_activity(self, entry_no: int, index: LogIndex) -> None:
        """Say where an entry's record stands."""

    def add_visit(self, visit: Visit) -> None:
        """Keep that somebody looked."""

    def visits(self, account_nos: Collection[int], limit: int) -> Sequence[Visit]:
        """The newest visits of these accounts, newest first."""

    def delete_visits(self, before: Instant) -> None:
        """Delete the visits before an instant, of every agency."""

"""Issuing stops after each of its steps, in turn, and goes on: the same papers, the same records, nothing twice."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import pytest
from support.clerks import PASSWORD
from support.service import SEOUL, Office
from support.tables import people, xlsx

from ledger.errors import NotFoundError, StoreError
from ledger.log.issuance import Issuance
from ledger.office.desk import Draft
from ledger.office.folder import RunFolder
from ledger.office.templates import template_of
from ledger.ports.accounts import Account
from ledger.ports.agencies import ApiRole
from ledger.ports.runs import Run, RunState
from ledger.store.desk import SqlDesk
from ledger.values import Instant

ROWS, PIECE = 12, 5
STEPS = [
    (RunFolder, "keep_paper", 7),
    (Issuance, "submit_many", 2),
    (RunFolder, "add_results", 2),
    (SqlDesk, "progress_run", 1),
    (SqlDesk, "progress_run", 3),
    (SqlDesk, "finish_run", 1),
]


@pytest.fixture(scope="module")
def account(office: Office) -> Account:
    return office.services.accounts.add(SEOUL, login="crashing", name="중단", role=ApiRole.CLERK, password=PASSWORD)


def draft(office: Office, account: Account, rows: int = ROWS) -> Run:
    made = Draft(key=secrets.token_urlsafe(18), template=template_of("completion"), address="http://127.0.0.1")
    return office.services.desk.draft_table(account, made, xlsx(people(rows)), "명단.xlsx")


@pytest.fixture
def begun(office: Office, account: Account, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run that was begun and that no thread takes."""
    desk = office.services.desk
    monkeypatch.setattr(desk._issuing, "enqueue", lambda run: None)
    monkeypatch.setattr("ledger.office.issuing.PIECE", PIECE)
    return desk.ask(account, draft(office, account).run_no)


def break_once(monkeypatch: pytest.MonkeyPatch, owner: type, name: str, at: int, *, after: bool) -> None:
    """Let the call number `at` fail, before it does anything or after it did it."""
    whole, calls = getattr(owner, name), [0]

    def breaking(*given: Any, **named: Any) -> Any:
        calls[0] += 1
        if calls[0] != at:
            return whole(*given, **named)
        if after:
            result = whole(*given, **named)
            if result is not None:
                list(result)
        raise StoreError("The disk is full.")

    monkeypatch.setattr(owner, name, breaking)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("owner", "name", "at"), STEPS, ids=[f"{name}-{at}" for _, name, at in STEPS])
def test_a_run_goes_on_from_any_step(
    office: Office, begun: Run, monkeypatch: pytest.MonkeyPatch, owner: type, name: str, at: int, *, after: bool
) -> None:
    desk, account = office.services.desk, office.services.accounts.account(begun.new.account_no)
    log_no = office.services.agencies.log(SEOUL).log_no
    desk.activity.record_waiting()
    size = office.services.records.tree_size(log_no)
    with monkeypatch.context() as patched:
        break_once(patched, owner, name, at, after=after)
        with pytest.raises(StoreError):
            desk._issuing.issue(begun)
    half = desk.run(account, begun.run_no)
    assert half.state is (RunState.DONE if (name, after) == ("finish_run", True) else RunState.ISSUING)
    desk._issuing.issue(half)
    whole = desk.run(account, begun.run_no)
    assert (whole.state, whole.done, whole.failed) == (RunState.DONE, ROWS, 0)
    results = list(desk.folder(whole).results())
    assert [result.line for result in results] == list(range(1, ROWS + 1))
    assert len({result.index for result in results}) == ROWS
    assert office.services.records.tree_size(log_no) == size + ROWS


def test_rows_and_papers_are_deleted_after_the_days_of_the_settings_and_records_stay(
    office: Office, account: Account, begun: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = office.services.desk
    desk._issuing.issue(begun)
    unissued = draft(office, account, 2)
    folder: Path = desk.folder(begun).path
    result = next(iter(desk.folder(begun).results()))
    assert folder.stat().st_mode & 0o777 == 0o700
    now = desk._clock()
    assert desk.delete_old() == 0
    monkeypatch.setattr(desk, "_clock", lambda: Instant(now + 7 * 86_400 + 60))
    assert desk.delete_old() >= 2
    assert not folder.exists()
    assert not desk.folder(unissued).path.exists()
    gone = desk.run(account, begun.run_no)
    assert (gone.state, gone.new.file_name) == (RunState.DONE, "")
    assert gone.deleted_at is not None
    assert desk.run(account, unissued.run_no).state is RunState.CANCELLED, "what was never issued never will be"
    with pytest.raises(NotFoundError):
        desk.paper(gone, 1)
    assert office.services.lookup.by_number(result.number).index == result.index


def test_who_looked_is_deleted_after_the_days_of_the_settings(
    office: Office, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = office.services.desk
    now, days = desk._clock(), office.settings.visit_days
    assert days >= 366, "the law wants a year at least"
    for age_s in (days * 86_400 + 60, days * 86_400 - 60, 0):
        monkeypatch.setattr(desk.activity, "_clock", lambda age_s=age_s: Instant(now - age_s))
        desk.activity.looked(account, "document", f"{age_s} s ago")
    entries = len(desk.activity.entries(account, before=None, limit=100))
    desk.delete_old()
    kept = {visit.subject for visit in desk.activity.visits([account], 100)}
    assert kept == {f"{days * 86_400 - 60} s ago", "0 s ago"}
    assert len(desk.activity.entries(account, before=None, limit=100)) == entries, "what was done stays"


def test_what_is_being_issued_is_not_deleted_under_the_issuer(
    office: Office, begun: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = office.services.desk
    now = desk._clock()
    monkeypatch.setattr(desk, "_clock", lambda: Instant(now + 30 * 86_400))
    desk.delete_old()
    assert desk.folder(begun).is_whole()

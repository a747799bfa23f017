"""What the clerk's pages show of runs, rows and records, in the page's language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from api.pages.clerk.desk import Clerk
from api.pages.results import Moment, moment
from api.pages.words import Words
from ledger.errors import ChainError
from ledger.office.rows import Row, label_of
from ledger.office.templates import Field, Template, template_of
from ledger.office.values import Problem
from ledger.ports.records import LogInfo
from ledger.ports.runs import Run, RunState
from ledger.values import LogIndex
from ledger.wiring import Services

STAGES: Final = ("accepted", "anchored", "final")
"""How far a record has come: on this office's disk, in a block, in a block that is not taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """A run in a list or at the head of its page."""

    no: int
    title: str
    source: str
    state: str
    state_word: str
    rows: int
    bad: int
    done: int
    failed: int
    percent: int
    made_by: str
    made_at: Moment
    decided_by: str | None
    batch: int | None
    deleted: bool
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RowView:
    """One row of a preview."""

    number: int
    values: tuple[str, ...]
    problems: tuple[str, ...]


def run_view(clerk: Clerk, run: Run) -> RunView:
    """A run as a page shows it."""
    words = clerk.words
    return RunView(
        no=run.run_no,
        title=title_of(template_of(run.new.template), words),
        source=words[f"run_source_{run.new.source}"],
        state=run.state.value,
        state_word=words[f"run_state_{run.state.value}"],
        rows=run.new.rows,
        bad=run.new.bad,
        done=run.done,
        failed=run.failed,
        percent=100 * run.done // run.new.rows if run.new.rows else 0,
        made_by=name_of(clerk, run.new.account_no),
        made_at=moment(run.new.created_at),
        decided_by=name_of(clerk, run.decided_by) if run.decided_by is not None else None,
        batch=run.batch,
        deleted=run.deleted_at is not None,
        told=_told(run, words),
    )


def row_view(row: Row, template: Template, words: Words) -> RowView:
    """A row with its problems in words; the cell is named first."""
    return RowView(
        number=row.number,
        values=tuple(row.values.get(asked.path, "") for asked in template.fields),
        problems=tuple(problem_words(problem, template, words) for problem in row.problems),
    )


def problem_words(problem: Problem, template: Template, words: Words) -> str:
    """What is wrong, as one sentence that begins with the cell and its field."""
    sentence = words.say(f"cell_{problem.kind}", **problem.values)
    label = next((label_of(asked, words.language) for asked in template.fields if asked.ko == problem.label), "")
    named = f"{problem.place}({label})" if label and "." not in problem.place else label or problem.place
    return f"{named}: {sentence}" if named else sentence


def title_of(template: Template, words: Words) -> str:
    """A template's title in the page's language."""
    return template.ko if words.language == "ko" else f"{template.en} ({template.ko})"


def labels(template: Template, words: Words) -> list[str]:
    """The labels of a template's fields."""
    return [label_of(asked, words.language) for asked in template.fields]


def label(asked: Field, words: Words) -> str:
    """A field's label."""
    return label_of(asked, words.language)


def name_of(clerk: Clerk, account_no: int) -> str:
    """What colleagues call an account."""
    return clerk.services.accounts.account(account_no).name


def stage_of(services: Services, log: LogInfo, index: LogIndex) -> str:
    """How far a record has come; where the chain does not answer, no further than the store knows."""
    if services.chain_store.anchor_covering(log.log_no, index) is not None:
        return "final"
    try:
        return "anchored" if services.chain.log_on_chain(log.log_id).size > index else "accepted"
    except ChainError:
        return "accepted"


def is_over(run: Run) -> bool:
    """Whether nothing of a run will change any more."""
    return run.state in (RunState.DONE, RunState.CANCELLED)


def _told(run: Run, words: Words) -> str:
    """What was found in the file: its encoding, or the sheet that was read."""
    if run.new.source == "csv":
        return words.say("run_told_csv", encoding=run.new.told.upper())
    if run.new.source == "xlsx":
        return words.say("run_told_xlsx", sheet=run.new.told)
    return ""

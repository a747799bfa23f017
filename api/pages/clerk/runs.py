"""A run's page: look at the rows, issue, see how far it is, take the result home."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from itertools import islice
from typing import IO, Annotated, Final, cast

from fastapi import APIRouter, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from api.auth import Act
from api.pages.clerk.bulk import download
from api.pages.clerk.desk import Clerk, Somebody, acting
from api.pages.clerk.views import RowView, is_over, labels, row_view, run_view, stage_of
from api.problems import Problem
from ledger.errors import InputError, NotFoundError
from ledger.office.templates import template_of
from ledger.ports.agencies import ApiRole
from ledger.ports.runs import Run, RunState
from ledger.sheets.reading import csv_lines
from ledger.values import LogIndex

router = APIRouter(include_in_schema=False)
RunNo = Annotated[int, Path(ge=1, lt=2**31)]
Reader = Annotated[Clerk, acting(Act.READ_WHOLE)]
Issuer = Annotated[Clerk, acting(Act.ISSUE)]
BAD_SHOWN: Final = 100
"""Rows with something to mend on the page; the file of problems has all of them."""
GOOD_SHOWN: Final = 10
RESULTS_SHOWN: Final = 20


@router.get("/clerk/runs")
def runs(clerk: Reader, before: Annotated[int | None, Query(ge=1, lt=2**31)] = None) -> Response:
    """Every run of the agency, newest first."""
    found = clerk.services.desk.runs(clerk.account, before=before)
    rows = [run_view(clerk, run) for run in found]
    return clerk.page("runs.html", {"rows": rows, "more": rows[-1].no if len(rows) == 20 else None})


@router.get("/clerk/runs/{run_no}")
def run_page(clerk: Reader, run_no: RunNo) -> Response:
    """One run, wherever it is; without script the page loads itself again while it is being issued."""
    run = clerk.services.desk.run(clerk.account, run_no)
    if run.state is RunState.DONE and run.new.source == "form" and run.first is not None:
        return clerk.go(f"/clerk/documents/{run.first}")
    return _page(clerk, run)


@router.post("/clerk/runs/{run_no}/issue")
async def issue(clerk: Issuer, run_no: RunNo) -> Response:
    """Issue what was looked at; the number of rows that the person read must be the run's."""
    form = await clerk.form()
    run = clerk.services.desk.run(clerk.account, run_no)
    if form.get("rows") != str(run.new.rows):
        raise InputError("The confirmation names another number of rows.", where="rows", fix="Load the page again.")
    if run.state is RunState.DRAFT:
        await run_in_threadpool(clerk.services.desk.ask, clerk.account, run_no)
    return clerk.go(f"/clerk/runs/{run_no}")


@router.post("/clerk/runs/{run_no}/approve")
async def approve(clerk: Somebody, run_no: RunNo) -> Response:
    """The second person says yes."""
    await clerk.form()
    _approver(clerk)
    await run_in_threadpool(clerk.services.desk.approve, clerk.account, run_no)
    return clerk.go(f"/clerk/runs/{run_no}")


@router.post("/clerk/runs/{run_no}/cancel")
async def cancel(clerk: Reader, run_no: RunNo) -> Response:
    """Give it up, or refuse it."""
    await clerk.form()
    run = clerk.services.desk.run(clerk.account, run_no)
    if clerk.account.account_no != run.new.account_no:
        _approver(clerk)
    await run_in_threadpool(clerk.services.desk.cancel, clerk.account, run_no)
    return clerk.go(f"/clerk/runs/{run_no}")


@router.get("/clerk/runs/{run_no}/problems.csv")
def problems(clerk: Reader, run_no: RunNo) -> Response:
    """Every row with something to mend, as a table."""
    run = clerk.services.desk.run(clerk.account, run_no)
    template = template_of(run.new.template)
    clerk.services.desk.activity.looked(clerk.account, "problems", f"#{run_no}")

    def lines() -> Iterator[list[str]]:
        yield [clerk.words["row_number"], clerk.words["row_problem"], *labels(template, clerk.words)]
        for row in clerk.services.desk.folder(run).rows():
            if row.problems:
                view = row_view(row, template, clerk.words)
                yield [str(view.number), " / ".join(view.problems), *view.values]

    return download(csv_lines(lines()), f"sillok-run-{run_no}-problems.csv")


@router.get("/clerk/runs/{run_no}/results.csv")
def results(clerk: Reader, run_no: RunNo) -> Response:
    """What became of every row, as a table."""
    run = clerk.services.desk.run(clerk.account, run_no)
    template, folder = template_of(run.new.template), clerk.services.desk.folder(run)
    clerk.services.desk.activity.looked(clerk.account, "results", f"#{run_no}")
    words = clerk.words

    def lines() -> Iterator[list[str]]:
        head = [words["row_number"], words["number"], words["row_index"], words["row_file"], words["row_problem"]]
        yield head + labels(template, words)
        for row, result in zip(folder.rows(), folder.results(), strict=False):
            place = "" if result.index is None else str(result.index)
            told = [str(row.number), result.number, place, f"{result.line:06d}.pdf", result.problem]
            yield told + [row.values[asked.path] for asked in template.fields]

    return download(csv_lines(lines()), f"sillok-run-{run_no}-results.csv")


@router.get("/clerk/runs/{run_no}/papers.zip")
def papers(clerk: Reader, run_no: RunNo) -> Response:
    """Every paper of the run, as they were issued."""
    run = clerk.services.desk.run(clerk.account, run_no)
    if run.deleted_at is not None:
        raise NotFoundError("The papers of this run were deleted.", where="run")
    clerk.services.desk.activity.looked(clerk.account, "papers", f"#{run_no}")
    headers = {"content-disposition": f'attachment; filename="sillok-run-{run_no}.zip"', "cache-control": "no-store"}
    return StreamingResponse(_zip(clerk, run), media_type="application/zip", headers=headers)


@router.get("/clerk/runs/{run_no}/papers/{line}.png")
def picture(clerk: Reader, run_no: RunNo, line: Annotated[int, Path(ge=1, le=100_000)]) -> Response:
    """One paper as a picture, beside its row."""
    run = clerk.services.desk.run(clerk.account, run_no)
    clerk.services.desk.activity.looked(clerk.account, "paper", f"#{run_no}/{line}")
    image = clerk.services.desk.picture(run, line)
    return Response(image, media_type="image/png", headers={"cache-control": "no-store"})


@router.get("/clerk/runs/{run_no}/papers/{line}")
def paper(clerk: Reader, run_no: RunNo, line: Annotated[int, Path(ge=1, le=100_000)]) -> Response:
    """One paper: as it was issued, or before that as it would be."""
    run = clerk.services.desk.run(clerk.account, run_no)
    clerk.services.desk.activity.looked(clerk.account, "paper", f"#{run_no}/{line}")
    headers = {"content-disposition": f'inline; filename="{line:06d}.pdf"', "cache-control": "no-store"}
    return Response(clerk.services.desk.paper(run, line), media_type="application/pdf", headers=headers)


def run_stage(clerk: Clerk, run: Run) -> str | None:
    """How far the run's last record has come; None before there is one."""
    if run.first is None:
        return None
    log = clerk.services.agencies.log(clerk.account.agency)
    last = LogIndex(run.first + max(0, run.done - run.failed - 1))
    return stage_of(clerk.services, log, min(last, LogIndex(clerk.services.records.tree_size(log.log_no) - 1)))


def _page(clerk: Clerk, run: Run) -> Response:
    template, folder, words = template_of(run.new.template), clerk.services.desk.folder(run), clerk.words
    there = run.deleted_at is None and folder.is_whole()
    bad: list[RowView] = []
    good: list[RowView] = []
    if there and run.state in (RunState.DRAFT, RunState.WAITING):
        clerk.services.desk.activity.looked(clerk.account, "preview", f"#{run.run_no}")
        for row in folder.rows():
            rows, most = (bad, BAD_SHOWN) if row.problems else (good, GOOD_SHOWN)
            if len(rows) < most:
                rows.append(row_view(row, template, words))
            if len(good) >= GOOD_SHOWN and len(bad) >= min(BAD_SHOWN, run.new.bad):
                break
    mine = run.new.account_no == clerk.account.account_no
    second = run.state is RunState.WAITING and clerk.account.role is ApiRole.APPROVER and not mine
    sample = clerk.services.desk.sample(run) if second and there else []
    view = {
        "run": run_view(clerk, run),
        "columns": labels(template, words),
        "bad": bad,
        "good": good,
        "there": there,
        "results": list(islice(folder.results(), RESULTS_SHOWN)) if run.done and there else [],
        "sample": [(line, row_view(row, template, words)) for line, row in sample],
        "second": second,
        "mine": mine,
        "stage": run_stage(clerk, run),
        "step": 2 if run.state is RunState.DRAFT else 4 if is_over(run) else 3,
        "two": clerk.services.desk.needs_two_persons(clerk.account.agency),
        "days": clerk.services.settings.upload_days,
    }
    return clerk.page("run.html", view)


def _approver(clerk: Clerk) -> None:
    if clerk.account.role is not ApiRole.APPROVER:
        raise Problem("forbidden", "Only an approver decides on a colleague's run.", where="account")


class _Pipe:
    """Where the archive is written to: it cannot be sought, so `zipfile` never goes back in it."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""

    def taken(self) -> bytes:
        """What was written since the last call."""
        data, self._pieces = b"".join(self._pieces), []
        return data


def _zip(clerk: Clerk, run: Run) -> Iterator[bytes]:
    """The archive as it is made: papers are stored as they are, since a PDF is compressed already."""
    folder, pipe = clerk.services.desk.folder(run), _Pipe()
    with zipfile.ZipFile(cast(IO[bytes], pipe), "w", zipfile.ZIP_STORED) as archive:
        for result in folder.results():
            if result.index is not None:
                archive.writestr(f"{result.line:06d}.pdf", folder.paper(result.line))
                yield pipe.taken()
    yield pipe.taken()

"""Issuing one paper: choose it, fill its fields, get the PDF."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.auth import Act
from api.pages.clerk.desk import Clerk, acting, text_of
from api.pages.clerk.views import label, problem_words, title_of
from ledger.errors import ConflictError, InputError
from ledger.office.desk import Draft
from ledger.office.rows import Row
from ledger.office.templates import TEMPLATES, Template, template_of
from ledger.ports.runs import Run, RunState
from ledger.values import LogIndex, Status

router = APIRouter(include_in_schema=False)
Issuer = Annotated[Clerk, acting(Act.ISSUE)]
Code = Annotated[str, Path(max_length=40)]
Corrects = Annotated[int | None, Query(ge=0, lt=2**53)]


@router.get("/clerk/issue")
def choose(clerk: Issuer) -> Response:
    """Which paper."""
    papers = [(template.code, title_of(template, clerk.words)) for template in TEMPLATES]
    return clerk.page("choose.html", {"papers": papers})


@router.get("/clerk/issue/{code}")
def form(clerk: Issuer, code: Code, corrects: Corrects = None) -> Response:
    """The fields of a paper; of a correction filled with what the wrong one has."""
    template = template_of(code)
    entered = present_values(clerk, LogIndex(corrects)) if corrects is not None else {}
    return _form(clerk, template, entered, secrets.token_urlsafe(18), corrects=corrects)


@router.post("/clerk/issue/{code}")
async def issue(clerk: Issuer, code: Code) -> Response:
    """Issue it, or show what is to be mended; sending the same form twice issues one paper."""
    fields = await clerk.form()
    template = template_of(code)
    entered = {asked.path: text_of(fields, asked.path) for asked in template.fields}
    corrects = _index(text_of(fields, "corrects"))
    draft = Draft(
        key=text_of(fields, "key"),
        template=template,
        address=printed_address(clerk),
        supersedes=LogIndex(corrects) if corrects is not None else None,
    )
    made = await run_in_threadpool(_issue, clerk, draft, entered)
    if isinstance(made, Row):
        problems = [(problem.place, problem_words(problem, template, clerk.words)) for problem in made.problems]
        return _form(clerk, template, entered, draft.key, corrects=corrects, problems=problems)
    return clerk.go(f"/clerk/runs/{made.run_no}")


def _issue(clerk: Clerk, draft: Draft, entered: dict[str, str]) -> Run | Row:
    desk = clerk.services.desk
    if draft.supersedes is not None:
        _must_stand(clerk, draft.supersedes)
    made = desk.draft_form(clerk.account, draft, entered)
    if isinstance(made, Row) or made.state is not RunState.DRAFT:
        return made
    return desk.ask(clerk.account, made.run_no)


def _must_stand(clerk: Clerk, index: LogIndex) -> None:
    """What is corrected must still stand: nothing follows revoked or superseded."""
    log = clerk.services.agencies.log(clerk.account.agency)
    if clerk.services.status.status_now(log.log_no, index).worse in (Status.REVOKED, Status.SUPERSEDED):
        raise ConflictError("This document no longer stands and cannot be corrected.", where="corrects")


def present_values(clerk: Clerk, index: LogIndex) -> dict[str, str]:
    """The facts of a record as its form would have them."""
    clerk.services.desk.activity.looked(clerk.account, "correct", str(index))
    view = clerk.services.lookup.by_index(clerk.account.agency, index)
    return {fact.path: str(fact.value) for fact in view.disclosures or ()}


def printed_address(clerk: Clerk) -> str:
    """What stands on papers before `/r/…`: the operator's public address, or the one that this page has."""
    return (clerk.services.settings.public_url or str(clerk.request.base_url)).rstrip("/")


def _index(text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or len(text) > 15:
        raise InputError("The corrected record is named by its place.", where="corrects")
    return int(text)


def _form(
    clerk: Clerk,
    template: Template,
    entered: dict[str, str],
    key: str,
    *,
    corrects: int | None,
    problems: list[tuple[str, str]] | None = None,
) -> Response:
    wrong = dict(problems or [])
    fields = [
        {
            "path": asked.path,
            "label": label(asked, clerk.words),
            "kind": asked.kind.value,
            "size": asked.size,
            "required": asked.required,
            "hint": clerk.words.say(f"field_{asked.kind.value}", size=f"{asked.size:,}"),
            "value": entered.get(asked.path, ""),
            "wrong": wrong.get(asked.path),
        }
        for asked in template.fields
    ]
    view = {
        "code": template.code,
        "title": title_of(template, clerk.words),
        "sentence": template.sentence,
        "fields": fields,
        "key": key,
        "corrects": corrects,
        "problems": problems or [],
        "two": clerk.services.desk.needs_two_persons(clerk.account.agency),
    }
    return clerk.page("form.html", view, 422 if problems else 200)

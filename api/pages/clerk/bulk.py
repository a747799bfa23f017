"""Issuing many: a table is uploaded and looked at; everything after that is on the run's page."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Path
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import Response

from api.auth import Act
from api.pages.clerk.desk import Clerk, acting, text_of
from api.pages.clerk.issue import printed_address
from api.pages.clerk.views import label, labels, title_of
from ledger.errors import InputError
from ledger.office.desk import Draft
from ledger.office.templates import TEMPLATES, Field, FieldKind, template_of
from ledger.sheets.cells import MAX_ROWS, SheetError
from ledger.sheets.reading import csv_lines

router = APIRouter(include_in_schema=False)
Issuer = Annotated[Clerk, acting(Act.ISSUE)]
_EXAMPLES: Final = {FieldKind.TEXT: "홍길동", FieldKind.DATE: "1990-01-02", FieldKind.NUMBER: "8"}


@router.get("/clerk/bulk")
def upload_page(clerk: Issuer) -> Response:
    """Step one of four: which paper, which table."""
    return _page(clerk, TEMPLATES[0].code, None)


@router.post("/clerk/bulk")
async def upload(clerk: Issuer) -> Response:
    """Read the table; what cannot be read at all is said here, what is wrong in a row on the run's page."""
    async with clerk.upload() as form:
        code, key, file = text_of(form, "template"), text_of(form, "key"), form.get("table")
        template = template_of(code)
        if not isinstance(file, UploadFile) or not file.filename:
            return _page(clerk, code, clerk.words["sheet_none"])
        data, name = await file.read(), file.filename
    draft = Draft(key=key, template=template, address=printed_address(clerk))
    try:
        run = await run_in_threadpool(clerk.services.desk.draft_table, clerk.account, draft, data, name)
    except SheetError as error:
        return _page(clerk, code, clerk.words.say(f"sheet_{error.kind}", **error.values))
    return clerk.go(f"/clerk/runs/{run.run_no}")


@router.get("/clerk/bulk/{code}.csv")
def example(clerk: Issuer, code: Annotated[str, Path(max_length=40)]) -> Response:
    """A table with the right columns and one row, to begin from."""
    template = template_of(code)
    row = [_example(asked) for asked in template.fields]
    return download(csv_lines([labels(template, clerk.words), row]), f"sillok-{code}.csv")


def download(lines: Iterable[bytes], name: str) -> Response:
    """A CSV file to be saved."""
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(b"".join(lines), media_type="text/csv; charset=utf-8", headers=headers)


def _example(asked: Field) -> str:
    if asked.kind is FieldKind.DIGITS:
        return "0012345678"[-asked.size :]
    if asked.path == "valid.until":
        return f"{date.today().year + 1}-12-31"
    return _EXAMPLES[asked.kind] if asked.required else ""


def _page(clerk: Clerk, chosen: str, problem: str | None) -> Response:
    if chosen not in {template.code for template in TEMPLATES}:
        raise InputError("There is no such template.", where="template")
    papers = [
        {
            "code": template.code,
            "title": title_of(template, clerk.words),
            "columns": ", ".join(
                label(asked, clerk.words) + ("" if asked.required else clerk.words["column_optional"])
                for asked in template.fields
            ),
        }
        for template in TEMPLATES
    ]
    view = {
        "papers": papers,
        "chosen": chosen,
        "problem": problem,
        "key": secrets.token_urlsafe(18),
        "most": f"{MAX_ROWS:,}",
        "days": clerk.services.settings.upload_days,
    }
    return clerk.page("upload.html", view, 422 if problem else 200)

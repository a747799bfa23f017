"""The activity log as a page, its rules, and each entry's own bytes so that anybody can check what was recorded."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.auth import Act
from api.pages.clerk.desk import Clerk, Somebody, acting, text_of
from api.pages.clerk.views import name_of
from api.pages.results import moment
from ledger.errors import InputError, NotFoundError
from ledger.office.activity import digest_of
from ledger.ports.runs import Activity

router = APIRouter(include_in_schema=False)
Managing = Annotated[Clerk, acting(Act.MANAGE_KEYS)]
SHOWN: Final = 50
VISITS_SHOWN: Final = 200


@router.get("/clerk/activity")
def activity(clerk: Somebody, before: Annotated[int | None, Query(ge=1, lt=2**31)] = None) -> Response:
    """Who did what, newest first; everybody of the agency may read it."""
    entries = clerk.services.desk.activity.entries(clerk.account, before=before, limit=SHOWN)
    view = {
        "rows": [_row(clerk, entry) for entry in entries],
        "more": entries[-1].entry_no if len(entries) == SHOWN else None,
        "two": clerk.services.desk.needs_two_persons(clerk.account.agency),
    }
    return clerk.page("activity.html", view)


@router.get("/clerk/activity/{entry_no}.json")
def entry_bytes(clerk: Somebody, entry_no: Annotated[int, Path(ge=1, lt=2**31)]) -> Response:
    """The bytes of one entry: their SHA-256 is the digest of its record, which `sillok verify` checks as a file."""
    found = clerk.services.desk.activity.entries(clerk.account, before=entry_no + 1, limit=1)
    if not found or found[0].entry_no != entry_no:
        raise NotFoundError("There is no such entry.", where="address")
    headers = {"content-disposition": f'attachment; filename="activity-{entry_no}.json"', "cache-control": "no-store"}
    return Response(found[0].body.encode(), media_type="application/json", headers=headers)


@router.get("/clerk/visits")
def visits(clerk: Managing) -> Response:
    """Who signed in and who looked at personal facts: for the administrator, and nowhere in the ledger."""
    people = {account.account_no: account for account in clerk.services.accounts.of_agency(clerk.account.agency)}
    found = clerk.services.desk.activity.visits(list(people.values()), VISITS_SHOWN)
    rows = [
        {
            "at": moment(visit.at),
            "who": people[visit.account_no].name,
            "what": clerk.words[f"looked_{visit.act.replace('-', '_').replace(' ', '_')}"],
            "about": visit.subject,
        }
        for visit in found
    ]
    return clerk.page("visits.html", {"rows": rows})


@router.post("/clerk/activity/rules")
async def rules(clerk: Managing) -> Response:
    """Whether a second person must approve what is issued."""
    form = await clerk.form()
    wanted = text_of(form, "two")
    if wanted not in ("yes", "no"):
        raise InputError("Choose one of the two.", where="two")
    await run_in_threadpool(clerk.services.desk.set_two_persons, clerk.account, wanted == "yes")
    return clerk.go("/clerk/activity")


def _row(clerk: Clerk, entry: Activity) -> dict[str, Any]:
    body = json.loads(entry.body)
    return {
        "no": entry.entry_no,
        "at": moment(entry.at),
        "who": name_of(clerk, entry.account_no),
        "what": clerk.words[f"did_{body['act'].replace('-', '_')}"],
        "about": _about(clerk, body["subject"]),
        "index": entry.index,
        "sha256": digest_of(entry).hex(),
    }


def _about(clerk: Clerk, subject: dict[str, Any]) -> str:
    """What an entry is about, in words."""
    words, parts = clerk.words, []
    if "run" in subject:
        parts.append(words.say("run_no", no=subject["run"]))
    if "rows" in subject:
        parts.append(words.say("did_rows", rows=f"{subject['rows']:,}"))
    if subject.get("batch"):
        parts.append(words.say("batch_no", batch=subject["batch"]))
    parts += [words.say("document_no", index=index) for index in subject.get("indexes", ())[:5]]
    if "after" in subject:
        parts.append(words[f"act_{subject['after']}{'_start' if subject['retroactive'] else ''}"])
        parts.append(words[f"public_reason_{subject['reason'].replace('-', '_')}"])
    if "needed" in subject:
        parts.append(words["rule_two" if subject["needed"] else "rule_one"])
    return " · ".join(parts)

"""The agency administrator's page: who may sign in."""

from __future__ import annotations

import secrets
from typing import Annotated, Final

from fastapi import APIRouter, Path
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.auth import Act
from api.pages.clerk.desk import Clerk, acting, text_of
from api.pages.results import moment
from ledger.errors import ConflictError, InputError
from ledger.ports.agencies import ApiRole

router = APIRouter(include_in_schema=False)
Managing = Annotated[Clerk, acting(Act.MANAGE_KEYS)]
Number = Annotated[int, Path(ge=1, lt=2**31)]
_DRAWN_BYTES: Final = 12
"""A drawn password has 16 characters; it is shown once, and its owner changes it."""


@router.get("/clerk/people")
def people(clerk: Managing) -> Response:
    """Everybody of the agency, and the form for one more."""
    return _page(clerk)


@router.post("/clerk/people")
async def add(clerk: Managing) -> Response:
    """Add a person with a drawn password, which this answer shows once."""
    form = await clerk.form()
    login, name, role = text_of(form, "login"), text_of(form, "name"), text_of(form, "role")
    entered = {"login": login, "name": name, "role": role}
    if role not in {member.value for member in ApiRole}:
        return _page(clerk, problem=("role", clerk.words["people_role_needed"]), entered=entered)
    password = secrets.token_urlsafe(_DRAWN_BYTES)
    try:
        added = await run_in_threadpool(
            clerk.services.accounts.add,
            clerk.account.agency,
            login=login,
            name=name,
            role=ApiRole(role),
            password=password,
            demo=clerk.account.demo,
        )
    except ConflictError:
        return _page(clerk, problem=("login", clerk.words["people_login_taken"]), entered=entered)
    except InputError as error:
        place = error.where if error.where in entered else "login"
        return _page(clerk, problem=(str(place), clerk.words[f"people_{place}_rule"]), entered=entered)
    return _page(clerk, made=("people_made", added.login, password))


@router.post("/clerk/people/{account_no}/reset")
async def reset(clerk: Managing, account_no: Number) -> Response:
    """Give somebody who lost it a drawn password, which this answer shows once. One's own is changed knowing it."""
    await clerk.form()
    if account_no == clerk.account.account_no:
        return clerk.go("/clerk/password")
    password = secrets.token_urlsafe(_DRAWN_BYTES)
    account = await run_in_threadpool(
        clerk.services.accounts.reset_password, clerk.account.agency, account_no, password
    )
    return _page(clerk, made=("people_reset_done", account.login, password))


@router.post("/clerk/people/{account_no}/disable")
async def disable(clerk: Managing, account_no: Number) -> Response:
    """Let somebody in no more. Oneself stays: an agency must not lock itself out."""
    await clerk.form()
    if account_no != clerk.account.account_no:
        await run_in_threadpool(clerk.services.accounts.disable, clerk.account.agency, account_no)
    return clerk.go("/clerk/people")


def _page(
    clerk: Clerk,
    *,
    problem: tuple[str, str] | None = None,
    entered: dict[str, str] | None = None,
    made: tuple[str, str, str] | None = None,
) -> Response:
    rows = [
        {
            "no": account.account_no,
            "login": account.login,
            "name": account.name,
            "role": clerk.words[f"account_role_{account.role.value}"],
            "since": moment(account.created_at),
            "until": moment(account.disabled_at) if account.disabled_at is not None else None,
            "self": account.account_no == clerk.account.account_no,
        }
        for account in clerk.services.accounts.of_agency(clerk.account.agency)
    ]
    view = {
        "rows": rows,
        "problem": problem,
        "entered": entered or {"login": "", "name": "", "role": ApiRole.CLERK.value},
        "made": made,
        "roles": [(role.value, clerk.words[f"account_role_{role.value}"]) for role in ApiRole],
    }
    return clerk.page("people.html", view, 422 if problem else 200)

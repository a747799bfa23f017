"""Signing in and out, and one's own password."""

from __future__ import annotations

import math
import secrets
from typing import Annotated, Final

from anyio import to_thread
from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.deps import desk_of
from api.pages.clerk.desk import (
    SIGN_IN,
    Somebody,
    Throttle,
    drop_session,
    is_secure,
    keep_session,
    render,
    safe_next,
    text_form,
    text_of,
    token_of,
    words_at,
)
from api.pages.rendering import PRIVATE
from api.rate import caller_of
from ledger.accounts.service import csrf_of
from ledger.errors import InputError

router = APIRouter(include_in_schema=False)
_BEFORE: Final = "sillok-before"
"""A cookie of the sign-in page alone: its form is bound to it, so that no other site can sign somebody in as
somebody else."""


@router.get(SIGN_IN)
def sign_in_page(request: Request, next_page: Annotated[str, Query(alias="next", max_length=200)] = "") -> Response:
    """The form."""
    return _form(request, next_page, None, 200)


@router.post(SIGN_IN)
async def sign_in(request: Request) -> Response:
    """Begin a session, or say that login and password don't belong together, and not which of them is wrong."""
    before = request.cookies.get(_BEFORE)
    if not before:
        return _form(request, "/clerk", ("sign_in_cookie", 0), 403)
    form = await text_form(request, csrf_of(before))
    login, password = text_of(form, "login"), str(form.get("password") or "")
    following = safe_next(text_of(form, "next"))
    throttle: Throttle = request.app.state.throttle
    host, name = caller_of(request.client.host if request.client else ""), login.casefold()[:64]
    wait = max(throttle.addresses.take(host), throttle.logins.take(name))
    if wait:
        return _form(request, following, ("sign_in_wait", math.ceil(wait)), 429, login)
    accounts = desk_of(request).services.accounts
    replaced = token_of(request)
    signed = await to_thread.run_sync(
        lambda: accounts.sign_in(login, password, replaces=replaced), limiter=throttle.hashing
    )
    if signed is None:
        return _form(request, following, ("sign_in_wrong", 0), 403, login)
    desk_of(request).services.desk.activity.looked(signed.account, "sign-in", "")
    throttle.addresses.give_back(host)
    throttle.logins.give_back(name)
    language = words_at(request).language
    response = RedirectResponse(f"{following}?lang={language}", 303, headers=PRIVATE)
    keep_session(request, response, signed.token)
    response.delete_cookie(_BEFORE, path=SIGN_IN)
    return response


@router.post("/clerk/sign-out")
async def sign_out(clerk: Somebody) -> Response:
    """End the session, here and in the browser."""
    await clerk.form()
    await run_in_threadpool(clerk.services.accounts.sign_out, clerk.signed.token)
    response = clerk.go(SIGN_IN)
    drop_session(clerk.request, response)
    # What the browser kept of pages with names on them goes too.
    response.headers["clear-site-data"] = '"cache", "storage"'
    return response


@router.get("/clerk/password")
def password_page(clerk: Somebody) -> Response:
    """The form for one's own password."""
    return clerk.page("password.html", {"problem": None})


@router.post("/clerk/password")
async def change_password(clerk: Somebody) -> Response:
    """Change one's own password; every other session of the account ends."""
    form = await clerk.form()
    old, new, again = (str(form.get(name) or "") for name in ("old", "new", "again"))
    if new != again:
        return clerk.page("password.html", {"problem": ("again", clerk.words["password_differs"])}, 422)
    try:
        signed = await run_in_threadpool(clerk.services.accounts.change_password, clerk.signed, old=old, new=new)
    except InputError as error:
        wrong = error.where == "old"
        words = clerk.words["password_old_wrong" if wrong else "password_rule"]
        return clerk.page("password.html", {"problem": ("old" if wrong else "new", words)}, 422)
    response = clerk.go("/clerk")
    keep_session(clerk.request, response, signed.token)
    return response


def _form(
    request: Request, following: str, problem: tuple[str, int] | None, status: int, login: str = ""
) -> Response:
    words = words_at(request)
    secret = request.cookies.get(_BEFORE) or secrets.token_urlsafe(24)
    view = {
        "next": safe_next(following),
        "login": login,
        "problem": words.say(problem[0], seconds=problem[1]) if problem else None,
        "csrf": csrf_of(secret),
    }
    response = render(request, "clerk/sign-in.html", words, view, status)
    response.set_cookie(_BEFORE, secret, path=SIGN_IN, httponly=True, samesite="strict", secure=is_secure(request))
    if status == 429 and problem:
        response.headers["retry-after"] = str(problem[1])
    return response

"""What every clerk's page needs: who is signed in, the form's token, the page itself.

A session is a cookie (`HttpOnly`, `SameSite=Strict`, `Secure` and `__Host-` over https). Every form carries a token
that only a page of the same session can know; a request that the browser itself calls foreign is refused before that.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any, Final
from urllib.parse import quote, urlsplit

from anyio import CapacityLimiter
from fastapi import Depends
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.auth import PERMISSIONS, Act
from api.deps import desk_of
from api.limits import SIGN_IN_ADDRESS, SIGN_IN_LOGIN
from api.pages.rendering import PRIVATE, TEMPLATES, WORDS
from api.pages.words import Words, choose_language
from api.problems import Problem
from api.rate import TokenBuckets
from ledger.accounts.service import SignedIn
from ledger.errors import InputError
from ledger.ports.accounts import Account
from ledger.ports.agencies import Agency
from ledger.settings import demo_folder
from ledger.wiring import Services

SIGN_IN: Final = "/clerk/sign-in"
MAX_FIELDS: Final = 60
_COOKIE: Final = "sillok-session"
_LANGUAGE_COOKIE: Final = "sillok-language"


class SignInNeededError(Exception):
    """Nobody is signed in: the browser is sent to sign in, and comes back to the page that it asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """How often somebody may fail to sign in: from one address, and under one login."""

    addresses: TokenBuckets = field(default_factory=lambda: TokenBuckets(SIGN_IN_ADDRESS, time.monotonic))
    logins: TokenBuckets = field(default_factory=lambda: TokenBuckets(SIGN_IN_LOGIN, time.monotonic))
    hashing: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(1))
    """Places of their own for what waits for a password's hash: in the threads that all others share, a burst of
    guesses would take every one of them, and nobody could verify."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clerk:
    """A signed-in person at a page."""

    request: Request
    services: Services
    signed: SignedIn
    words: Words

    @property
    def account(self) -> Account:
        """Who it is."""
        return self.signed.account

    @property
    def agency(self) -> Agency:
        """The person's agency."""
        return self.services.agencies.agency(self.account.agency)

    def may(self, act: Act) -> bool:
        """Whether the person's role allows an act; the same table as for API keys."""
        return self.account.role in PERMISSIONS[act]

    def must(self, act: Act) -> None:
        """Refuse where the role does not allow an act.

        Raises:
            Problem: 403; names the roles that may.
        """
        if not self.may(act):
            roles = " or ".join(sorted(PERMISSIONS[act]))
            raise Problem("forbidden", f"To {act.value} the role {roles} is needed.", where="account")

    def at(self, path: str) -> str:
        """The address of another page in this page's language."""
        joint = "&" if "?" in path else "?"
        return f"{path}{joint}lang={self.words.language}"

    def page(self, template: str, view: Mapping[str, Any], status: int = 200) -> HTMLResponse:
        """A page for this person."""
        whole = {"clerk": self, "may": self.may, "Act": Act, "csrf": self.signed.csrf, **view}
        return render(self.request, f"clerk/{template}", self.words, whole, status)

    def go(self, path: str) -> RedirectResponse:
        """Send the browser on after a form was taken."""
        return RedirectResponse(self.at(path), 303, headers=PRIVATE)

    async def form(self) -> FormData:
        """The text fields of a posted form, its token checked.

        Raises:
            Problem: 403 where the form is not from a page of this session.
        """
        return await text_form(self.request, self.signed.csrf)

    def upload(self) -> AbstractAsyncContextManager[FormData]:
        """The same with the file that came with it, which is there inside the `async with`."""
        return checked_form(self.request, self.signed.csrf)


def render(request: Request, template: str, words: Words, view: Mapping[str, Any], status: int = 200) -> HTMLResponse:
    """One page; the language link keeps the address where it can be asked for again."""
    path = request.url.path if request.method == "GET" else "/clerk"

    def at(address: str) -> str:
        return f"{address}{'&' if '?' in address else '?'}lang={words.language}"

    shown = {
        "other_address": f"{path}?lang={words.other}",
        "at": at,
        "demonstration": demo_folder(desk_of(request).services.settings.data).is_dir(),
        **view,
    }
    html = TEMPLATES.get_template(template).render(words=words, **shown)
    headers = {**PRIVATE, "content-language": words.language}
    response = HTMLResponse(html, status, headers=headers)
    response.set_cookie(_LANGUAGE_COOKIE, words.language, path="/clerk", samesite="lax", secure=is_secure(request))
    return response


def words_at(request: Request) -> Words:
    """The page's language: the address's, else the one used last, else the browser's."""
    asked = request.query_params.get("lang") or request.cookies.get(_LANGUAGE_COOKIE)
    return WORDS[choose_language(asked if asked in WORDS else None, request.headers.get("accept-language"))]


async def text_form(request: Request, csrf: str) -> FormData:
    """The text fields of a posted form; a file that came with them is thrown away. Raises as `checked_form`."""
    async with checked_form(request, csrf) as form:
        return FormData([(name, value) for name, value in form.multi_items() if isinstance(value, str)])


@asynccontextmanager
async def checked_form(request: Request, csrf: str) -> AsyncIterator[FormData]:
    """A posted form; its file is closed, and so deleted, at the end of the `async with`.

    Raises:
        Problem: 403 where the browser says that another site sent it, or its token is not this session's.
    """
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    # Our pages send no referrer, so a browser says `Origin: null` for their own forms too: then the token decides,
    # since over plain http, where no Sec-Fetch-Site is sent, nothing else could.
    foreign = origin not in (None, "null") and urlsplit(str(origin)).netloc != request.headers.get("host")
    if site not in ("same-origin", "none") or foreign:
        raise Problem("forbidden", "The form was sent from another site.", where="origin")
    async with request.form(max_files=1, max_fields=MAX_FIELDS) as form:
        if form.get("csrf") != csrf:
            raise Problem("forbidden", "The form is from another session.", where="csrf", fix="Load the page again.")
        yield form


def text_of(form: FormData, name: str, *, most: int = 1000) -> str:
    """A field as text; empty where it is missing.

    Raises:
        InputError: it is longer than any field of ours.
    """
    value = form.get(name) or ""
    if isinstance(value, UploadFile) or len(value) > most:
        raise InputError("A field is too long.", where=name)
    return value.strip()


def is_secure(request: Request) -> bool:
    """Whether the browser speaks https to us, directly or to the proxy in front."""
    public = desk_of(request).services.settings.public_url or ""
    return request.url.scheme == "https" or public.startswith("https://")


def cookie_name(request: Request) -> str:
    """The session's cookie: with `__Host-` no other host and no plain http can set it."""
    return f"__Host-{_COOKIE}" if is_secure(request) else _COOKIE


def keep_session(request: Request, response: Response, token: str) -> None:
    """Give the browser its session; it forgets it when it is closed."""
    response.set_cookie(
        cookie_name(request), token, path="/", httponly=True, samesite="strict", secure=is_secure(request)
    )


def drop_session(request: Request, response: Response) -> None:
    """Take the session from the browser."""
    response.delete_cookie(
        cookie_name(request), path="/", httponly=True, samesite="strict", secure=is_secure(request)
    )


def token_of(request: Request) -> str | None:
    """The session token that the browser sent."""
    return request.cookies.get(cookie_name(request))


def _signed_in(request: Request) -> Clerk:
    token, services = token_of(request), desk_of(request).services
    signed = services.accounts.signed_in(token) if token else None
    if signed is None:
        raise SignInNeededError
    return Clerk(request=request, services=services, signed=signed, words=words_at(request))


def acting(act: Act) -> Any:
    """The dependency of a page that needs a role with the permission `act`."""

    def dependency(clerk: Somebody) -> Clerk:
        clerk.must(act)
        return clerk

    return Depends(dependency)


async def to_sign_in(request: Request, _error: Exception) -> Response:
    """Send the browser to sign in, and then back to where it was."""
    back = request.url.path if request.method == "GET" else "/clerk"
    language = words_at(request).language
    return RedirectResponse(f"{SIGN_IN}?lang={language}&next={quote(back)}", 303, headers=PRIVATE)


def safe_next(path: str) -> str:
    """Where to go after sign-in: a clerk's page of ours, never another host."""
    inside = path == "/clerk" or path.startswith("/clerk/")
    return path if inside and "\\" not in path and "//" not in path and path.isprintable() else "/clerk"


Somebody = Annotated[Clerk, Depends(_signed_in)]
"""Whoever is signed in, in any role."""

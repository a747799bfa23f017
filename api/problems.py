"""Turns everything that goes wrong into an RFC 9457 problem document, and lets no stack trace out.

Every member is always there: `type` (a page of this service), `title`, `status`, `detail`, `where`, `fix` and
`instance` (a random name under which the operator's log has the occurrence; never a number or a digest).
"""

from __future__ import annotations

import json
import traceback
import uuid
from collections.abc import Mapping
from typing import Final

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problem_kinds import PROBLEMS, ProblemKind
from ledger.errors import SillokError, printable

MEDIA_TYPE: Final = "application/problem+json"
DEFAULT_WHERE: Final = "request"

_BY_STATUS: Final = {404: "not-found", 405: "method-not-allowed", 413: "too-large", 415: "unsupported-media-type"}
_log = structlog.get_logger("sillok.problems")


class Problem(HTTPException):
    """A problem that the interface itself finds; derives from HTTPException so that FastAPI passes it through.

    Attributes:
        kind: what page describes it.
        where: the member, header or line that it is about.
        fix: what the caller can do about it.
    """

    def __init__(
        self,
        slug: str,
        detail: str,
        *,
        where: str | None = None,
        fix: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Make a problem of the kind `slug`, one of `PROBLEMS`."""
        self.kind = PROBLEMS[slug]
        super().__init__(self.kind.status, detail, dict(headers or {}))
        self.where = where
        self.fix = fix


def kind_of(error: SillokError) -> ProblemKind:
    """The kind of an error of the ledger: its own slug, or that of the nearest ancestor that has a page."""
    for ancestor in type(error).__mro__:
        slug = getattr(ancestor, "slug", None)
        if slug in PROBLEMS:
            return PROBLEMS[slug]
    return PROBLEMS["error"]


def document(
    kind: ProblemKind, detail: str, where: str | None = None, fix: str | None = None
) -> dict[str, str | int]:
    """The members of one problem document."""
    return {
        "type": f"/problems/{kind.slug}",
        "title": kind.title,
        "status": kind.status,
        "detail": printable(detail),
        "where": printable(where or DEFAULT_WHERE),
        "fix": fix or kind.fix,
        "instance": uuid.uuid4().urn,
    }


def error_document(error: SillokError, place: str = DEFAULT_WHERE) -> dict[str, str | int]:
    """The problem document of an error of the ledger, for a whole answer or for one line of a bulk result.

    Args:
        error: what went wrong.
        place: where, if the error itself doesn't say.
    """
    return document(kind_of(error), error.what, error.where or place, error.fix)


def problem_response(content: Mapping[str, str | int], headers: Mapping[str, str] | None = None) -> Response:
    """A problem document as an HTTP answer."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(body, int(content["status"]), {"cache-control": "no-store", **(headers or {})}, MEDIA_TYPE)


async def answer_to(request: Request, error: Exception) -> Response:
    """The answer to an error that was raised on purpose: `SillokError`, or `HTTPException` and so `Problem`."""
    handle = _on_ledger_error if isinstance(error, SillokError) else _on_http_exception
    return await handle(request, error)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    """A problem of the interface, or Starlette's own 404, 405 and 413."""
    assert isinstance(error, HTTPException)
    if isinstance(error, Problem):
        return _answer(request, document(error.kind, str(error.detail), error.where, error.fix), error.headers)
    slug = _BY_STATUS.get(error.status_code, "error" if error.status_code >= 500 else "input")
    kind = PROBLEMS[slug]
    return _answer(request, document(kind, kind.meaning, "address" if slug != "input" else "body"), error.headers)


async def _on_ledger_error(request: Request, error: Exception) -> Response:
    """An error that the ledger raised on purpose."""
    assert isinstance(error, SillokError)
    content = error_document(error)
    if int(content["status"]) >= 500:
        _report(error, str(content["instance"]))
    return _answer(request, content, {"retry-after": "5"} if content["status"] == 503 else None)


async def _on_unreadable(request: Request, error: Exception) -> Response:
    """A parameter or body that FastAPI's own parsing refused: says where, never repeats what was sent."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return _answer(request, document(PROBLEMS["input"], f"{first['msg']}.", place))


def _answer(request: Request, content: dict[str, str | int], headers: Mapping[str, str] | None = None) -> Response:
    """A page for a person who looks at a page, a problem document for every program."""
    page = getattr(request.app.state, "problem_page", None)
    for_programs = request.url.path.startswith(("/v1/", "/log/"))
    if page is not None and not for_programs and "text/html" in request.headers.get("accept", ""):
        response: Response = page(request, content)
        return response
    return problem_response(content, headers)


def _report(error: BaseException, instance: str) -> None:
    """Write an occurrence to the operator's log: kinds and places only, since messages may hold numbers and names."""
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    cause = type(error.__cause__).__name__ if error.__cause__ else None
    _log.error("problem", instance=instance, error=type(error).__name__, cause=cause, frames=frames[-12:])


class LastResort:
    """The one place that catches everything: an unforeseen error becomes a problem document and a log line."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap the whole application."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a problem document if nothing was answered yet; else break the answer off, visibly."""
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            if scope["type"] != "http":
                raise
            kind = PROBLEMS["error"]
            content = document(kind, kind.meaning)
            _report(error, str(content["instance"]))
            if not started:
                await problem_response(content)(scope, receive, send)


def install(app: FastAPI) -> None:
    """Answer every failure of `app` with a problem document."""
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(SillokError, _on_ledger_error)
    app.add_exception_handler(RequestValidationError, _on_unreadable)
    app.add_middleware(LastResort)

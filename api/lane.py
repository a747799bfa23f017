"""The lane for single submissions: past FastAPI's own machinery, which costs more than recording does.

It answers what the router would: the documented route stands behind it and is the same function. Limits, headers,
access log and the last resort lie outside of it and hold here too.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import answer_to
from ledger.errors import SillokError

_PATH: Final = re.compile("/v1/agencies/([^/]*)/records")


class _Template(NamedTuple):
    """What the access log shows of a request."""

    path: str


_TEMPLATE: Final = _Template("/v1/agencies/{agency}/records")


class SubmissionLane:
    """Takes single submissions out of the stream of requests; everything else goes on."""

    def __init__(self, app: ASGIApp, submit: Callable[[Request], Awaitable[Response]]) -> None:
        """Hand submissions to `submit`, all else to `app`."""
        self.app = app
        self._submit = submit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        submission = scope["type"] == "http" and scope["method"] == "POST" and _PATH.fullmatch(scope["path"])
        if not submission:
            await self.app(scope, receive, send)
            return
        scope["route"], scope["path_params"] = _TEMPLATE, {"agency": submission[1]}
        request = Request(scope, receive)
        try:
            response = await self._submit(request)
        except (SillokError, HTTPException) as error:
            response = await answer_to(request, error)
        await response(scope, receive, send)

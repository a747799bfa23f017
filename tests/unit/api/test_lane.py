"""The lane for single submissions answers what the router behind it would."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from api.lane import SubmissionLane
from api.problems import Problem
from ledger.errors import ConflictError


async def behind(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("router")(scope, receive, send)


def asked(path: str, submit: Callable[[Request], Awaitable[Response]], method: str = "POST") -> tuple[int, bytes]:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": [], "query_string": b"", "app": FastAPI()}
    asyncio.run(SubmissionLane(behind, submit)(scope, receive, send))
    return sent[0]["status"], sent[1]["body"]


async def accepting(request: Request) -> Response:
    return PlainTextResponse(request.path_params["agency"], 201)


def test_only_single_submissions_take_the_lane() -> None:
    assert asked("/v1/agencies/6110000/records", accepting) == (201, b"6110000")
    for path in ("/v1/agencies/6110000/records:bulk", "/v1/agencies/6110000/records/1", "/v1/agencies/a/b/records"):
        assert asked(path, accepting) == (200, b"router"), path
    assert asked("/v1/agencies/6110000/records", accepting, "GET") == (200, b"router")


def test_what_is_refused_in_the_lane_is_a_problem_document() -> None:
    async def conflicting(request: Request) -> Response:
        raise ConflictError("This key was used.", fix="Take another.")

    async def hurried(request: Request) -> Response:
        raise Problem("rate-limited", "There are too many writes.", headers={"retry-after": "1"})

    status, body = asked("/v1/agencies/6110000/records", conflicting)
    assert (status, b"This key was used." in body, b"/problems/conflict" in body) == (409, True, True)
    assert asked("/v1/agencies/6110000/records", hurried)[0] == 429

"""Live state by server-sent events: how far a run and its records have come, until there is nothing more to tell.

Each stream asks the store twice a second, ends after some minutes (the browser then comes again by itself), and ends
with the session. It carries counts and stages, never a fact.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Final

from fastapi import APIRouter, Path
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import StreamingResponse

from api.auth import Act
from api.pages.clerk.desk import Clerk, acting
from api.pages.clerk.documents import record_of
from api.pages.clerk.runs import run_stage
from api.pages.clerk.views import is_over, stage_of
from api.problems import Problem
from ledger.values import LogIndex

router = APIRouter(include_in_schema=False)
Reader = Annotated[Clerk, acting(Act.READ_WHOLE)]
EVERY_S: Final = 0.5
LONGEST_S: Final = 120.0
MOST: Final = 200
"""Streams at the same time: each costs a look-up in the store twice a second."""
_HEADERS: Final = {"cache-control": "no-store", "x-accel-buffering": "no"}


class Streams:
    """How many streams are open, and whether the service is going down."""

    def __init__(self) -> None:
        """None is open."""
        self.open = 0
        self.closing = False


@router.get("/clerk/runs/{run_no}/events")
async def run_events(clerk: Reader, run_no: Annotated[int, Path(ge=1, lt=2**31)]) -> StreamingResponse:
    """State, rows done, and the stage of the last record."""
    # Whether there is such a run is said before the stream begins: afterwards it could only break off.
    await run_in_threadpool(clerk.services.desk.run, clerk.account, run_no)

    def ask() -> tuple[dict[str, object], bool]:
        run = clerk.services.desk.run(clerk.account, run_no)
        stage = run_stage(clerk, run)
        state: dict[str, object] = {
            "state": run.state.value,
            "word": clerk.words[f"run_state_{run.state.value}"],
            "done": run.done,
            "count": clerk.words.say("progress_count", done=f"{run.done:,}", rows=f"{run.new.rows:,}"),
            "stage": stage,
        }
        return state, is_over(run) and stage in (None, "final")

    return _stream(clerk, ask)


@router.get("/clerk/documents/{index}/events")
async def document_events(clerk: Reader, index: Annotated[int, Path(ge=0, lt=2**53)]) -> StreamingResponse:
    """The stage of a record, and whether an act on it waits for the chain."""
    view = await run_in_threadpool(record_of, clerk, LogIndex(index))

    def ask() -> tuple[dict[str, object], bool]:
        stage = stage_of(clerk.services, view.log, view.index)
        pending = clerk.services.status.status_now(view.log.log_no, view.index).pending
        state = "waiting" if pending else stage
        return {"state": state, "stage": stage}, stage == "final" and not pending

    return _stream(clerk, ask)


def _stream(clerk: Clerk, ask: Callable[[], tuple[dict[str, object], bool]]) -> StreamingResponse:
    streams: Streams = clerk.request.app.state.streams
    if streams.open >= MOST:
        raise Problem("rate-limited", "Too many pages watch at the same time.", headers={"retry-after": "30"})
    return StreamingResponse(
        _events(clerk.request, streams, clerk, ask), media_type="text/event-stream", headers=_HEADERS
    )


async def _events(
    request: Request, streams: Streams, clerk: Clerk, ask: Callable[[], tuple[dict[str, object], bool]]
) -> AsyncIterator[bytes]:
    streams.open += 1
    try:
        told = None
        for _ in range(int(LONGEST_S / EVERY_S)):
            state, over = await run_in_threadpool(ask)
            if state != told:
                told = state
                yield f"data: {json.dumps(state, ensure_ascii=False)}\n\n".encode()
            if over:
                yield b"event: over\ndata: {}\n\n"
                return
            await asyncio.sleep(EVERY_S)
            if streams.closing or await request.is_disconnected() or not await run_in_threadpool(_live, clerk):
                return
    finally:
        streams.open -= 1


def _live(clerk: Clerk) -> bool:
    return clerk.services.accounts.signed_in(clerk.signed.token, touch=False) is not None

"""Where a clerk begins."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from api.auth import Act
from api.pages.clerk.desk import Somebody
from api.pages.clerk.views import run_view

router = APIRouter(include_in_schema=False)
RUNS_SHOWN: Final = 5


@router.get("/clerk")
def home(clerk: Somebody) -> Response:
    """What the person can do here, what waits for a decision, and the newest runs."""
    desk, reads = clerk.services.desk, clerk.may(Act.READ_WHOLE)
    waiting = [run_view(clerk, run) for run in desk.waiting(clerk.account)]
    rows = [run_view(clerk, run) for run in desk.runs(clerk.account, limit=RUNS_SHOWN)] if reads else []
    view = {"rows": rows, "waiting": waiting, "days": clerk.services.settings.upload_days}
    return clerk.page("home.html", view)

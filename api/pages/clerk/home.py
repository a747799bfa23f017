"""Where a clerk begins."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.pages.clerk.desk import Somebody

router = APIRouter(include_in_schema=False)


@router.get("/clerk")
def home(clerk: Somebody) -> Response:
    """What the person can do here."""
    return clerk.page("home.html", {})

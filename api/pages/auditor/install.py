"""Puts the auditor's pages into an application."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI

from api.pages.auditor import award, plans

ROUTERS: Final = (award, plans)


def install_auditor(app: FastAPI) -> None:
    """Add every page."""
    for module in ROUTERS:
        app.include_router(module.router)

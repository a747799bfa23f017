"""Puts the clerk's pages into an application."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI

from api.pages.clerk import activity, acts, bulk, documents, events, home, issue, people, runs, sign_in
from api.pages.clerk.desk import SignInNeededError, Throttle, to_sign_in

ROUTERS: Final = (sign_in, home, issue, bulk, runs, documents, acts, events, activity, people)


def install_clerk(app: FastAPI) -> None:
    """Add every page; whoever is not signed in is sent to sign in."""
    app.state.throttle = Throttle()
    app.state.streams = events.Streams()
    app.add_exception_handler(SignInNeededError, to_sign_in)
    for module in ROUTERS:
        app.include_router(module.router)

"""The application: every address of the interface, made around one set of services."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import FastAPI

from api import problems
from api.deps import Desk
from api.doorway import Doorway
from api.lane import SubmissionLane
from api.openapi import describe
from api.pages.routes import install_pages
from api.routers import accounts, agencies, council, evidence, ledgers, operations, records, status, verifications
from ledger.settings import Settings
from ledger.wiring import Services

TITLE: Final = "Sillok"
VERSION: Final = "1"
DESCRIPTION: Final = """Issue records that anyone can check later, without trusting the office or the operator.

Every failure is a problem document (RFC 9457) whose `type` is a page here. Reading and verifying need no key. Writing
needs `Authorization: Bearer` with an agency's API key. Instants are UTC in whole seconds, digests are lower-case hex.
"""
ROUTERS: Final = (records, evidence, verifications, status, agencies, accounts, council, ledgers, operations)


def create_app(services: Services, settings: Settings) -> FastAPI:
    """The application around `services`; nothing is opened or started here, and nothing is closed but its threads."""
    desk = Desk.open(services, settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        desk.bulk.close()

    app = FastAPI(
        title=TITLE,
        version=VERSION,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        separate_input_output_schemas=False,
        redirect_slashes=False,
        # An exporter that happens to be installed would be told paths, and so numbers and process ids.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.desk = desk
    # From the inside out.
    app.add_middleware(SubmissionLane, submit=records.submit)
    problems.install(app)
    app.add_middleware(Doorway)
    for module in ROUTERS:
        app.include_router(module.router)
    install_pages(app, style_pages=settings.style_pages)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    return app


def _document(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        app.openapi_schema = describe(app)
    return app.openapi_schema

"""What a handler is given: the services, and the caller once it is let in.

A look-up is counted by address, a write by API key (see `api.limits`). A caller who sends an API key is counted by
that key for look-ups too, so that a whole office behind one address is not one caller.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Annotated, Any, Final

from anyio import CapacityLimiter
from fastapi import Depends
from starlette.requests import Request

from api.auth import OPERATOR, Act, Authenticator, permit
from api.bulk import BulkDesk
from api.limits import LOOKUP_BURST, VERIFYING_AT_ONCE, WRITE_BURST, Rate
from api.mailroom import Mailroom
from api.problems import Problem
from api.rate import TokenBuckets, caller_of
from ledger.ports.agencies import ApiKey
from ledger.settings import Settings
from ledger.values import AgencyCode, parse_agency
from ledger.wiring import Services

BEARER: Final = [{"apiKey": list[str]()}]
"""OpenAPI: this operation needs an API key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything that handlers share, made once by `create_app`."""

    services: Services
    authenticator: Authenticator
    lookups: TokenBuckets
    writes: TokenBuckets
    bulk: BulkDesk
    mail: Mailroom
    verifying: CapacityLimiter

    @classmethod
    def open(cls, services: Services, settings: Settings) -> Desk:
        """Make it from the services and the settings."""
        lookups = Rate(per_s=settings.lookups_per_s, burst=max(1, int(settings.lookups_per_s * LOOKUP_BURST)))
        writes = Rate(per_s=settings.writes_per_s, burst=max(1, int(settings.writes_per_s * WRITE_BURST)))
        return cls(
            services=services,
            authenticator=Authenticator(services.agency_store),
            lookups=TokenBuckets(lookups, time.monotonic),
            writes=TokenBuckets(writes, time.monotonic),
            bulk=BulkDesk(),
            mail=Mailroom(),
            verifying=CapacityLimiter(VERIFYING_AT_ONCE),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """A caller whose key allows what it wants to do for an agency."""

    desk: Desk
    agency: AgencyCode
    key: ApiKey

    @property
    def services(self) -> Services:
        """The ledger."""
        return self.desk.services

    @property
    def actor(self) -> str:
        """Who acts, for the office's own journal: the key's label and number, never its secret."""
        return f"{self.key.label} ({self.key.role.value}, key {self.key.key_no})"


def desk_of(request: Request) -> Desk:
    """The desk of the application that this request reached."""
    desk: Desk = request.app.state.desk
    return desk


def admit_lookup(request: Request) -> Services:
    """Let one look-up in.

    Raises:
        Problem: 429 with Retry-After; 401 where a key is sent that is not live.
    """
    desk = desk_of(request)
    host = caller_of(request.client.host if request.client else "")
    authorization = request.headers.get("authorization")
    if authorization is None:
        _wait(desk.lookups.take(host), "look-ups from this address")
        return desk.services
    try:
        key = desk.authenticator.key_of(authorization)
    except Problem:
        # Trying keys out costs as much as looking numbers up.
        _wait(desk.lookups.take(host), "look-ups from this address")
        raise
    _wait(desk.writes.take(key.key_no), "requests with this API key")
    return desk.services


def admit(request: Request, act: Act, agency: AgencyCode) -> Acting:
    """Let a caller act for an agency.

    Raises:
        Problem: 401 without a live key, 403 where it may not, 429 where it comes too often.
    """
    desk = desk_of(request)
    try:
        key = desk.authenticator.key_of(request.headers.get("authorization"))
    except Problem:
        _wait(desk.lookups.take(caller_of(request.client.host if request.client else "")), "tries without a live key")
        raise
    permit(key, act, agency)
    _wait(desk.writes.take(key.key_no), "requests with this API key")
    return Acting(desk=desk, agency=agency, key=key)


def _wait(seconds: float, of_what: str) -> None:
    if seconds:
        whole = max(1, math.ceil(seconds))
        raise Problem("rate-limited", f"There are too many {of_what}.", headers={"retry-after": str(whole)})


async def _looking(request: Request) -> Services:
    return admit_lookup(request)


async def _open(request: Request) -> Services:
    return desk_of(request).services


async def _agency(agency: str) -> AgencyCode:
    return parse_agency(agency)


def acting(act: Act) -> Any:
    """The dependency of a handler that needs a key with the permission `act` for the agency of its path."""

    async def dependency(request: Request, agency: InAgency) -> Acting:
        return admit(request, act, agency)

    return Depends(dependency)


def registering() -> Any:
    """The dependency of the one handler that is for the operator and names no agency in its path."""

    async def dependency(request: Request) -> Acting:
        return admit(request, Act.REGISTER_AGENCY, OPERATOR)

    return Depends(dependency)


Looking = Annotated[Services, Depends(_looking)]
"""The services, for a look-up that is counted."""
Open = Annotated[Services, Depends(_open)]
"""The services, for what is public and cheap: logs, trust file, health."""
InAgency = Annotated[AgencyCode, Depends(_agency)]
"""The agency of the path."""

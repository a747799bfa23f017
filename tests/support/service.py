"""One whole service in this process: real store, real embedded chain, real keys, a real server; and its callers.

A test says `office = running_office(folder)` and gets a small office with an agency, an API key of each role and a
client that speaks HTTP to it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from support.http import serving

from api.app import create_app
from ledger.ports.agencies import ApiRole
from ledger.settings import Settings, load_settings
from ledger.values import AgencyCode
from ledger.wiring import Services, open_services

SEOUL = AgencyCode("6110000")
BUSAN = AgencyCode("6260000")
OPERATOR = AgencyCode("0000000")
ANCHORED_WITHIN_S = 60


@dataclass(kw_only=True)
class Office:
    """A running service. `keys`: role of Seoul's (or `operator`, `other clerk`) → API key."""

    url: str
    services: Services
    settings: Settings
    client: httpx.Client
    keys: dict[str, str] = field(default_factory=dict)
    closing: ExitStack = field(default_factory=ExitStack)
    """What is closed before the service stops."""

    def call(
        self,
        method: str,
        path: str,
        *,
        role: str | None = None,
        headers: dict[str, str] | None = None,
        json: object = None,
        content: bytes | str | None = None,
    ) -> httpx.Response:
        """Call as somebody; without a role as a stranger."""
        given = dict(headers or {})
        if role is not None:
            given["Authorization"] = f"Bearer {self.keys[role]}"
        return self.client.request(method, self.url + path, headers=given, json=json, content=content)

    def get(self, path: str, *, role: str | None = None, **headers: str) -> httpx.Response:
        """GET; header names with `_` for `-`."""
        return self.call("GET", path, role=role, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def issue(self, submission: dict[str, object], *, key: str | None = None) -> dict[str, object]:
        """Issue one record as Seoul's clerk."""
        response = self.call(
            "POST",
            f"/v1/agencies/{SEOUL}/records",
            role="clerk",
            json=submission,
            headers={"Idempotency-Key": key} if key else None,
        )
        assert response.status_code in (200, 201), response.text
        content: dict[str, object] = response.json()
        return content

    def wait_anchored(self, size: int) -> None:
        """Wait until Seoul's log is anchored up to a size."""
        end = time.monotonic() + ANCHORED_WITHIN_S
        while (anchored := self.get(f"/v1/agencies/{SEOUL}").json()["log"]["anchored"]) is None or (
            anchored["size"] < size
        ):
            assert time.monotonic() < end, self.get("/healthz").text
            time.sleep(0.05)


@contextmanager
def running_office(folder: Path, **settings: object) -> Iterator[Office]:
    """A service on a folder, with the agencies Seoul and Busan; `settings` as the command line would give them."""
    given = {"data": folder, "lookups_per_s": 0, "anchor_age_s": 0.1, "chain_poll_s": 0.05} | settings
    made = load_settings(**given)
    with ExitStack() as opened:
        services = open_services(made)
        opened.callback(services.close)
        services.start()
        opened.callback(services.stop)
        url = opened.enter_context(serving(create_app(services, made)))
        client = opened.enter_context(httpx.Client(timeout=30))
        office = Office(url=url, services=services, settings=made, client=client)
        opened.enter_context(office.closing)
        office.keys |= _keys(services)
        yield office


def _keys(services: Services) -> dict[str, str]:
    agencies = services.agencies
    seoul = agencies.register(SEOUL, name_ko="서울특별시", name_en="Seoul Metropolitan Government", contact="02-120")
    busan = agencies.register(BUSAN, name_ko="부산광역시", name_en="Busan Metropolitan City", contact="051-120")
    assert seoul.api_key
    assert busan.api_key
    made = {role.value: agencies.create_api_key(SEOUL, role, f"test {role.value}").secret for role in ApiRole}
    operator = agencies.create_api_key(OPERATOR, ApiRole.ADMINISTRATOR, "operator").secret
    return made | {"clerk": seoul.api_key.secret, "other clerk": busan.api_key.secret, "operator": operator}

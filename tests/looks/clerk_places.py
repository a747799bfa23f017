"""The clerk's pages in their states: each role signed in, a table with errors, a finished run."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page
from support.clerks import Person, hire
from support.service import Office
from support.tables import people, xlsx

from ledger.ports.agencies import ApiRole

ROLES = {"clerk": ApiRole.CLERK, "administrator": ApiRole.ADMINISTRATOR}


def clerk_places(office: Office) -> list[tuple[str, str, str, Callable[[Page], None] | None]]:
    """(name, address, cookies' role, what is done there) of each page; signs the persons in and fills two runs."""
    clerk = _person(office, "clerk")
    broken, done = _upload(clerk, xlsx(people(20), _spoil)), _upload(clerk, xlsx(people(5)))
    waiting = _upload(clerk, xlsx(people(3)))
    clerk.get(f"/clerk/runs/{done}")
    clerk.send(f"/clerk/runs/{done}/issue")
    end = time.monotonic() + 60
    while "발급 끝" not in clerk.get(f"/clerk/runs/{done}"):
        assert time.monotonic() < end, clerk.words
        time.sleep(0.1)
    number = clerk.client.get(f"/clerk/runs/{done}/results.csv").text.splitlines()[1].split(",")[1]
    index = office.services.lookup.by_number(number).index
    pages = {
        "home": "/clerk",
        "issue": "/clerk/issue",
        "form": "/clerk/issue/completion",
        "bulk": "/clerk/bulk",
        "run-broken": f"/clerk/runs/{broken}",
        "run-ready": f"/clerk/runs/{waiting}",
        "run-done": f"/clerk/runs/{done}",
        "runs": "/clerk/runs",
        "search": "/clerk/search",
        "act": f"/clerk/acts?index={index}&to=revoked",
        "document": f"/clerk/documents/{index}",
        "password": "/clerk/password",
    }
    rows = [(f"clerk-{name}", path, "clerk", None) for name, path in pages.items()]
    rows.append(("clerk-form-wrong", "/clerk/issue/completion", "clerk", _send_wrong))
    rows += [(f"clerk-{name}", f"/clerk/{name}", "administrator", None) for name in ("people", "activity", "visits")]
    return [("clerk-sign-in", "/clerk/sign-in", "", None), *rows]


def _send_wrong(page: Page) -> None:
    page.fill('[name="holder.name"]', "홍😀동")
    form = 'form:has([name="holder.name"])'
    page.eval_on_selector(form, "form => { form.noValidate = true; }")
    page.locator(f"{form} button").last.click()
    page.wait_for_selector("[aria-invalid=true]")


def cookies(office: Office, role: str) -> list[Any]:
    """The session of a role, for a browser."""
    person = _person(office, role)
    return [{"name": one.name, "value": one.value, "url": office.url} for one in person.client.cookies.jar]


_SIGNED: dict[tuple[str, str], Person] = {}


def _person(office: Office, role: str) -> Person:
    key = (office.url, role)
    if key not in _SIGNED:
        _SIGNED[key] = hire(office, f"looks-{role}", ROLES[role])
    return _SIGNED[key]


def _upload(clerk: Person, table: bytes) -> int:
    clerk.get("/clerk/bulk")
    clerk.send("/clerk/bulk", files={"table": ("명단.xlsx", table)}, template="completion")
    found = re.fullmatch(r"/clerk/runs/(\d+)", clerk.path)
    assert found, clerk.words[:600]
    return int(found[1])


def _spoil(sheet: Any) -> None:
    sheet["C17"] = 123
    sheet["E10"] = "=4+4"
    sheet.row_dimensions[12].hidden = True

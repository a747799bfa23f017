"""Every page with hostile words wherever it takes one: in its address, its query, and each field of its forms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import quote, urlencode

import httpx
import pytest
from fastapi.routing import APIRoute
from support.clerks import PASSWORD, Form
from support.roles import PAGES, Address
from support.service import SEOUL, Office

from api.app import create_app
from ledger.ports.accounts import Account
from ledger.ports.agencies import ApiRole

WORDS = [
    "", " ", "0", "-1", "1", "9" * 23, str(2**63), "1e999", "NaN", "null", "true", "[]", "{}", "'", '"><script>',
    "../..", "\x00", "\ud800", "\ufeff", "é", "𝄞", "٣", "２０２６", "%", "%00", "2026-13-45", "9999-12-31T23:59:59Z",
    "0000-00-00", "=1+1", "x" * 3000, "1234-5678-9012-3459", "00" * 32, "ocds-213czf-000-00001", "ko", "revoked",
]  # fmt: skip
SKIPPED = {"POST /clerk/sign-out", "POST /clerk/sign-in", "POST /clerk/password", "POST /check/evidence"}
"""Ends the session, is throttled, hashes a password each time; and takes bytes, which tests/fuzz feeds."""


def written(value: str) -> str:
    """A word as an address carries it, whatever it is."""
    return quote(value.encode("utf-8", "surrogatepass"), safe="")


def parameters(routes: Iterable[object]) -> Iterator[tuple[str, list[str]]]:
    """Every page with the names of its query's parameters."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from parameters(inner.routes)
        elif isinstance(route, APIRoute) and not route.include_in_schema:
            for method in route.methods:
                yield f"{method} {route.path}", [field.alias for field in route.dependant.query_params]


@pytest.fixture(scope="module")
def queries(office: Office) -> dict[str, list[str]]:
    return dict(parameters(create_app(office.services, office.settings).routes))


@pytest.fixture(scope="module")
def people(office: Office) -> dict[str, Account]:
    office.issue({"kind": "certificate", "sha256": "03" * 32, "facts": {"holder.name": "홍길동"}})
    return {
        role.value: office.services.accounts.add(
            SEOUL, login=f"hostile-{role}", name=role.value, role=role, password=PASSWORD
        )
        for role in ApiRole
    }


@pytest.fixture(scope="module")
def browser(office: Office) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=office.url, timeout=30, headers={"accept": "text/html"}) as client:
        yield client


def cookie(office: Office, people: dict[str, Account], rule: str) -> dict[str, str]:
    """The session of somebody who may see this page."""
    role = next((role for role in ("clerk", "administrator", "approver") if role in PAGES[rule]), None)
    if role is None or "nobody" in PAGES[rule]:
        return {}
    accounts = office.services.accounts
    return {"cookie": f"sillok-session={accounts._begin(people[role], accounts._clock()).token}"}


def check(response: httpx.Response, what: object) -> None:
    assert response.status_code < 500, (what, response.text)
    if "text/html" in response.headers.get("content-type", ""):
        assert "<script>" not in response.text, what


@pytest.mark.parametrize("rule", [rule for rule in PAGES if rule.startswith("GET") and "static" not in rule])
def test_no_word_in_an_address_is_our_mistake(
    office: Office, people: dict[str, Account], browser: httpx.Client, queries: dict[str, list[str]], rule: str
) -> None:
    address, headers = Address.of(rule), cookie(office, people, rule)
    named = [part.split("}")[0] for part in address.path.split("{")[1:]]
    for word in WORDS:
        for name in named:
            check(browser.get(address.filled(**{name: written(word) or "x"}), headers=headers), (name, word))
        for name in [*queries.get(rule, []), "lang"]:
            path = address.filled().partition("?")[0]
            check(browser.get(f"{path}?{name}={written(word)}", headers=headers), (name, word))


@pytest.mark.parametrize("rule", [rule for rule in PAGES if rule.startswith("GET /clerk") or rule == "GET /"])
def test_no_word_in_a_form_is_our_mistake(
    office: Office, people: dict[str, Account], browser: httpx.Client, rule: str
) -> None:
    headers = cookie(office, people, rule)
    page = browser.get(Address.of(rule).filled(index="0", code="completion"), headers=headers)
    for action, given in Form(page.text).forms:
        path = action.partition("?")[0]
        if f"POST {path}" in SKIPPED or not given or ("csrf" not in given and path.startswith("/clerk")):
            continue
        for name in given.keys() - {"csrf"}:
            for word in WORDS:
                fields = {**given, name: word.encode("utf-8", "surrogatepass")}
                body = urlencode(fields)
                form = {**headers, "content-type": "application/x-www-form-urlencoded"}
                check(browser.post(action, headers=form, content=body), (action, name, word))

"""Every address × every caller: only what is allowed happens. The rules are in tests/support/roles.py."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from support.clerks import PASSWORD
from support.roles import ADMINISTRATORS, BODIES, INTERFACE, KEYS, PAGES, PEOPLE, PUBLIC, Address, served, table
from support.service import BUSAN, SEOUL, Office

from api.app import create_app
from ledger.accounts.service import csrf_of
from ledger.ports.accounts import Account
from ledger.ports.agencies import ApiRole
from ledger.values import AgencyCode, Instant

A = f"/v1/agencies/{SEOUL}"
LONG_AGO_S = 30 * 86400
KEYED = [rule for rule, allowed in INTERFACE.items() if not allowed >= PUBLIC]
"""What needs a key."""
People = dict[tuple[AgencyCode, ApiRole], Account]
MARK = "<!-- roles: {} -->\n"


@pytest.fixture(scope="module", autouse=True)
def a_record(office: Office) -> None:
    office.issue({"kind": "certificate", "sha256": "01" * 32})
    made = office.services.agencies.create_api_key(SEOUL, ApiRole.CLERK, "stolen")
    office.keys["revoked key"] = made.secret
    office.call("DELETE", f"{A}/api-keys/{made.key.key_no}", role="administrator")


@pytest.fixture(scope="module")
def people(office: Office) -> People:
    """An account of each role in Seoul and in Busan."""
    return {
        (agency, role): office.services.accounts.add(
            agency, login=f"matrix-{role}-{agency}", name=role.value, role=role, password=PASSWORD
        )
        for agency in (SEOUL, BUSAN)
        for role in ApiRole
    }


@pytest.fixture(scope="module")
def browser(office: Office) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=office.url, timeout=30, headers={"accept": "text/html"}) as client:
        yield client


def snapshot(office: Office) -> object:
    """What a caller could have changed: records, acts, keys, accounts, agencies."""
    services = office.services
    logs = [(log.log_no, services.records.head(log.log_no)) for log in services.records.logs()]
    agencies = [agency.code for agency in services.agency_store.agencies()]
    keys = {code: [(k.key_no, k.revoked_at) for k in services.agencies.api_keys(code)] for code in (SEOUL, BUSAN)}
    accounts = {
        code: [(a.account_no, a.disabled_at) for a in services.accounts.of_agency(code)] for code in (SEOUL, BUSAN)
    }
    return logs, agencies, keys, accounts


def test_every_address_has_a_rule(office: Office) -> None:
    found = set(served(create_app(office.services, office.settings).routes))
    without = found - INTERFACE.keys() - PAGES.keys()
    assert not without, f"say in tests/support/roles.py who may do this: {sorted(without)}"
    assert found == INTERFACE.keys() | PAGES.keys(), "a rule is about an address that is gone"


def refusal(role: str) -> int:
    return 401 if role in ("stranger", "revoked key") else 403


def call(office: Office, address: Address, role: str, **places: str) -> httpx.Response:
    body = BODIES.get(address.rule, {} if address.method == "POST" else None)
    raw = body if isinstance(body, bytes) else None
    return office.call(
        address.method,
        address.filled(**places),
        role=None if role == "stranger" else role,
        json=body if raw is None and body is not None else None,
        content=raw,
    )


@pytest.mark.parametrize("rule", INTERFACE)
def test_only_allowed_keys_get_past_the_door(office: Office, rule: str) -> None:
    before = snapshot(office)
    for role in KEYS:
        response = call(office, Address.of(rule), role)
        if role in INTERFACE[rule]:
            assert response.status_code not in (401, 403), (role, response.text)
            assert response.status_code < 500, (role, response.text)
        else:
            assert response.status_code == (401 if role in ("stranger", "revoked key") else 403), (
                role,
                response.text,
            )
            assert response.headers["content-type"] == "application/problem+json"
    assert snapshot(office) == before, "a refused call changed something"


@pytest.mark.parametrize(
    "rule", [rule for rule, allowed in INTERFACE.items() if "{agency}" in rule and not allowed >= PUBLIC]
)
def test_a_key_of_one_agency_does_nothing_for_another(office: Office, rule: str) -> None:
    for role in ("clerk", "approver", "administrator"):
        response = call(office, Address.of(rule), role, agency=str(BUSAN))
        assert response.status_code == 403, (role, response.text)


@pytest.mark.parametrize("rule", KEYED)
def test_a_session_of_the_pages_is_no_key(office: Office, people: People, browser: httpx.Client, rule: str) -> None:
    address = Address.of(rule)
    for role in ApiRole:
        cookie = f"sillok-session={session(office, people[SEOUL, role])}"
        response = browser.request(address.method, address.filled(), headers={"cookie": cookie})
        assert response.status_code == 401, (role, response.text)


def session(office: Office, account: Account, *, age_s: int = 0) -> str:
    """A session's token, as signing in gives it; or one that began long ago."""
    accounts = office.services.accounts
    now = Instant(accounts._clock() - age_s)
    return accounts._begin(account, now).token


def visit(browser: httpx.Client, address: Address, token: str | None, **places: str) -> httpx.Response:
    """Call a page as a browser does, with the token that each of its forms carries."""
    cookies = f"sillok-session={token}; sillok-before=before" if token else "sillok-before=before"
    form = {"csrf": csrf_of(token or "none")}
    if address.path == "/clerk/sign-in":
        form = {"csrf": csrf_of("before"), "login": f"matrix-{ApiRole.CLERK}-{SEOUL}", "password": PASSWORD}
    sent = form if address.method == "POST" else None
    return browser.request(address.method, address.filled(**places), headers={"cookie": cookies}, data=sent)


def is_let_in(response: httpx.Response) -> bool:
    away = re.match(r"/clerk/sign-in\?lang=.*&next=", response.headers.get("location", ""))
    return response.status_code not in (401, 403) and not away


@pytest.mark.parametrize("rule", PAGES)
def test_only_allowed_people_get_past_the_door(
    office: Office, people: People, browser: httpx.Client, rule: str
) -> None:
    before = snapshot(office)
    callers: list[tuple[str, Account | None, int]] = [
        ("nobody", None, 0),
        *((role.value, people[SEOUL, role], 0) for role in ApiRole),
        *(("expired", people[SEOUL, role], LONG_AGO_S) for role in ApiRole),
        *(("other agency", people[BUSAN, role], 0) for role in ApiRole),
    ]
    for caller, account, age_s in callers:
        token = session(office, account, age_s=age_s) if account is not None else None
        response = visit(browser, Address.of(rule), token)
        expected = caller in PAGES[rule]
        if caller == "other agency" and account is not None:  # its rights are those of its role
            expected = expected and account.role.value in PAGES[rule]
        assert response.status_code < 500, (caller, response.text)
        assert is_let_in(response) == expected, (caller, account, response.status_code, response.text[:500])
    assert snapshot(office) == before


@pytest.mark.parametrize(
    "rule", [rule for rule, allowed in PAGES.items() if allowed <= ADMINISTRATORS and "{" in rule]
)
def test_an_administrator_of_another_agency_changes_nothing_here(
    office: Office, people: People, browser: httpx.Client, rule: str
) -> None:
    before = snapshot(office)
    token = session(office, people[BUSAN, ApiRole.ADMINISTRATOR])
    victim = people[SEOUL, ApiRole.CLERK].account_no
    response = visit(browser, Address.of(rule), token, account_no=str(victim))
    assert response.status_code == 404, response.text
    assert snapshot(office) == before


def test_a_form_without_its_token_changes_nothing(office: Office, people: People, browser: httpx.Client) -> None:
    before = snapshot(office)
    for rule in PAGES:
        address = Address.of(rule)
        if address.method == "POST" and address.path.startswith("/clerk/"):
            token = session(office, people[SEOUL, ApiRole.ADMINISTRATOR])
            response = browser.post(
                address.filled(account_no=str(people[SEOUL, ApiRole.CLERK].account_no)),
                headers={"cookie": f"sillok-session={token}"},
                data={"csrf": csrf_of("another session")},
            )
            assert response.status_code == 403, (rule, response.text)
            assert office.services.accounts.signed_in(token) is not None
    assert snapshot(office) == before


def test_a_person_s_facts_are_disclosed_to_the_agency_only(office: Office) -> None:
    issued = office.issue({"kind": "certificate", "sha256": "02" * 32, "facts": {"holder.name": "홍길동"}})
    address = f"{A}/records/{issued['index']}/evidence?disclose=all"
    for role in KEYS:
        response = office.get(address, role=None if role == "stranger" else role)
        expected = 200 if role in ("clerk", "approver") else refusal(role)
        assert response.status_code == expected, (role, response.text)


def test_a_revoked_key_is_refused_by_the_next_request(office: Office) -> None:
    made = office.call("POST", f"{A}/api-keys", role="administrator", json={"role": "clerk", "label": "counter 3"})
    assert made.status_code == 201
    office.keys["short-lived"] = made.json()["apiKey"]
    assert office.get(f"{A}/evidence?batch=1&limit=1", role="short-lived").status_code == 200
    gone = office.call("DELETE", f"{A}/api-keys/{made.json()['keyNo']}", role="administrator")
    assert gone.status_code == 204
    assert office.get(f"{A}/evidence?batch=1&limit=1", role="short-lived").status_code == 401
    # A key that is not live is refused even where none is needed: its owner should know.
    assert office.get("/v1/records?sha256=" + "00" * 32, role="short-lived").status_code == 401
    listed = office.get(f"{A}/api-keys", role="administrator").json()["keys"]
    assert [key["revokedAt"] is not None for key in listed if key["label"] == "counter 3"] == [True]
    assert made.json()["apiKey"] not in str(listed)


def test_the_docs_show_the_same_tables(root: Path) -> None:
    page = root / "docs" / "api.md"
    text = page.read_text(encoding="utf-8")
    for name, made in (("interface", table(INTERFACE, KEYS)), ("pages", table(PAGES, PEOPLE))):
        head, rest = text.split(MARK.format(name))
        kept, tail = rest.split(MARK.format(f"end of {name}"))
        if os.environ.get("SILLOK_WRITE_ROLES"):
            text = head + MARK.format(name) + made + MARK.format(f"end of {name}") + tail
            page.write_text(text, encoding="utf-8")
        else:
            assert kept == made, "the rules changed: see the first lines of tests/support/roles.py"

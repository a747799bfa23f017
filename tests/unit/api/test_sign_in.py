"""Signing in to the clerk's pages: cookies, forms from elsewhere, guessing, roles."""

from __future__ import annotations

import httpx
import pytest
from support.clerks import PASSWORD, Person, hire
from support.service import BUSAN, SEOUL, Office

from ledger.ports.agencies import ApiRole


@pytest.fixture
def person(office: Office) -> Person:
    return Person(office)


def test_a_stranger_is_sent_to_sign_in_and_then_back_to_the_page(office: Office, person: Person) -> None:
    hire(office, "returning")
    person.get("/clerk/password")
    assert person.path == "/clerk/sign-in"
    person.send("/clerk/sign-in", login="returning", password=PASSWORD)
    assert person.path == "/clerk/password"
    person.send("/clerk/sign-out")
    assert person.path == "/clerk/sign-in"
    person.get("/clerk")
    assert person.path == "/clerk/sign-in"


@pytest.mark.parametrize(
    "elsewhere", ["https://example.org/", "//example.org", "/clerk//example.org", "/docs", "/\\x"]
)
def test_sign_in_leads_to_no_other_place(office: Office, person: Person, elsewhere: str) -> None:
    login = f"led-{abs(hash(elsewhere)) % 10**6}"
    hire(office, login)
    person.get(f"/clerk/sign-in?next={elsewhere}")
    person.send("/clerk/sign-in", login=login, password=PASSWORD)
    assert person.path == "/clerk"


def test_the_cookie_is_for_this_site_alone_and_no_script(office: Office, person: Person) -> None:
    hire(office, "cookies")
    page = person.client.get("/clerk/sign-in")
    person.text = page.text
    form = {"login": "cookies", "password": PASSWORD, "csrf": _csrf(page.text)}
    answer = person.client.post("/clerk/sign-in", data=form)
    assert answer.status_code == 303
    session = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("sillok-session="))
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(session.split("; "))
    assert "expires" not in session.lower()
    assert answer.headers["cache-control"] == "no-store"


def test_over_https_the_cookie_is_secure_and_bound_to_the_host(
    office: Office, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    hire(office, "secure")
    monkeypatch.setattr("api.pages.clerk.desk.is_secure", lambda request: True)
    page = person.client.get("/clerk/sign-in")
    token = page.cookies["sillok-before"]
    answer = person.client.post(
        "/clerk/sign-in",
        data={"login": "secure", "password": PASSWORD, "csrf": _csrf(page.text)},
        headers={"cookie": f"sillok-before={token}"},
    )
    session = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("__Host-sillok-session="))
    assert "Secure" in session.split("; ")


def test_a_form_from_elsewhere_is_refused(office: Office) -> None:
    clerk = hire(office, "victim")
    clerk.get("/clerk/password")
    token = _csrf(clerk.text)
    fields = {"old": PASSWORD, "new": "an attacker's own words", "again": "an attacker's own words"}

    def post(csrf: str, **headers: str) -> int:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return clerk.client.post("/clerk/password", data={**fields, "csrf": csrf}, headers=given).status_code

    other = hire(office, "other-session")
    other.get("/clerk/password")
    assert post("") == 403
    assert post(_csrf(other.text)) == 403
    assert post(token, sec_fetch_site="cross-site") == 403
    assert post(token, sec_fetch_site="same-site") == 403
    assert post(token, origin="https://example.org") == 403
    assert post(token, origin="null", sec_fetch_site="cross-site") == 403
    assert post("", origin="null", sec_fetch_site="same-origin") == 403
    clerk.get("/clerk")
    assert clerk.path == "/clerk", "nothing of it was done"
    assert post(token, origin="null", sec_fetch_site="same-origin") == 303, "what Chromium sends without a referrer"


def test_signing_in_needs_the_page_s_own_cookie(office: Office, person: Person) -> None:
    hire(office, "planted")
    page = person.client.get("/clerk/sign-in")
    answer = httpx.post(
        f"{office.url}/clerk/sign-in", data={"login": "planted", "password": PASSWORD, "csrf": _csrf(page.text)}
    )
    assert answer.status_code == 403
    assert "sillok-session" not in answer.headers.get("set-cookie", "")


def test_wrong_tries_say_the_same_and_are_slowed_down(office: Office, person: Person) -> None:
    hire(office, "guessed")
    said = {person.sign_in(login, "not this password") for login in ("guessed", "nobody-here")}
    assert len({text.replace("guessed", "").replace("nobody-here", "") for text in said}) == 1
    assert person.status == 403
    for _ in range(6):
        person.sign_in("guessed", "not this password")
    assert person.status == 429
    assert "초 뒤에" in person.words
    person.sign_in("guessed")
    assert person.status == 429, "the right password waits too"
    hire(office, "colleague")


def test_an_administrator_lets_people_in_and_out_and_issues_nothing(office: Office, person: Person) -> None:
    chief = hire(office, "chief", ApiRole.ADMINISTRATOR)
    chief.get("/clerk/people")
    chief.send("/clerk/people", login="New One", name="새 사람", role="clerk")
    assert chief.status == 422
    assert "영문 소문자" in chief.words
    chief.send("/clerk/people", login="newcomer", name="새 사람", role="clerk")
    drawn = chief.text.split("<code>")[1].split("</code>")[0]
    person.sign_in("newcomer", drawn)
    assert person.path == "/clerk"
    person.get("/clerk/people")
    assert person.status == 403
    no = next(a.account_no for a in office.services.accounts.of_agency(SEOUL) if a.login == "newcomer")
    chief.get("/clerk/people")
    chief.send(f"/clerk/people/{no}/disable")
    person.get("/clerk")
    assert person.path == "/clerk/sign-in"
    own = next(a.account_no for a in office.services.accounts.of_agency(SEOUL) if a.login == "chief")
    chief.send(f"/clerk/people/{own}/disable") if f"/{own}/disable" in chief.text else None
    chief.get("/clerk/people")
    assert chief.status == 200


def test_an_administrator_gives_a_new_password_to_who_lost_one_and_not_to_oneself(
    office: Office, person: Person
) -> None:
    forgetful, chief = hire(office, "forgetful"), hire(office, "keeper", ApiRole.ADMINISTRATOR)
    numbers = {account.login: account.account_no for account in office.services.accounts.of_agency(SEOUL)}
    chief.get("/clerk/people")
    assert f"/clerk/people/{numbers['keeper']}/reset" not in chief.text, "one's own is changed knowing it"
    token = _csrf(chief.text)
    chief.send(f"/clerk/people/{numbers['forgetful']}/reset")
    drawn = chief.text.split("<code>")[1].split("</code>")[0]
    assert "forgetful 계정에 새 비밀번호를 정했고" in chief.words
    forgetful.get("/clerk")
    assert forgetful.path == "/clerk/sign-in", "whoever was signed in is out"
    person.sign_in("forgetful")
    assert person.status == 403
    person.sign_in("forgetful", drawn)
    assert person.path == "/clerk"

    own = chief.client.post(f"/clerk/people/{numbers['keeper']}/reset", data={"csrf": token})
    assert (own.status_code, own.headers["location"].partition("?")[0]) == (303, "/clerk/password")
    chief.get("/clerk")
    assert chief.path == "/clerk"
    office.services.accounts.disable(SEOUL, numbers["forgetful"])
    gone = chief.client.post(f"/clerk/people/{numbers['forgetful']}/reset", data={"csrf": token})
    assert gone.status_code == 409


def test_people_of_one_agency_are_not_another_s(office: Office) -> None:
    chief = hire(office, "busan-chief", ApiRole.ADMINISTRATOR, BUSAN)
    chief.get("/clerk/people")
    assert "busan-chief" in chief.words
    seoul = office.services.accounts.of_agency(SEOUL)
    assert not any(account.login in chief.words for account in seoul if account.login != "chief")
    for act in ("disable", "reset"):
        answer = chief.client.post(f"/clerk/people/{seoul[0].account_no}/{act}", data={"csrf": _csrf(chief.text)})
        assert answer.status_code == 404


def test_accounts_come_through_the_api_too_without_secrets(office: Office) -> None:
    address = f"/v1/agencies/{SEOUL}/accounts"
    body = {"login": "by-api", "name": "명령줄", "role": "approver", "password": PASSWORD}
    made = office.call("POST", address, role="operator", json=body)
    assert made.status_code == 201
    assert PASSWORD not in made.text
    assert office.call("POST", address, role="operator", json=body).status_code == 409
    assert office.call("POST", address, role="operator", json=body | {"password": "short"}).status_code == 422
    listed = office.call("GET", address, role="administrator")
    assert "by-api" in listed.text
    assert "argon2" not in listed.text
    one = f"{address}/{made.json()['accountNo']}"
    for password, status in (("short", 422), (PASSWORD, 204)):
        answer = office.call("POST", f"{one}/password", role="administrator", json={"password": password})
        assert answer.status_code == status
        assert password not in answer.text
    assert office.call("DELETE", one, role="operator").status_code == 204


def _csrf(text: str) -> str:
    return text.split('name="csrf" value="')[1].split('"', maxsplit=1)[0]

"""A person at the clerk's pages without a browser: keeps cookies, fills forms, reads what a page says."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

import httpx
from support.service import SEOUL, Office

from ledger.ports.agencies import ApiRole
from ledger.values import AgencyCode

PASSWORD = "넓은 들 푸른 소나무 하나"


class Form(HTMLParser):
    """The forms of a page: action, method and the fields with their values."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self._select: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((given.get("action", ""), {}))
        elif self.forms and tag in ("input", "textarea", "button") and "name" in given:
            off = given.get("type") in ("checkbox", "radio") and "checked" not in given
            if not off and tag != "button":
                self.forms[-1][1][given["name"]] = given.get("value", "")
        elif self.forms and tag == "select":
            self._select = given.get("name")
        elif self.forms and tag == "option" and self._select:
            fields = self.forms[-1][1]
            if "selected" in given or self._select not in fields:
                fields[self._select] = given.get("value", "")


class Person:
    """Somebody with a browser that knows no script."""

    def __init__(self, office: Office, language: str = "ko") -> None:
        self.office = office
        self.client = httpx.Client(
            base_url=office.url, timeout=60, headers={"accept": "text/html", "accept-language": language}
        )
        office.closing.callback(self.client.close)
        self.text = ""
        self.status = 0
        self.path = ""

    def close(self) -> None:
        self.client.close()

    def get(self, path: str) -> str:
        """Open a page, following redirects."""
        return self._take(self.client.get(path, follow_redirects=True))

    def send(self, action: str, *, files: dict[str, tuple[str, bytes]] | None = None, **fields: str) -> str:
        """Fill the form of the present page with this action, and send it."""
        for address, given in Form(self.text).forms:
            if address.partition("?")[0] == action:
                return self._take(self.client.post(address, data=given | fields, files=files, follow_redirects=True))
        raise AssertionError(f"There is no form {action} on {self.path}:\n{self.words[:3000]}")

    @property
    def words(self) -> str:
        """The page as a person reads it."""
        body = re.sub(r"<(script|style|template).*?</\1>", " ", self.text, flags=re.DOTALL)
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())

    def sign_in(self, login: str, password: str = PASSWORD) -> str:
        """Sign in through the form."""
        self.get("/clerk/sign-in")
        return self.send("/clerk/sign-in", login=login, password=password)

    def _take(self, response: httpx.Response) -> str:
        self.text, self.status, self.path = response.text, response.status_code, response.url.path
        return self.words


def hire(office: Office, login: str, role: ApiRole = ApiRole.CLERK, agency: AgencyCode = SEOUL) -> Person:
    """Add an account and sign in with it."""
    office.services.accounts.add(agency, login=login, name=f"이름 {login}", role=role, password=PASSWORD)
    person = Person(office)
    person.sign_in(login)
    assert person.path == "/clerk", person.words
    return person

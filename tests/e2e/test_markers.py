"""Words planted in a whole story are in no log, no error, no metric and no process list; and facts in no file."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from support.clerks import Form
from support.service_process import Service, add_seoul, done, sillok

A = "/v1/agencies/6110000"
NAME = "표식길동칠삼"
BIRTH = "1990-02-31-mark"
CONTENT = "the planted content of a paper"
PASSWORD = "planted keystore password 8841"
LOGIN_PASSWORD = "planted login password 1207"
WRONG_PASSWORD = "planted wrong password 5530"
WRONG_KEY = "planted-api-key-3321"
ASKED = "planted-question-9917"
FACTS = {"holder.name": NAME, "holder.birthDate": BIRTH}

SECRETS = [NAME, BIRTH, CONTENT, PASSWORD, LOGIN_PASSWORD, WRONG_PASSWORD, WRONG_KEY]


@dataclass
class Story:
    """What was planted, and everywhere that it could have come out."""

    service: Service
    planted: list[str] = field(default_factory=lambda: list(SECRETS))
    numbers: list[str] = field(default_factory=list)
    """Numbers, digests and questions: for the asker, and for no log."""
    errors: list[str] = field(default_factory=list)
    processes: set[str] = field(default_factory=set)
    watching: bool = True

    def watch(self) -> None:
        """Look at the process list, again and again."""
        while self.watching:
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.processes.add(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
                except OSError:
                    continue
            time.sleep(0.02)

    def ask(self, client: httpx.Client, method: str, path: str, **given: object) -> httpx.Response:
        """One request; what is refused is kept."""
        response = client.request(method, self.service.url + path, **given)  # type: ignore[arg-type]
        if response.status_code >= 400:
            self.errors.append(response.text)
        return response


def issue(story: Story, client: httpx.Client, paper: Path) -> None:
    """Records by the command line and by HTTP, a look-up and a verification of each kind, a change of status."""
    service = story.service
    key = (service.data / "clerk-6110000.key").read_text().strip()
    story.planted.append(key)
    clerk = {"Authorization": f"Bearer {key}"}
    done("anchor", paper, "--agency", "6110000", "--kind", "certificate", "--data", service.data, cwd=paper.parent)
    made = story.ask(
        client, "POST", f"{A}/records", headers=clerk | {"Idempotency-Key": ASKED},
        json={"kind": "certificate", "sha256": "ab" * 32, "facts": FACTS},
    ).json()  # fmt: skip
    story.numbers += [made["number"], made["number"].replace("-", ""), "ab" * 32, ASKED]
    for path in (f"/v1/records?number={made['number']}", f"/v1/records?sha256={'ab' * 32}", f"/r/{made['number']}",
                 f"/v1/verifications?sha256={'ab' * 32}", f"{A}/records/{made['index']}/evidence"):  # fmt: skip
        assert story.ask(client, "GET", path).status_code == 200
    evidence = story.ask(client, "GET", f"{A}/records/{made['index']}/evidence?disclose=all", headers=clerk).content
    assert story.ask(client, "POST", "/v1/verifications", content=evidence).status_code == 200
    assert story.ask(client, "POST", "/check", data={"sha256": "ab" * 32}).status_code == 200
    revoked = {"to": "revoked", "reason": "issued-in-error", "indexes": [made["index"]]}
    assert story.ask(client, "POST", f"{A}/status", headers=clerk, json=revoked).status_code < 300


def stumble(story: Story, client: httpx.Client) -> None:
    """Every way to be refused, with something planted in it."""
    key = (story.service.data / "clerk-6110000.key").read_text().strip()
    clerk = {"Authorization": f"Bearer {key}"}
    facts = {"holder.name": NAME, "holder.bad name": BIRTH, "document.sha256": NAME}
    bad = {"kind": "certificate", "sha256": "cd" * 32, "facts": facts}
    for body in (bad, {**bad, "facts": {"holder.name": [NAME]}}, {**bad, "number": NAME}, {**bad, "kind": NAME}):
        story.ask(client, "POST", f"{A}/records", headers=clerk, json=body)
        story.ask(client, "POST", f"{A}/records:bulk?job={ASKED}", headers=clerk, content=json.dumps(body))
    story.ask(client, "POST", f"{A}/records", headers=clerk, content=f'{{"facts":{{"holder.name":"{NAME}"')
    story.ask(client, "POST", f"{A}/records", headers={"Authorization": f"Bearer {WRONG_KEY}"}, json=bad)
    story.ask(client, "POST", f"{A}/status", headers=clerk, json={"to": NAME, "reason": BIRTH})
    story.ask(client, "POST", "/v1/verifications", content=CONTENT)
    story.ask(client, "POST", "/check", data={"sha256": CONTENT, "number": NAME})
    story.ask(client, "POST", "/check/evidence", content=CONTENT, headers={"x-document-sha256": ASKED})
    curious: dict[str, str] = {
        "User-Agent": ASKED,
        "Referer": f"https://{ASKED}",
        "Cookie": f"sillok-session={ASKED}",
    }
    for path in (f"/v1/records?number={ASKED}", f"/{ASKED}", f"/r?number={ASKED}", f"/v1/processes/{ASKED}",
                 f"/v1/verifications?sha256={ASKED}", f"/?lang={ASKED}", f"/agencies/{ASKED}", "/clerk"):  # fmt: skip
        story.ask(client, "GET", path, headers=curious)
    story.ask(client, "GET", f"/v1/records?number={'9' * 5000}")
    story.ask(client, "POST", f"{A}/api-keys", headers=clerk, json={"role": "clerk", "label": NAME})


def sign_in(story: Story) -> None:
    """An official signs in: with a wrong password, then with the right one."""
    operator = (story.service.data / "operator.key").read_text().strip()
    story.planted.append(operator)
    with httpx.Client(base_url=story.service.url, timeout=60, headers={"accept": "text/html"}) as client:
        person = {"login": "official", "name": "담당", "role": "clerk", "password": LOGIN_PASSWORD}
        headers = {"Authorization": f"Bearer {operator}"}
        assert client.post(f"{A}/accounts", headers=headers, json=person).status_code == 201
        for password, status in ((WRONG_PASSWORD, 403), (LOGIN_PASSWORD, 303)):
            [form] = [f for a, f in Form(client.get("/clerk/sign-in").text).forms if a.startswith("/clerk/sign-in")]
            answer = client.post("/clerk/sign-in", data=form | {"login": "official", "password": password})
            assert answer.status_code == status, answer.text
            story.errors.append(answer.text)
        story.planted.append(client.cookies["sillok-session"])
        story.ask(client, "GET", "/clerk/people")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("markers")
    (folder / "password").write_text(PASSWORD)
    (folder / "wrong").write_text(WRONG_PASSWORD)
    paper = folder / "paper.txt"
    paper.write_text(CONTENT)
    options = ("--keystore-password-file", str(folder / "password"))
    told = Story(Service(folder / "data", options))
    watcher = threading.Thread(target=told.watch)
    watcher.start()
    try:
        told.service.start()
        add_seoul(told.service)
        with httpx.Client(timeout=60) as client:
            issue(told, client, paper)
            stumble(told, client)
            for path in ("/metrics", "/healthz", "/readyz"):
                told.errors.append(told.ask(client, "GET", path).text)
        sign_in(told)
        told.service.stop()
        refused = sillok("up", "--data", told.service.data, "--port", "0",
                         "--keystore-password-file", folder / "wrong")  # fmt: skip
        assert refused.returncode != 0
        assert "password" in refused.stderr
        told.errors += [refused.stdout, refused.stderr]
        yield told
    finally:
        told.watching = False
        watcher.join()
        told.service.stop()


def found(words: list[str], text: str) -> list[str]:
    """Which of these words are in a text, as they are or as JSON, URLs and HTML write them."""
    escaped = {word: {word, json.dumps(word)[1:-1], str(httpx.QueryParams({"q": word}))[2:]} for word in words}
    return [word for word, forms in escaped.items() if any(form in text for form in forms)]


def test_the_log_has_the_requests_and_nothing_of_what_was_sent(story: Story) -> None:
    log = (story.service.data / "test.log").read_text()
    assert len(re.findall(r'"event": "request"', log)) > 40
    assert found(story.planted + story.numbers, log) == []


def test_no_error_and_no_metric_repeats_a_secret_or_a_fact(story: Story) -> None:
    assert len(story.errors) > 25
    # What was typed as a login, a kind or a state may be repeated to whoever typed it; these were typed elsewhere.
    for text in story.errors:
        assert found([word for word in story.planted if word not in (NAME, BIRTH)], text) == [], text
        if '"where":"kind"' not in text:
            assert found([NAME, BIRTH], text) == [], text


def test_no_process_was_started_with_a_secret(story: Story) -> None:
    assert any("ledger up" in line for line in story.processes)
    assert [line for line in story.processes if found(story.planted + story.numbers, line)] == []


def test_no_file_holds_a_fact_a_password_or_a_document(story: Story) -> None:
    kept = {path for path in story.service.data.rglob("*") if path.is_file() and path.suffix != ".key"}
    assert any(path.name == "ledger.db" for path in kept)
    assert any(path.parent.name == "chain" for path in kept)
    for path in kept:
        content = path.read_bytes()
        leaked = [word for word in story.planted if word.encode() in content]
        assert leaked == [], path
    chain = [path for path in kept if "chain" in path.relative_to(story.service.data).parts]
    for path in chain:
        assert found(story.numbers, path.read_bytes().decode("latin-1")) == [], path

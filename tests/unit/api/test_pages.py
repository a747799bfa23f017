"""The pages: two languages, no outside host, no script where none is needed, and never more than was checked."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from datetime import datetime
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from support.papers import silent_chain
from support.service import SEOUL, Office

from api.pages.results import KOREA
from api.problem_kinds import PROBLEMS
from ledger.settings import demo_folder

DIGEST = hashlib.sha256(b"a paper").hexdigest()


class Page(HTMLParser):
    """Addresses, inline code and the verdicts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.inline: list[str] = []
        self.verdicts: list[str] = []
        self.tones: list[str] = []
        self.forms: list[dict[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.addresses += [value for name in ("href", "src", "action") if (value := given.get(name))]
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        if tag in ("style",) or (tag == "script" and "src" not in given):
            self.inline.append(tag)
        if "data-verdict" in given:
            self.verdicts.append(str(given["data-verdict"]))
            self.tones.append(str(given["class"]).split()[-1])
        if tag == "form":
            self.forms.append(given)


@pytest.fixture(scope="module")
def number(office: Office) -> str:
    record = office.issue({"kind": "certificate", "sha256": DIGEST, "facts": {"holder.name": "홍길동"}})
    office.wait_anchored(int(str(record["index"])) + 1)
    return str(record["number"])


def read(office: Office, path: str, *, language: str = "ko") -> tuple[int, str, Page]:
    response = office.get(path, accept="text/html", accept_language=language)
    return response.status_code, response.text, Page(response.text)


def check(office: Office, body: str, *, accept: str = "text/html") -> tuple[int, str, Page]:
    response = office.call(
        "POST",
        "/check",
        content=body,
        headers={"accept": accept, "content-type": "application/x-www-form-urlencoded", "accept-language": "ko"},
    )
    return response.status_code, response.text, Page(response.text)


def test_a_number_without_script_leads_to_one_verdict_that_is_not_green(office: Office, number: str) -> None:
    start = read(office, "/")[2]
    assert {"action": "/r", "method": "get"}.items() <= start.forms[0].items()
    typed = number.replace("-", "")
    redirect = office.get(f"/r?number={typed}")
    assert (redirect.status_code, redirect.headers["location"]) == (303, f"/r/{number}")
    status, text, page = read(office, f"/r/{number}")
    assert status == 200
    assert page.verdicts == ["record-exists"]
    assert page.tones == ["none"]
    assert "손에 든 문서와는 아직 대조하지 않았습니다" in text
    assert "홍길동" not in text


def test_a_file_s_fingerprint_reaches_green_and_names_office_instant_and_all_checks(
    office: Office, number: str
) -> None:
    status, text, page = check(office, f"sha256={DIGEST}")
    assert status == 200
    assert (page.verdicts, page.tones) == (["valid"], ["accept"])
    assert "서울특별시" in text
    assert len(re.findall(r'<tr class="(?:passed|failed|not-run)" data-check="\d+">', text)) == 19
    assert re.search(r'<time datetime="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ">[^<]+ KST</time>', text)
    assert "운영자 한 곳이 혼자 운영합니다" in text
    assert "내용이 사실인지는 확인하지 않습니다" in text
    assert "홍길동" not in text


def test_another_file_with_that_number_is_red_and_shows_no_fact_of_the_record(office: Office, number: str) -> None:
    _, text, page = check(office, f"sha256={'ab' * 32}&number={number}")
    assert (page.verdicts, page.tones) == (["altered"], ["refuse"])
    assert "<dl>" not in text
    assert "메신저" in text, "the honest causes come first"


def test_a_file_that_matches_nothing_is_not_called_altered(office: Office) -> None:
    _, _, page = check(office, f"sha256={'cd' * 32}")
    assert (page.verdicts, page.tones) == (["not-found"], ["none"])


def test_what_a_person_got_wrong_is_said_on_a_page_and_to_a_program_as_a_problem(office: Office) -> None:
    for body in ("", "sha256=", "sha256=12", "number=1", f"sha256={DIGEST}&number=1"):
        status, text, page = check(office, body)
        assert status == 422, body
        assert page.verdicts == []
        assert "<!doctype html>" in text
    assert check(office, "sha256=12", accept="application/json")[1].startswith('{"type"')
    status, text, _ = read(office, "/r/1234-5678-9012-3456")
    assert status == 422
    assert "<h1>" in text


@pytest.mark.parametrize("address", ["/r?number=zz%22%3E", "/r/1234-5678-9012-3456"])
def test_a_number_typed_wrong_is_said_beside_its_field_in_the_reader_s_language(office: Office, address: str) -> None:
    status, text, _ = read(office, address)
    assert status == 422
    assert text.count("16자리를 다시 보세요") == 3, "summary, field, and what the script says"
    assert 'aria-invalid="true"' in text
    assert "is not a document number" not in text
    assert 'zz">' not in text, "what was typed is shown as text"


def test_the_reader_s_language_is_kept(office: Office, number: str) -> None:
    assert '<html lang="en">' in read(office, "/", language="en-GB,en;q=0.8")[1]
    assert '<html lang="en">' in read(office, f"/r/{number}?lang=en")[1]
    assert '<html lang="ko">' in read(office, f"/r/{number}?lang=ko", language="en")[1]
    assert office.get(f"/r?number={number}&lang=en").headers["location"].endswith("?lang=en")
    assert read(office, "/?lang=fr")[0] == 422
    assert "Seoul Metropolitan Government" in office.call("POST", "/check?lang=en", content=f"sha256={DIGEST}").text


def test_pages_are_private_need_no_other_host_and_run_no_inline_code(office: Office, number: str) -> None:
    for path in ("/", f"/r/{number}", "/problems", "/problems/conflict", "/nowhere", "/docs"):
        response = office.get(path, accept="text/html")
        page = Page(response.text)
        assert page.inline == [], path
        for address in page.addresses:
            assert not urlsplit(address).netloc, address
            if address.startswith("/") and not address.startswith(("/check", "/r")):
                assert office.get(address).status_code in (200, 404 if path == "/nowhere" else 200), address
        policy = response.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "http" not in policy
        assert response.headers["referrer-policy"] == "no-referrer"
        assert response.headers["cache-control"] == "no-store"
    assert office.get(f"/r/{number}").headers["x-robots-tag"] == "noindex"


def test_a_page_runs_no_other_module_than_the_one_whose_digest_it_shows(office: Office, number: str) -> None:
    text = read(office, f"/r/{number}")[1]
    address, integrity = re.search(r'<script type="module" src="([^"]+)" integrity="sha256-([^"]+)">', text).groups()  # type: ignore[union-attr]
    for encoding in ("gzip", "identity"):
        served = office.get(address, accept_encoding=encoding)
        digest = hashlib.sha256(served.content)
        assert b64encode(digest.digest()).decode() == integrity
        assert digest.hexdigest() in text
        assert "immutable" in served.headers["cache-control"]
    assert office.get("/static/check-0123456789abcdef.js").status_code == 404
    words = re.search(r'<meta name="check-words" content="([^"]+)">', text)
    assert words is not None
    assert office.get(words[1]).json()["sentences"]["17.passed"].startswith("파일이")


def test_checks_are_told_in_the_page_s_language_and_say_that_the_service_computed_them(
    office: Office, number: str
) -> None:
    korean, english = read(office, f"/r/{number}")[1], read(office, f"/r/{number}", language="en")[1]
    assert "물은 번호의 기록입니다." in korean
    assert "The record has the number" not in korean.replace("&#34;", '"').split("</template>")[1]
    assert "The record has the number that was asked for." in english.split("</template>")[1]
    assert "서비스가 계산" in korean
    assert "이 기기가 계산</td>" not in korean


def test_every_kind_of_problem_has_a_page_in_both_languages(office: Office) -> None:
    for slug, kind in PROBLEMS.items():
        for language, words in (("ko", kind.title_ko), ("en", kind.title)):
            status, text, _ = read(office, f"/problems/{slug}?lang={language}")
            assert status == 200
            assert words.replace("'", "&#39;") in text
        assert f"/problems/{slug}?lang=ko" in read(office, "/problems")[1]
    assert read(office, "/problems/nothing")[0] == 404


def test_what_is_typed_is_never_run(office: Office) -> None:
    status, text, _ = read(office, "/r/<script>alert(1)</script>")
    assert status in (404, 422)
    assert "<script>alert" not in text
    assert "<script>alert" not in check(office, "sha256=<script>alert(1)</script>")[1]


def test_the_documentation_is_served_from_here(office: Office) -> None:
    text = office.get("/docs").text
    assert "swagger-ui-bundle.js" in text
    assert office.get("/docs/swagger/swagger-ui-bundle.js").status_code == 200
    assert f"/log/{SEOUL}" not in text


def test_evidence_is_green_only_beside_its_document(office: Office, number: str) -> None:
    place = office.get(f"/v1/records?number={number}").json()["index"]
    evidence = office.get(f"/v1/agencies/{SEOUL}/records/{place}/evidence").content

    def verdict(content: bytes, **headers: str) -> tuple[list[str], list[str]]:
        answer = office.call("POST", "/check/evidence", content=content, headers={"accept": "text/html", **headers})
        assert answer.status_code == 200
        page = Page(answer.text)
        return page.verdicts, page.tones

    assert verdict(evidence) == (["record-exists"], ["none"])
    assert verdict(evidence, **{"x-document-sha256": DIGEST}) == (["valid"], ["accept"])
    assert verdict(evidence, **{"x-document-sha256": "ab" * 32}) == (["altered"], ["refuse"])
    assert verdict(b"{}", **{"x-document-sha256": DIGEST}) == (["altered"], ["refuse"])


def test_a_result_offers_its_evidence_and_an_address_with_nothing_but_the_number(office: Office, number: str) -> None:
    _, text, page = read(office, f"/r/{number}")
    assert f"/r/{number}" in page.addresses
    saved = next(address for address in page.addresses if address.endswith("/evidence"))
    assert office.get(saved).json()["sillok"] == "evidence/v1"
    assert "이 출력물은 증명서가 아닙니다" in text


def test_without_an_answer_from_the_chain_nothing_is_judged_and_the_last_known_instant_is_named(
    office: Office, number: str
) -> None:
    with silent_chain(office):
        for language, known in (("ko", "기준으로는 취소·정지 없음"), ("en", "not revoked or suspended")):
            status, text, page = read(office, f"/r/{number}", language=language)
            assert (status, page.verdicts, page.tones) == (503, ["cannot-check"], ["none"])
            assert known in text
        status, text, page = check(office, f"sha256={DIGEST}&number={number}")
        assert (status, page.verdicts, page.tones) == (503, ["cannot-check"], ["none"])


def test_the_first_page_carries_the_answer_for_a_service_that_is_gone_later(office: Office) -> None:
    _, text, page = read(office, "/")
    assert page.verdicts == ["cannot-check"], "the only one, and in a template: shown by script alone"
    assert re.search(r'<template id="down">\s*<section class="verdict none"', text)
    assert "<noscript>" in text


def test_without_script_a_form_sends_evidence_and_fingerprint_and_nothing_else(office: Office, number: str) -> None:
    place = office.get(f"/v1/records?number={number}").json()["index"]
    evidence = office.get(f"/v1/agencies/{SEOUL}/records/{place}/evidence").content

    def verdict(digest: str, content: bytes = evidence, name: str = "a.json") -> tuple[int, list[str]]:
        files, fields = {"evidence": (name, content)}, {"sha256": digest}
        answer = office.client.post(
            f"{office.url}/check/evidence", files=files, data=fields, headers={"accept": "text/html"}
        )
        return answer.status_code, Page(answer.text).verdicts

    assert verdict(DIGEST) == (200, ["valid"])
    assert verdict("") == (200, ["record-exists"])
    assert verdict("ab" * 32) == (200, ["altered"])
    assert verdict("12")[0] == 422
    assert verdict("", b"x" * (256 * 1024))[0] == 413
    part = b'--x\r\nContent-Disposition: form-data; name="evidence"; filename=""\r\n\r\n\r\n--x--\r\n'
    for body in (b"--", part):  # cut off, and what a browser sends where nothing was chosen
        kind = {"content-type": "multipart/form-data; boundary=x"}
        assert office.call("POST", "/check/evidence", content=body, headers=kind).status_code == 422
    start = read(office, "/")[1]
    evidence_form = start[start.index('id="evidence-form"') :]
    assert re.findall(r' name="([^"]+)"', evidence_form[: evidence_form.index("</form>")]) == ["evidence", "sha256"]


def test_a_past_day_can_be_asked_about_and_a_later_one_cannot_be_told(office: Office, number: str) -> None:
    assert read(office, f"/r/{number}?on=2020-02-03")[2].verdicts == ["not-anchored-yet"]
    assert read(office, f"/r/{number}?on=2099-12-31")[2].verdicts == ["cannot-check"]
    today = f"{datetime.now(KOREA):%Y-%m-%d}"
    assert read(office, f"/r/{number}?on={today}")[2].verdicts == ["record-exists"]
    assert check(office, f"sha256={DIGEST}&on={today}")[2].verdicts == ["valid"]
    assert check(office, f"sha256={DIGEST}&on=2020-02-03")[2].verdicts == ["not-anchored-yet"]
    assert read(office, f"/r/{number}?on=yesterday")[0] == 422


def test_a_service_with_a_demonstration_says_so_on_every_page(office: Office, number: str) -> None:
    pages = ("/", f"/r/{number}", "/agencies", "/problems")
    assert not any("시연용" in read(office, path)[1] for path in pages)
    folder = demo_folder(office.settings.data)
    folder.mkdir()
    try:
        assert all("시연용(실제 증명서 아님)" in read(office, path)[1] for path in pages)
    finally:
        folder.rmdir()

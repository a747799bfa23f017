"""What the browser does with the service's word: checks it, contradicts it, does without it."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FileChooser, Page, Route, expect
from support.papers import Desk, Paper
from support.reader import check_evidence, check_file, expect_verdict, open_start, reading
from support.service import Office

from api.pages.assets import module

NO_ED25519 = """
const importKey = SubtleCrypto.prototype.importKey;
SubtleCrypto.prototype.importKey = function (form, key, algorithm, ...more) {
  if ((algorithm.name ?? algorithm) === "Ed25519") return Promise.reject(new DOMException("no", "NotSupportedError"));
  return importKey.call(this, form, key, algorithm, ...more);
};
"""


@pytest.fixture(scope="module")
def paper(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Paper:
    desk = Desk(office, tmp_path_factory.mktemp("papers"))
    made = desk.issue("checked again")
    desk.keep_evidence(made)
    return made


@pytest.fixture(scope="module")
def revoked(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Paper:
    desk = Desk(office, tmp_path_factory.mktemp("revoked"))
    made = desk.issue("revoked and denied")
    desk.keep_evidence(made)
    desk.change("revoked", made, retroactive=True)
    return made


@pytest.fixture(params=["phone", "desktop"])
def page(request: pytest.FixtureRequest, chromium: Browser, office: Office) -> Iterator[Page]:
    with reading(chromium, office, size=request.param) as opened:
        yield opened


def sources(page: Page) -> list[str]:
    return page.locator(".checks td.source").all_inner_texts()


def test_every_row_names_whose_word_it_is_and_the_page_names_its_program(
    page: Page, office: Office, paper: Paper
) -> None:
    open_start(page, office)
    check_file(page, paper.file)
    expect_verdict(page, "valid")
    page.click("summary")
    told = sources(page)
    assert len(told) == 19
    assert told[0] == "이 기기가 계산"
    assert told[6] == "이 기기가 신뢰 목록으로 계산"
    assert re.fullmatch(r"서비스의 답\(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d KST 기준\)", told[14])
    assert not any("서비스가 계산" in one for one in told)
    assert module().sha256 in page.inner_text(".checks")
    assert "sillok verify" in page.inner_text(".checks")
    served = page.evaluate("document.querySelector('script[type=module]').src")
    assert hashlib.sha256(office.client.get(served).content).hexdigest() == module().sha256


def lying(route: Route) -> None:
    """A service that calls a revoked document valid, in words and in its report, but passes on the chain's answer."""
    answer = route.fetch()
    body = answer.text().replace("&#34;verdict&#34;: &#34;revoked&#34;", "&#34;verdict&#34;: &#34;valid&#34;")
    body = re.sub(r"(&#34;name&#34;: &#34;status&#34;, &#34;outcome&#34;: &#34;)failed", r"\1passed", body)
    body = body.replace(
        'class="verdict refuse" data-verdict="revoked"', 'class="verdict accept" data-verdict="valid"'
    )
    route.fulfill(response=answer, body=body)


def test_a_service_that_calls_a_revoked_document_valid_is_contradicted(
    page: Page, office: Office, revoked: Paper
) -> None:
    page.route("**/check?*", lying)
    open_start(page, office)
    check_file(page, revoked.file)
    expect_verdict(page, "cannot-check")
    expect(page.locator("[data-verdict]")).to_contain_text("이 기기의 결과: 취소됨. 서비스의 결과: 일치.")
    expect(page.locator("[data-verdict]")).to_have_class("verdict none")
    expect(page.locator("main")).to_have_attribute("data-rechecked", "differs")
    page.click("summary")
    expect(page.locator("[data-check='15'] strong")).to_have_text("서비스의 결과와 다릅니다.")
    expect(page.locator(".checks strong")).to_have_count(1)
    expect(page.locator("[data-fact]")).to_have_count(0)


def test_a_service_whose_history_hides_the_revocation_is_contradicted_by_its_own_report(
    page: Page, office: Office, revoked: Paper
) -> None:
    def hiding(route: Route) -> None:
        answer = route.fetch()
        body = re.sub(r"&#34;acts&#34;: \[.*?\]", "&#34;acts&#34;: []", answer.text())
        route.fulfill(response=answer, body=body)

    page.route("**/check?*", hiding)
    open_start(page, office)
    check_file(page, revoked.file)
    expect_verdict(page, "cannot-check")
    expect(page.locator("main")).to_have_attribute("data-rechecked", "differs")


def test_a_browser_without_ed25519_cannot_tell_and_says_what_the_service_says(
    chromium: Browser, office: Office, paper: Paper, revoked: Paper
) -> None:
    with reading(chromium, office, size="phone", before=NO_ED25519) as page:
        open_start(page, office)
        check_file(page, paper.file)
        expect_verdict(page, "cannot-check")
        expect(page.locator("[data-verdict]")).to_contain_text("이 브라우저는 서명을 확인하지 못합니다")
        expect(page.locator("[data-verdict]")).to_contain_text("서비스의 결과: 일치")
        page.click("summary")
        expect(page.locator("[data-check='8'] .outcome")).to_contain_text("하지 않음")
        expect(page.locator("[data-check='17'] .outcome")).to_contain_text("통과")
        open_start(page, office)
        check_file(page, paper.file, revoked.number)
        expect_verdict(page, "altered")


def test_a_trust_file_that_nobody_signed_is_not_believed(page: Page, office: Office, paper: Paper) -> None:
    note = office.get("/v1/trust").text
    other = note[:-6] + ("AAAA" if note[-6:-2] != "AAAA" else "BBBB") + note[-2:]
    page.route("**/v1/trust", lambda route: route.fulfill(body=other))
    open_start(page, office)
    check_file(page, paper.file)
    expect_verdict(page, "cannot-check")
    expect(page.locator("main")).to_have_attribute("data-rechecked", "trust")


def gone(page: Page, office: Office) -> None:
    """The service answers nothing any more."""
    page.route(f"{office.url}/**", lambda route: route.abort())


def test_with_the_service_gone_evidence_is_checked_on_this_device_alone(
    page: Page, office: Office, paper: Paper, revoked: Paper
) -> None:
    with page.expect_response("**/v1/trust"):
        open_start(page, office)
    page.wait_for_load_state("networkidle")
    gone(page, office)
    check_evidence(page, paper.evidence, paper.file)
    expect_verdict(page, "cannot-check")
    expect(page.locator("[data-verdict]")).to_contain_text("기준으로는 취소·정지 없음")
    page.click("summary")
    for number in (6, 8, 17):
        expect(page.locator(f"[data-check='{number}'] .outcome")).to_contain_text("통과")
    assert "서비스의 답" not in " ".join(sources(page))
    check_evidence(page, paper.evidence, revoked.file)
    expect_verdict(page, "altered")
    expect(page.locator("[data-verdict]")).to_have_class("verdict refuse")
    check_file(page, paper.file)
    expect_verdict(page, "cannot-check")
    expect(page.locator(".checks")).to_have_count(0)
    spoiled = paper.evidence.with_name("spoiled.json")
    spoiled.write_bytes(paper.evidence.read_bytes()[:-3])
    page.set_input_files("#evidence-document", [])
    check_evidence(page, spoiled)
    expect_verdict(page, "altered")
    expect(page.locator("[data-verdict]")).to_have_class("verdict none")


def test_a_page_opened_by_its_address_is_checked_on_this_device_too(page: Page, office: Office, paper: Paper) -> None:
    page.goto(f"{office.url}/r/{paper.number}")
    expect(page.locator("main")).to_have_attribute("data-rechecked", "agrees")
    page.click("summary")
    assert "이 기기가 계산" in sources(page)


def test_a_number_is_tested_while_it_is_typed_and_is_the_whole_address(
    page: Page, office: Office, paper: Paper
) -> None:
    open_start(page, office)
    digits = paper.number.replace("-", "")
    page.fill("#number", digits[:-1] + str((int(digits[-1]) + 1) % 10))
    expect(page.locator("#number-state")).to_contain_text("잘못")
    page.fill("#number", digits)
    expect(page.locator("#number-state")).to_contain_text("맞습니다")
    page.click("#number-form button")
    expect_verdict(page, "record-exists")
    assert page.url == f"{office.url}/r/{paper.number}?lang=ko"
    assert "홍길동" not in page.content()
    page.go_back()
    expect(page.locator("#file-part")).to_be_visible()
    expect(page.locator("[data-verdict]")).to_have_count(0)


def test_a_large_file_shows_how_far_it_is_and_can_be_cancelled_at_once(
    page: Page, office: Office, tmp_path: Path
) -> None:
    large = tmp_path / "large.bin"
    large.touch()
    os.truncate(large, 2 * 1024**3)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_start(page, office)
    page.set_input_files("#file", large)
    page.click("#file-form button:not([type])")
    expect(page.locator("#file-state")).to_have_text(re.compile(r"[1-9]\d?%"))
    page.click("#cancel")
    expect(page.locator("#file-state")).to_contain_text("그만두었습니다")
    expect(page.locator("#cancel")).to_be_hidden()
    assert not any("/check?" in url for url in asked)


def test_a_scanned_pdf_is_sent_to_its_number_before_it_is_hashed(page: Page, office: Office, tmp_path: Path) -> None:
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(b"%PDF-1.4\n1 0 obj << /Subtype /Image /Filter /DCTDecode >> stream\n" + b"x" * (1 << 20))
    open_start(page, office)
    check_file(page, scan)
    expect(page.locator("#file-state")).to_contain_text("스캔본")
    expect(page.locator("#number")).to_be_focused()
    page.click("#file-form button:not([type])")  # the reader insists
    expect_verdict(page, "not-found")
    open_start(page, office)
    written = tmp_path / "written.pdf"
    written.write_bytes(scan.read_bytes() + b"\n2 0 obj << /Type /Font >>")
    check_file(page, written)
    expect_verdict(page, "not-found")


def test_the_printout_opens_the_checks_and_says_that_it_is_no_certificate(
    page: Page, office: Office, paper: Paper
) -> None:
    open_start(page, office)
    check_file(page, paper.file)
    expect_verdict(page, "valid")
    page.emulate_media(media="print")
    expect(page.locator("[data-check='19']")).to_be_visible()
    expect(page.locator(".print")).to_have_text("이 출력물은 증명서가 아닙니다. 번호로 다시 확인하세요.")
    expect(page.locator("form.again")).to_be_hidden()
    page.emulate_media(media="screen")
    expect(page.locator("[data-check='19']")).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.locator("[data-check='19']")).to_be_visible()


@pytest.mark.parametrize("language", ["ko", "en"])
def test_by_keyboard_alone(chromium: Browser, office: Office, paper: Paper, language: str) -> None:
    with reading(chromium, office, language=language) as page:
        chosen: list[FileChooser] = []

        def keep(chooser: FileChooser) -> None:
            chosen.append(chooser)

        page.on("filechooser", keep)  # from the start: a chooser that opens before this is lost
        open_start(page, office)
        tab_to(page, "number")
        page.keyboard.type(paper.number)
        page.keyboard.press("Enter")
        expect_verdict(page, "record-exists")
        tab_to(page, None, "summary")
        page.keyboard.press("Enter")
        expect(page.locator("[data-check='1']")).to_be_visible()
        open_start(page, office)
        tab_to(page, "file")
        page.keyboard.press("Enter")
        while not chosen:
            page.wait_for_timeout(20)
        chosen[0].set_files(paper.file)
        tab_to(page, None, "button")
        page.keyboard.press("Enter")
        expect_verdict(page, "valid")


def tab_to(page: Page, name: str | None, tag: str = "input") -> None:
    """Press Tab until an element has the focus: by its id, or the next one of a kind."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate(
            "([id, tag]) => id ? document.activeElement.id === id : document.activeElement.localName === tag",
            [name, tag],
        ):
            return
    pytest.fail(f"Tab never reaches {name or tag}.")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_without_script_evidence_and_fingerprint_are_checked_by_the_service(
    chromium: Browser, office: Office, paper: Paper, revoked: Paper, language: str
) -> None:
    with reading(chromium, office, size="phone", language=language, script=False) as page:

        def check(evidence: Path, digest: str) -> str | None:
            page.goto(office.url + "/")
            expect(page.locator("#file, #evidence-document").first).to_be_hidden()
            page.set_input_files("#evidence", evidence)
            page.fill("#evidence-digest", digest)
            page.click("#evidence-form button")
            return page.locator("[data-verdict]").get_attribute("data-verdict")

        assert check(paper.evidence, "") == "record-exists"
        assert check(paper.evidence, paper.digest) == "valid"
        assert check(paper.evidence, revoked.digest) == "altered"
        assert check(revoked.evidence, revoked.digest) == "revoked"
        page.click("summary")
        computed = {"ko": "서비스가 계산", "en": "computed by the service"}[language]
        assert computed in sources(page)

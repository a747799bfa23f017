"""A citizen in a real browser: by number, by file, by evidence, after revocation, with the service gone."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, expect
from support.service import SEOUL, Office

SIZES = {"desktop": (1280, 900), "phone": (360, 780)}
PAPER = b"%PDF-1.7 a certificate, byte for byte"


class Certificate:
    """One issued certificate and its file on the citizen's disk."""

    def __init__(self, office: Office, folder: Path, name: str) -> None:
        self.content = PAPER + name.encode()
        self.file = folder / "paper.pdf"
        self.file.write_bytes(self.content)
        sha256 = hashlib.sha256(self.content).hexdigest()
        record = office.issue({"kind": "certificate", "sha256": sha256, "facts": {"holder.name": "홍길동"}})
        self.number, self.index = str(record["number"]), int(str(record["index"]))
        office.wait_anchored(self.index + 1)
        self.evidence = folder / "evidence.json"
        self.evidence.write_bytes(office.get(f"/v1/agencies/{SEOUL}/records/{self.index}/evidence").content)


@pytest.fixture
def certificate(office: Office, tmp_path: Path) -> Certificate:
    return Certificate(office, tmp_path, tmp_path.name)


@pytest.fixture(params=SIZES)
def page(request: pytest.FixtureRequest, chromium: Browser, office: Office) -> Iterator[Page]:
    """A page at one of two sizes; no request leaves the service, and nothing goes wrong in the console."""
    width, height = SIZES[request.param]
    context = chromium.new_context(viewport={"width": width, "height": height}, locale="ko-KR")
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("request", lambda asked: wrong.append(asked.url) if _elsewhere(asked, office) else None)
    yield opened
    context.close()
    assert wrong == []


def _elsewhere(asked: Request, office: Office) -> bool:
    return not asked.url.startswith((office.url, "data:", "blob:"))


def start(page: Page, office: Office) -> None:
    page.goto(office.url + "/")
    expect(page.locator("#evidence-part")).to_be_visible()


def verdict(page: Page, word: str) -> None:
    """Exactly one verdict, the focus on its sentence, the title begins with it, nothing wider than the screen."""
    expect(page.locator("[data-verdict]")).to_have_count(1)
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", word)
    expect(page.locator("[data-verdict] h1")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"


def by_file(page: Page, paper: Path, number: str = "") -> None:
    page.set_input_files("#file", paper)
    page.fill("#with-number", number)
    page.click("#file-form button:not([type])")


def test_a_number_says_that_a_record_exists_and_is_the_whole_address(
    page: Page, office: Office, certificate: Certificate
) -> None:
    start(page, office)
    digits = certificate.number.replace("-", "")
    page.fill("#number", digits[:-1] + str((int(digits[-1]) + 1) % 10))
    expect(page.locator("#number-state")).to_contain_text("잘못")
    page.fill("#number", digits)
    expect(page.locator("#number-state")).to_contain_text("맞습니다")
    page.click("#number-form button")
    verdict(page, "record-exists")
    assert page.url.split("?")[0] == f"{office.url}/r/{certificate.number}"
    assert "홍길동" not in page.content()


def test_a_file_is_compared_and_never_sent(page: Page, office: Office, certificate: Certificate) -> None:
    bodies: list[bytes] = []
    page.on("request", lambda asked: bodies.append(asked.post_data_buffer or b""))
    start(page, office)
    by_file(page, certificate.file)
    verdict(page, "valid")
    assert hashlib.sha256(certificate.content).hexdigest().encode() in b"".join(bodies)
    assert not any(PAPER in body for body in bodies)
    page.click("summary")
    assert page.locator("details tbody tr").count() == 19


def test_another_file_with_that_number_differs_and_alone_is_only_unknown(
    page: Page, office: Office, certificate: Certificate
) -> None:
    other = certificate.file.with_name("other.pdf")
    other.write_bytes(b"saved again")
    start(page, office)
    by_file(page, other, certificate.number)
    verdict(page, "altered")
    start(page, office)
    by_file(page, other)
    verdict(page, "not-found")


def test_evidence_is_checked_with_its_document_and_without(
    page: Page, office: Office, certificate: Certificate
) -> None:
    start(page, office)
    page.set_input_files("#evidence", certificate.evidence)
    page.click("#evidence-form button")
    verdict(page, "record-exists")
    start(page, office)
    page.set_input_files("#evidence", certificate.evidence)
    page.set_input_files("#evidence-document", certificate.file)
    page.click("#evidence-form button")
    verdict(page, "valid")


def test_after_a_revocation_number_file_and_old_evidence_all_say_so(
    page: Page, office: Office, certificate: Certificate
) -> None:
    act = {"to": "revoked", "reason": "issued-in-error", "retroactive": True, "indexes": [certificate.index]}
    answer = office.call("POST", f"/v1/agencies/{SEOUL}/status", role="clerk", json=act)
    assert answer.status_code == 202
    end = time.monotonic() + 30
    while office.get(f"/v1/agencies/{SEOUL}/status/{answer.json()['act']}").json()["state"] != "final":
        assert time.monotonic() < end
        time.sleep(0.05)
    start(page, office)
    page.fill("#number", certificate.number)
    page.click("#number-form button")
    verdict(page, "revoked")
    start(page, office)
    by_file(page, certificate.file)
    verdict(page, "revoked")
    expect(page.locator("[data-verdict] h1")).to_contain_text("처음부터 취소")
    start(page, office)
    page.set_input_files("#evidence", certificate.evidence)
    page.click("#evidence-form button")
    verdict(page, "revoked")


def test_a_service_that_is_gone_after_the_page_was_loaded_is_no_verdict_against_the_file(
    page: Page, office: Office, certificate: Certificate
) -> None:
    start(page, office)
    page.route("**/check*", lambda route: route.abort())
    by_file(page, certificate.file)
    verdict(page, "cannot-check")
    page.unroute("**/check*")
    by_file(page, certificate.file)
    verdict(page, "valid")


def test_a_photo_is_sent_to_the_number_before_it_is_hashed(page: Page, office: Office, tmp_path: Path) -> None:
    photo = tmp_path / "scan.jpg"
    photo.write_bytes(b"a photo")
    start(page, office)
    by_file(page, photo)
    expect(page.locator("#file-state")).to_contain_text("사진")
    expect(page.locator("#number")).to_be_focused()
    page.click("#file-form button:not([type])")
    verdict(page, "not-found")


def test_without_script_number_and_fingerprint_work_and_the_page_says_what_does_not(
    chromium: Browser, office: Office, certificate: Certificate
) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto(office.url)
    assert "Script is off" in page.inner_text("main")
    page.fill("#number", certificate.number)
    page.click("#number-form button")
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", "record-exists")
    page.goto(office.url)
    page.fill("#sha256", hashlib.sha256(certificate.content).hexdigest())
    page.click("#file-form button:not([type])")
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", "valid")
    context.close()

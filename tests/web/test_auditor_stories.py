"""An auditor follows the demo's award and takes it home: two sizes, two languages, without script, by keyboard."""

from __future__ import annotations

import re
import zipfile
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path

import pytest
from looks.places import AWARD, GAPS, record_history
from playwright.sync_api import Browser, Page, Route, expect
from support.reader import reading
from support.service import Office

from ledger.cli import main

HEADLINE = {
    "ko": "원장에 기록된 8단계, 빠진 번호 없음. 원장 밖의 일은 확인하지 못합니다.",
    "en": "8 steps in the ledger, no number missing. What happened outside the ledger cannot be checked.",
}


@dataclass(frozen=True)
class Hands:
    """How a person works a page."""

    size: str
    language: str
    script: bool = True
    keyboard: bool = False

    def push(self, page: Page, selector: str) -> None:
        """Follow a link or press a button."""
        if not self.keyboard:
            page.click(selector)
            return
        self.reach(page, selector)
        page.keyboard.press("Enter")

    def reach(self, page: Page, selector: str) -> None:
        """Tab to an element; every stop on the way shows where the focus is."""
        wanted = page.locator(selector).first.element_handle()
        for _ in range(80):
            page.keyboard.press("Tab")
            focused = page.evaluate_handle("document.activeElement")
            assert page.evaluate("e => getComputedStyle(e).outlineStyle !== 'none'", focused), "the focus is not seen"
            if page.evaluate("([a, b]) => a === b", [wanted, focused]):
                return
        raise AssertionError(f"{selector} cannot be reached by Tab")

    def write(self, page: Page, selector: str, text: str) -> None:
        if self.keyboard:
            self.reach(page, selector)
            page.keyboard.type(text)
        else:
            page.fill(selector, text)


HANDS = {
    "desktop-ko": Hands("desktop", "ko"),
    "phone-en": Hands("phone", "en"),
    "no-script": Hands("desktop", "en", script=False),
    "keyboard": Hands("phone", "ko", keyboard=True),
}


@pytest.fixture(scope="module", autouse=True)
def history(office: Office) -> None:
    record_history(office)


@pytest.mark.parametrize("hands", HANDS.values(), ids=HANDS)
def test_an_auditor_follows_the_award_and_takes_it_home(
    chromium: Browser, office: Office, tmp_path: Path, hands: Hands
) -> None:
    with reading(chromium, office, size=hands.size, language=hands.language, script=hands.script) as page:
        page.goto(office.url + "/")
        hands.push(page, 'nav a[href^="/plans"]')
        expect(page.locator("main")).to_contain_text("101,400,000,000")
        hands.push(page, 'main a.button[href^="/p?"]')
        hands.write(page, "#q", "20200312345-00")
        hands.push(page, "main form button")
        expect(page.locator("h1")).to_have_text(HEADLINE[hands.language])
        assert page.title().startswith(HEADLINE[hands.language])
        assert page.url.startswith(f"{office.url}/p/{AWARD}")
        expect(page.locator("ol.timeline > li")).to_have_count(8)
        assert page.locator("html").get_attribute("lang") == hands.language
        hands.push(page, 'a[href*="/verification"]')
        expect(page.locator('[data-step-verdict="valid"]')).to_have_count(8)
        if hands.script:
            expect(page.locator("#here")).to_have_attribute("data-outcome", "done")
            expect(page.locator('[data-here-verdict="valid"]')).to_have_count(8)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"
        with page.expect_download() as download:
            hands.push(page, 'a[href$="/pack.zip"]')
        download.value.save_as(tmp_path / "pack.zip")
    checked_at_home(tmp_path)


def checked_at_home(folder: Path) -> None:
    """What the pack's own readme says, on a machine without a service."""
    with zipfile.ZipFile(folder / "pack.zip") as archive:
        archive.extractall(folder)
    steps = sorted((folder / "steps").iterdir())
    assert len(steps) == 8
    trust = ["--trust", str(folder / "trust.note")]
    for step in steps:
        assert main.main(["verify", str(step), *trust, "--offline", "--no-trust-memory"]) == 0
    assert main.main(["trace", AWARD, "--from", str(folder / "export.json"), *trust]) == 0
    changed = folder / "changed.evidence"
    changed.write_text(cheaper(steps[4].read_text()))
    assert main.main(["verify", str(changed), *trust, "--offline", "--no-trust-memory"]) == 1


def cheaper(evidence: str) -> str:
    """The same evidence with another sum in its fact (a disclosure is base64url of a JSON list)."""
    for text in re.findall(r'"([A-Za-z0-9_-]{20,})"', evidence):
        fact = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if b"11290000000" in fact:
            other = urlsafe_b64encode(fact.replace(b"11290000000", b"11190000000")).decode().rstrip("=")
            return evidence.replace(text, other)
    raise AssertionError("the evidence has no such sum")


def test_a_service_that_lies_about_a_step_is_contradicted_by_the_reader_s_own_device(
    chromium: Browser, office: Office
) -> None:
    def lie(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=cheaper(answer.text()))

    with reading(chromium, office, language="ko") as page:
        page.goto(f"{office.url}/p/{AWARD}?lang=ko")
        fifth = page.locator("#step-5 details a").get_attribute("href")
        page.route(f"**{fifth}", lie)
        page.click('a[href*="/verification"]')
        expect(page.locator("#here")).to_have_attribute("data-outcome", "differs")
        expect(page.locator("#here")).to_contain_text("1단계에서 서비스의 말과 다릅니다")
        expect(page.locator("#step-5 .notice.refuse .here")).to_be_visible()


def test_a_browser_without_signatures_says_that_it_cannot_check(chromium: Browser, office: Office) -> None:
    before = "crypto.subtle.importKey = () => Promise.reject(new DOMException('', 'NotSupportedError'));"
    with reading(chromium, office, language="en", before=before) as page:
        page.goto(f"{office.url}/p/{AWARD}/verification?lang=en")
        expect(page.locator("#here")).to_have_attribute("data-outcome", "unable")


def test_a_missing_number_has_its_place_and_print_opens_every_fold(chromium: Browser, office: Office) -> None:
    with reading(chromium, office, size="phone") as page:
        page.goto(f"{office.url}/p/{GAPS}?lang=ko")
        expect(page.locator("ol.timeline > li")).to_have_count(5)
        expect(page.locator("ol.timeline > li.missing h3")).to_have_text(["3단계: 기록 없음", "4단계: 기록 없음"])
        hidden = page.locator("details dl").first
        expect(hidden).not_to_be_visible()
        page.emulate_media(media="print")
        assert hidden.evaluate("e => e.getBoundingClientRect().height") > 0


@pytest.mark.parametrize("language", ["ko", "en"])
def test_on_a_desk_no_column_of_the_plan_is_out_of_sight(chromium: Browser, office: Office, language: str) -> None:
    with reading(chromium, office, size="desktop", language=language) as page:
        page.goto(f"{office.url}/plans?lang={language}")
        expect(page.locator(".wide")).to_have_count(3)
        hidden = page.locator(".wide").evaluate_all("all => all.map(e => e.scrollWidth - e.clientWidth)")
        assert hidden == [0, 0, 0]


def test_the_plan_is_filtered_and_its_files_follow_the_filter(
    chromium: Browser, office: Office, tmp_path: Path
) -> None:
    with reading(chromium, office, language="ko") as page:
        page.goto(f"{office.url}/plans?lang=ko")
        page.select_option("#field", "wifi")
        page.click("main form button")
        expect(page.locator("main")).to_contain_text("서울시 전역 공공 와이파이(WiFi) 조성")
        expect(page.locator("main")).not_to_contain_text("예약 챗봇")
        with page.expect_download() as download:
            page.click('a[href^="/plans.csv"]')
        download.value.save_as(tmp_path / "plans.csv")
    table = (tmp_path / "plans.csv").read_text(encoding="utf-8-sig")
    assert len(re.findall("^ocds-", table, re.MULTILINE)) == 2

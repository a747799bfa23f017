"""A clerk in a real browser: a thousand certificates from a workbook, their recall, two persons, no script."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from support.clerks import PASSWORD
from support.service import SEOUL, Office
from support.tables import people, xlsx

from ledger.ports.agencies import ApiRole

SIZES = {"desktop": (1280, 900), "phone": (360, 780)}
RUN_MS = 180_000
"""Setting and recording a thousand papers on a machine that is busy with other things."""


def hire(office: Office, login: str, role: ApiRole = ApiRole.CLERK) -> str:
    if login not in {account.login for account in office.services.accounts.of_agency(SEOUL)}:
        office.services.accounts.add(SEOUL, login=login, name="김담당", role=role, password=PASSWORD)
    return login


class Desk:
    """One person at one browser; nothing goes wrong in its console, and nothing is asked of another host."""

    def __init__(
        self, browser: Browser, office: Office, size: str, *, language: str = "ko", script: bool = True
    ) -> None:
        width, height = SIZES[size]
        self.context: BrowserContext = browser.new_context(
            viewport={"width": width, "height": height},
            locale="ko-KR" if language == "ko" else "en-GB",
            java_script_enabled=script,
            accept_downloads=True,
        )
        self.page: Page = self.context.new_page()
        self.office, self.size, self.language, self.script = office, size, language, script
        self.wrong: list[str] = []
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", lambda asked: self._note(asked.url))

    def _note(self, url: str) -> None:
        if not url.startswith((self.office.url, "data:", "blob:")):
            self.wrong.append(url)

    def go(self, path: str) -> None:
        self.page.goto(self.office.url + path)

    def sign_in(self, login: str) -> None:
        self.go("/clerk")
        self.page.fill("#login", login)
        self.page.fill("#password", PASSWORD)
        self.page.click("form button")
        expect(self.page).to_have_url(re.compile("/clerk[?]"))

    def shot(self, name: str) -> None:
        """Keep what is seen where somebody wants to look (SILLOK_SHOTS), and see that nothing is cut."""
        if self.script:
            self.page.wait_for_load_state()  # before its style is there, a page is as wide as its widest line
            assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
                f"{name} scrolls sideways"
            )
        if folder := os.environ.get("SILLOK_SHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            name = f"{name}-{self.size}-{self.language}{'' if self.script else '-noscript'}"
            self.page.screenshot(path=f"{folder}/{name}.png", full_page=True)

    def close(self) -> None:
        self.context.close()
        assert self.wrong == []


@pytest.fixture
def desks(chromium: Browser, office: Office) -> Iterator[list[Desk]]:
    opened: list[Desk] = []
    yield opened
    for desk in opened:
        desk.close()


def upload(desk: Desk, table: bytes) -> None:
    desk.go("/clerk/bulk")
    desk.page.set_input_files("#table", {"name": "명단.xlsx", "mimeType": "application/zip", "buffer": table})
    desk.shot("bulk-1-upload")
    desk.page.click("main form:has(#table) button")
    expect(desk.page.locator("main h1")).to_be_visible()


def test_a_thousand_certificates_from_a_workbook_are_issued_and_recalled(
    chromium: Browser, office: Office, desks: list[Desk]
) -> None:
    desk = Desk(chromium, office, "desktop")
    desks.append(desk)
    page = desk.page
    desk.sign_in(hire(office, "thousand"))
    desk.shot("home")

    def spoil(sheet: object) -> None:
        sheet["C17"] = 123  # type: ignore[index]

    upload(desk, xlsx(people(1000), spoil))
    expect(page.locator(".error-summary")).to_contain_text("1,000행 가운데 1행")
    expect(page.locator(".bad li")).to_contain_text("C17(등록번호)")
    desk.shot("bulk-2-mend")
    upload(desk, xlsx(people(1000)))
    desk.shot("bulk-2-check")
    page.click("text=1,000건 발급")
    expect(page.locator("progress")).to_be_visible()
    expect(page.locator("#count")).not_to_contain_text("가운데 0건", timeout=RUN_MS)
    page.reload()
    assert page.evaluate("document.getElementById('bar').value") > 0, "the bar survives a reload"
    desk.shot("bulk-3-issuing")
    expect(page.locator("#run-state")).to_have_text("발급 끝", timeout=RUN_MS)
    expect(page.locator("[data-stage=final]")).to_have_attribute("aria-current", "step", timeout=RUN_MS)
    desk.shot("bulk-4-result")
    with page.expect_download() as download:
        page.click("text=결과 파일 받기")
    lines = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
    numbers = [line.split(",")[1] for line in lines[1:]]
    assert len(set(numbers)) == 1000
    page.click("text=이 묶음 회수")
    desk.shot("recall-1-why")
    page.click("text=다음: 몇 건인지 확인")
    expect(page.locator(".error-summary")).to_be_visible()
    desk.shot("recall-2-problem")
    page.check("#mode-start")
    page.check("#reason-issued-in-error")
    page.click("text=다음: 몇 건인지 확인")
    expect(page.locator(".error-summary")).to_contain_text("문서 1,000건이 처음부터")
    page.fill("#count", "1000")
    desk.shot("recall-3-confirm")
    page.click("button.danger")
    expect(page.locator("h1")).to_have_text("문서 1,000건을 회수했습니다")
    desk.shot("recall-4-done")
    for number in (numbers[0], numbers[999]):
        desk.go(f"/r/{number}")
        expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", "revoked")
    desk.go("/clerk/activity")
    desk.shot("activity")


@pytest.mark.parametrize(("size", "language"), [("phone", "ko"), ("desktop", "en"), ("phone", "en")])
def test_one_paper_is_issued_followed_and_revoked(
    chromium: Browser, office: Office, desks: list[Desk], size: str, language: str
) -> None:
    desk = Desk(chromium, office, size, language=language)
    desks.append(desk)
    page = desk.page
    desk.go("/clerk/sign-in")
    desk.shot("sign-in")
    desk.sign_in(hire(office, f"single-{size}-{language}"))
    desk.shot("home")
    desk.go("/clerk/issue")
    page.click("main ul a >> nth=0")
    fill(page)
    page.fill("[name='holder.birth']", "1990-02-30")
    page.click("main form.narrow button")
    expect(page.locator(".error-summary")).to_be_focused()
    assert page.title().startswith("오류" if language == "ko" else "Error")
    desk.shot("form-problem")
    page.fill("[name='holder.birth']", "1990-01-02")
    page.click("main form.narrow button")
    expect(page.locator("[data-stage=final]")).to_have_attribute("aria-current", "step", timeout=30_000)
    desk.shot("document")
    page.click("a.danger")
    page.check("#mode-now")
    page.check("#reason-legal-order")
    page.click("main form:has(fieldset) button")
    desk.shot("confirm")
    page.click("button.danger")
    expect(page.locator("#document-state")).to_have_class(re.compile("refuse"))
    expect(page.locator("[data-pending]")).to_have_count(0, timeout=30_000)
    desk.shot("document-revoked")
    for path in ("search", "runs", "password"):
        desk.go(f"/clerk/{path}")
        desk.shot(path)


def fill(page: Page) -> None:
    for name, value in (
        ("holder.name", "홍길동"),
        ("holder.birth", "1990-01-02"),
        ("holder.registration", "00001234"),
        ("course.name", "정보보호 기본 과정"),
        ("course.hours", "8"),
        ("course.completed", "2026-11-02"),
    ):
        page.fill(f"[name='{name}']", value)


@pytest.mark.parametrize("size", SIZES)
def test_two_persons(chromium: Browser, office: Office, desks: list[Desk], size: str) -> None:
    maker, second = Desk(chromium, office, size), Desk(chromium, office, size)
    desks += [maker, second]
    maker.sign_in(hire(office, "maker"))
    second.sign_in(hire(office, "second", ApiRole.APPROVER))
    account = office.services.accounts.of_agency(SEOUL)[0]
    office.services.desk.set_two_persons(account, True)
    try:
        upload(maker, xlsx(people(40)))
        maker.page.click("text=40건 결재 올리기")
        expect(maker.page.locator("#run-state")).to_have_text("결재 기다림")
        maker.shot("two-1-waits")
        second.go("/clerk")
        second.page.click("table a >> nth=0")
        expect(second.page.locator(".sample img")).to_have_count(3)
        for picture in second.page.locator(".sample img").all():
            picture.scroll_into_view_if_needed()
            expect(picture).to_have_js_property("complete", True)
            assert picture.evaluate("image => image.naturalWidth") == 595
        second.shot("two-2-compare")
        second.page.click("text=40건 승인하고 발급")
        expect(second.page.locator("#run-state")).to_have_text("발급 끝", timeout=RUN_MS)
    finally:
        office.services.desk.set_two_persons(account, False)


def test_by_keyboard_alone(chromium: Browser, office: Office, desks: list[Desk]) -> None:
    """Sign in, fill the form, mend what the summary names, issue: with Tab, Enter and letters."""
    desk = Desk(chromium, office, "desktop")
    desks.append(desk)
    page, keys = desk.page, desk.page.keyboard
    login = hire(office, "keyboard")
    desk.go("/clerk/issue/completion")
    tab_to(page, "#login")
    keys.type(login)
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    expect(page).to_have_url(re.compile("/clerk/issue/completion"))
    keys.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip", "the first stop leads past the menu"
    tab_to(page, "[name='holder.name']")
    for value in ("홍길동", "1990-02-30", "00001234", "정보보호 기본 과정", "8", "2026-11-02"):
        keys.type(value)
        keys.press("Tab")
    keys.press("Enter")
    expect(page.locator(".error-summary")).to_be_focused()
    keys.press("Tab")
    keys.press("Enter")
    expect(page.locator("[name='holder.birth']")).to_be_focused()
    keys.press("Control+a")
    keys.type("1990-01-02")
    keys.press("Enter")
    expect(page).to_have_url(re.compile("/clerk/documents/"))


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until it is reached."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached with Tab")


@pytest.mark.parametrize("size", SIZES)
def test_without_script(chromium: Browser, office: Office, desks: list[Desk], size: str) -> None:
    desk = Desk(chromium, office, size, script=False)
    desks.append(desk)
    page = desk.page
    desk.sign_in(hire(office, "no-script"))
    upload(desk, xlsx(people(60)))
    page.click("text=60건 발급")
    expect(page.locator("#run-state")).to_have_text("발급 끝", timeout=RUN_MS)
    desk.shot("bulk-4-result")
    desk.go("/clerk/issue/completion")
    fill(page)
    page.click("main form.narrow button")
    expect(page.locator("[data-stage=final]")).to_have_attribute("aria-current", "step", timeout=30_000)
    page.click("main a.button:not(.danger) >> text=정지")
    page.check("#reason-unspecified")
    page.click("main form:has(fieldset) button")
    page.click("button.danger")
    expect(page.locator("#document-state")).to_contain_text("정지됨")
    desk.shot("document-suspended")

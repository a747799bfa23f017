"""A reader in a real Chromium: no request leaves the service or carries a file, nothing goes wrong in the console."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, Request, expect
from support.service import Office

SIZES = {"desktop": (1280, 900), "phone": (360, 780)}
SECRET = b"a certificate, byte for byte"
"""Stands in every file of these stories; whatever is sent must not hold it."""


@contextmanager
def reading(
    chromium: Browser,
    office: Office,
    *,
    size: str = "desktop",
    language: str = "ko",
    script: bool = True,
    before: str | None = None,
) -> Iterator[Page]:
    """A page in a browser of its own; `before` is script that runs before the page's own."""
    width, height = SIZES[size]
    locale = {"ko": "ko-KR", "en": "en-GB"}[language]
    context = chromium.new_context(
        viewport={"width": width, "height": height}, locale=locale, java_script_enabled=script
    )
    page = context.new_page()
    if before is not None:
        page.add_init_script(before)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    context.on("request", lambda asked: wrong.extend(_faults(asked, office)))
    try:
        yield page
    finally:
        context.close()
    assert not wrong, "\n".join(wrong)


def _faults(asked: Request, office: Office) -> Iterator[str]:
    if not asked.url.startswith((office.url, "data:", "blob:")):
        yield f"asks another host: {asked.url}"
    if SECRET in (asked.post_data_buffer or b""):
        yield f"sends the file: {asked.url}"


def open_start(page: Page, office: Office) -> None:
    """The first page with its script at work."""
    page.goto(office.url + "/")
    expect(page.locator("#file-part")).to_be_visible()


def check_number(page: Page, number: str) -> None:
    page.fill("#number", number)
    page.click("#number-form button")


def check_file(page: Page, paper: Path, number: str = "") -> None:
    page.set_input_files("#file", paper)
    page.fill("#with-number", number)
    page.click("#file-form button:not([type])")


def check_evidence(page: Page, evidence: Path, paper: Path | None = None) -> None:
    page.set_input_files("#evidence", evidence)
    if paper is not None:
        page.set_input_files("#evidence-document", paper)
    page.click("#evidence-form button")


def expect_verdict(page: Page, word: str) -> None:
    """Exactly one verdict, the focus on its sentence, nothing wider than the screen."""
    expect(page.locator("[data-verdict]")).to_have_count(1)
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", word)
    expect(page.locator("[data-verdict] h1")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"

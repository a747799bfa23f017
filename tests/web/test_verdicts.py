"""Each of the twelve verdicts on the real page, from the real service, checked again in the browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from support.papers import Desk, Paper, one_of_each, silent_chain, stranger
from support.reader import check_evidence, check_file, check_number, expect_verdict, open_start, reading
from support.service import Office

from api.pages.results import TONES
from api.pages.words import load_words
from ledger.values import Verdict

READERS = {"phone, in Korean": ("phone", "ko"), "desktop, in English": ("desktop", "en")}
BY_FILE = ("valid", "revoked", "withdrawn", "suspended", "superseded", "erased", "expired", "not-yet-in-force")


@pytest.fixture(scope="module")
def papers(office: Office, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Paper]:
    return one_of_each(office, tmp_path_factory.mktemp("papers"))


@pytest.fixture(params=READERS)
def reader(request: pytest.FixtureRequest, chromium: Browser, office: Office) -> Iterator[tuple[Page, str]]:
    size, language = READERS[request.param]
    with reading(chromium, office, size=size, language=language) as page:
        yield page, language


def expect_told(page: Page, language: str, verdict: str, *, tone: str | None = None) -> None:
    """The verdict, its tone, its words in the reader's language, and a title that begins with it."""
    expect_verdict(page, verdict)
    words = load_words()[language]
    band = page.locator("[data-verdict]")
    expect(band).to_have_class(f"verdict {tone or TONES[Verdict(verdict)]}")
    expect(band).to_contain_text(words[f"verdicts.{verdict}.word"])
    assert page.title().startswith(words[f"verdicts.{verdict}.word"])
    assert "{" not in page.inner_text("main")
    assert "None" not in page.inner_text("main")


def expect_checked_here(page: Page) -> None:
    expect(page.locator("main")).to_have_attribute("data-rechecked", "agrees")
    page.click("summary")
    expect(page.locator(".checks tbody tr")).to_have_count(19)


@pytest.mark.parametrize("name", BY_FILE)
def test_a_file_is_told_its_verdict(
    reader: tuple[Page, str], office: Office, papers: dict[str, Paper], name: str
) -> None:
    page, language = reader
    open_start(page, office)
    check_file(page, papers[name].file)
    expect_told(page, language, "revoked" if name == "withdrawn" else name)
    if name == "erased":
        return  # there is nothing left to check
    expect_checked_here(page)
    assert "홍길동" not in page.content()
    if name == "superseded":
        assert papers["newer"].number not in page.content()
    if language == "ko" and name in ("revoked", "withdrawn"):
        expect(page.locator("[data-verdict] h1")).to_contain_text("처음부터 취소" if name == "revoked" else "철회")


def test_another_file_with_that_number_is_altered(
    reader: tuple[Page, str], office: Office, papers: dict[str, Paper]
) -> None:
    page, language = reader
    open_start(page, office)
    check_file(page, papers["expired"].file, papers["valid"].number)
    expect_told(page, language, "altered")
    expect_checked_here(page)
    expect(page.locator("dl")).to_have_count(0)


def test_a_file_that_nobody_recorded_is_not_found(reader: tuple[Page, str], office: Office, tmp_path: Path) -> None:
    page, language = reader
    open_start(page, office)
    check_file(page, Desk(office, tmp_path).file("unknown"))
    expect_told(page, language, "not-found")


def test_evidence_of_somebody_elses_log_is_of_an_unknown_issuer(
    reader: tuple[Page, str], office: Office, tmp_path: Path
) -> None:
    page, language = reader
    paper = stranger(tmp_path)
    open_start(page, office)
    check_evidence(page, paper.evidence, paper.file)
    expect_told(page, language, "unknown-issuer")
    expect_checked_here(page)


def test_what_is_accepted_and_not_final_yet_says_by_when(
    reader: tuple[Page, str], office: Office, tmp_path: Path
) -> None:
    page, language = reader
    with Desk(office, tmp_path).unanchored("waiting") as paper:
        open_start(page, office)
        check_file(page, paper.file)
        expect_told(page, language, "not-anchored-yet")
        expect_checked_here(page)
        expect(page.locator("[data-verdict] h1")).to_contain_text("KST")


def test_where_the_chain_is_silent_nothing_can_be_told(
    reader: tuple[Page, str], office: Office, papers: dict[str, Paper]
) -> None:
    page, language = reader
    with silent_chain(office):
        open_start(page, office)
        check_number(page, papers["valid"].number)
        expect_told(page, language, "cannot-check")
        expect(page.locator("[data-verdict]")).to_contain_text(
            "기준으로는 취소·정지 없음" if language == "ko" else "not revoked or suspended"
        )


def test_an_answer_that_is_old_by_this_device_s_clock_is_never_green(
    reader: tuple[Page, str], office: Office, papers: dict[str, Paper]
) -> None:
    page, language = reader
    page.add_init_script("const clock = Date.now; Date.now = () => clock() + 400_000;")
    open_start(page, office)
    check_file(page, papers["valid"].file)
    expect_told(page, language, "cannot-check")
    expect(page.locator("main")).to_have_attribute("data-rechecked", "clock")
    expect(page.locator("[data-fact]")).to_have_count(0)


def test_a_number_is_never_green_whatever_becomes_of_its_record(
    chromium: Browser, office: Office, papers: dict[str, Paper]
) -> None:
    with reading(chromium, office) as page:
        for name, paper in papers.items():
            page.goto(f"{office.url}/r/{paper.number}")
            told = {"valid": "record-exists", "newer": "record-exists", "withdrawn": "revoked"}.get(name, name)
            expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", told)
            expect(page.locator("[data-verdict]")).to_have_class("verdict none")
            if name != "erased":
                expect(page.locator("main")).to_have_attribute("data-rechecked", "agrees")
            assert "홍길동" not in page.content()

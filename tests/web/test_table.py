"""The table of docs/pages.md, cell by cell: what each input is told in each outage."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from support.papers import Desk, Paper, silent_chain, stranger
from support.reader import check_evidence, check_file, check_number, expect_verdict, open_start, reading
from support.service import Office

import api.pages.routes
from ledger.records.number import number_from_random

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/pages.md"
LATE_S = 400
LAST_INSTANT = {"ko": "기준으로는 취소·정지 없음", "en": "not revoked or suspended"}
GREEN = "verdict accept"


def table() -> dict[str, dict[str, str]]:
    """Column → input → cell."""
    lines = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("| ")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    first = next(place for place, row in enumerate(rows) if row[0] == "input")
    names, columns = rows[first][1:], {name: {} for name in rows[first][1:]}
    for row in rows[first + 1 :]:
        if len(row) != len(names) + 1:
            break
        for name, cell in zip(names, row[1:], strict=True):
            columns[name][row[0]] = cell
    return columns


@contextmanager
def late(page: Page) -> Iterator[None]:
    """Time went on for this device and the service's clock, and the status did not."""
    page.add_init_script(f"const clock = Date.now; Date.now = () => clock() + {LATE_S * 1000};")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(api.pages.routes, "now", lambda real=api.pages.routes.now: real() + LATE_S)
        yield


@contextmanager
def gone(page: Page, office: Office) -> Iterator[None]:
    """The service answers nothing but the first page and what belongs to it."""
    for address in ("/r?*", "/check?*", "/check/evidence?*"):
        page.route(f"{office.url}{address}", lambda route: route.abort())
    yield


OUTAGES: dict[str, Callable[[Page, Office], AbstractContextManager[None]]] = {
    "all answer": lambda _page, _office: nullcontext(),
    "chain silent": lambda _page, office: silent_chain(office),
    "status older than 5 min": lambda page, _office: late(page),
    "service gone after the page was loaded": gone,
}
READERS = [("phone", "ko"), ("desktop", "en"), ("phone", "en"), ("desktop", "ko")]


@pytest.fixture(scope="module")
def inputs(office: Office, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Callable[[Page], None]]:
    """What a reader does for each row of the table."""
    folder = tmp_path_factory.mktemp("table")
    desk = Desk(office, folder)
    valid, revoked = desk.issue("stands"), desk.issue("stopped")
    for paper in (valid, revoked):
        desk.keep_evidence(paper)
    desk.change("revoked", revoked)
    other, alien = desk.file("other"), stranger(folder)
    photo, scan, spoiled = folder / "photo.jpg", folder / "scan.pdf", folder / "spoiled.json"
    photo.write_bytes(b"a photo")
    scan.write_bytes(b"%PDF-1.4 << /Subtype /Image /Filter /DCTDecode >>")
    spoiled.write_bytes(valid.evidence.read_bytes()[:-9])
    return _actions(valid, revoked, other, alien) | {
        "photo": lambda page: check_file(page, photo),
        "scanned PDF": lambda page: check_file(page, scan),
        "spoiled evidence": lambda page: check_evidence(page, spoiled, valid.file),
    }


def _actions(valid: Paper, revoked: Paper, other: Path, alien: Paper) -> dict[str, Callable[[Page], None]]:
    nobodys = number_from_random(123456789012345)
    return {
        "number of a record that stands": lambda page: check_number(page, valid.number),
        "number of a revoked record": lambda page: check_number(page, revoked.number),
        "number that nobody was given": lambda page: check_number(page, nobodys),
        "file that was issued": lambda page: check_file(page, valid.file),
        "file that was issued, with its number": lambda page: check_file(page, valid.file, valid.number),
        "file that was revoked": lambda page: check_file(page, revoked.file),
        "file that matches nothing": lambda page: check_file(page, other),
        "another file with a number": lambda page: check_file(page, other, valid.number),
        "evidence alone": lambda page: check_evidence(page, valid.evidence),
        "evidence with its file": lambda page: check_evidence(page, valid.evidence, valid.file),
        "evidence with another file": lambda page: check_evidence(page, valid.evidence, other),
        "evidence of a revoked record with its file": lambda page: check_evidence(
            page, revoked.evidence, revoked.file
        ),
        "evidence of an unknown issuer with its file": lambda page: check_evidence(page, alien.evidence, alien.file),
    }


@pytest.mark.parametrize(("outage", "reader"), list(zip(OUTAGES, READERS, strict=True)), ids=list(OUTAGES))
def test_each_input_is_told_what_the_table_says(
    chromium: Browser,
    office: Office,
    inputs: dict[str, Callable[[Page], None]],
    outage: str,
    reader: tuple[str, str],
) -> None:
    cells, (size, language) = table()[outage], reader
    assert cells.keys() == inputs.keys(), "every row has a story, and every story a row"
    with reading(chromium, office, size=size, language=language) as page, OUTAGES[outage](page, office):
        for name, act in inputs.items():
            open_start(page, office)
            if OUTAGES[outage] is gone:
                page.wait_for_load_state("networkidle")  # what belongs to the page is whole
            act(page)
            expect_cell(page, f"{name}, {outage}", cells[name], language)


def expect_cell(page: Page, where: str, cell: str, language: str) -> None:
    told = re.findall(r"`([a-z-]+)`", cell)[0]
    if told == "photo":
        expect(page.locator("#number"), where).to_be_focused()
        assert page.locator("#file-state").inner_text()
        return
    band = page.locator("[data-verdict]")
    expect(band, where).to_have_attribute("data-verdict", told)
    expect_verdict(page, told)
    assert (LAST_INSTANT[language] in band.inner_text()) == ("last instant" in cell), where
    assert (band.get_attribute("class") == GREEN) == (told == "valid"), where


def test_the_table_has_a_column_for_each_outage() -> None:
    assert list(table()) == list(OUTAGES)
    assert all(re.match(r"`[a-z-]+`", cell) for column in table().values() for cell in column.values())

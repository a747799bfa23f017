"""Every page in every state that `make screens` shows and `make a11y` checks, on one office with a small history."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from looks.clerk_places import clerk_places, cookies
from playwright.sync_api import Browser, BrowserContext, Page, expect
from support.papers import one_of_each
from support.service import SEOUL, Office, running_office

from ledger.cli.demo import procurement
from ledger.records.number import number_from_random
from ledger.values import Verdict

SIZES: Final = {"desktop": (1280, 900), "phone": (360, 780)}
SCHEMES: Final = ("light", "dark")
LANGUAGES: Final = ("ko", "en")
PAPER: Final = b"%PDF-1.7 a certificate, byte for byte"
AWARD: Final = procurement.process_id(1)
GAPS: Final = "ocds-000000-6110000-2020-gaps"


@dataclass(frozen=True, kw_only=True)
class Place:
    """A page in one state.

    Attributes:
        name: of its picture.
        path: its address, without the language.
        act: what a person does there, after which the page is in its state; None: nothing.
        result: whether it has a verdict, whose sentence has the focus and begins the title.
        role: who looks; a clerk's role signs in first, None is a stranger.
    """

    name: str
    path: str
    act: Callable[[Page], None] | None = None
    result: bool = False
    role: str | None = None


@dataclass(frozen=True, kw_only=True)
class View:
    """How a page is looked at."""

    language: str
    size: str
    scheme: str

    def context(self, browser: Browser) -> BrowserContext:
        """A context of its own; motion is off, so that pictures are equal."""
        width, height = SIZES[self.size]
        return browser.new_context(
            viewport={"width": width, "height": height},
            locale="ko-KR" if self.language == "ko" else "en-GB",
            color_scheme="dark" if self.scheme == "dark" else "light",
            reduced_motion="reduce",
            has_touch=self.size == "phone",
        )


VIEWS: Final = tuple(
    View(language=language, size=size, scheme=scheme)
    for language in LANGUAGES
    for size in SIZES
    for scheme in SCHEMES
)


@contextmanager
def office_with_history(folder: Path) -> Iterator[tuple[Office, list[Place]]]:
    """A running office with the demo's procurement and a certificate, and every place to look at there."""
    with running_office(folder / "data", style_pages=True) as office:
        yield office, places(office, folder)


def record_history(office: Office) -> str:
    """Record the demo's procurement, an award with missing numbers and a certificate, once; answers its number."""
    sha256 = hashlib.sha256(PAPER).hexdigest()
    record = office.issue({"kind": "certificate", "sha256": sha256, "facts": {"holder.name": "홍길동"}}, key="looks")
    lines = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in procurement.submissions())
    address = f"/v1/agencies/{SEOUL}/records:bulk?job=looks"
    answer = office.call("POST", address, role="clerk", content=lines.encode())
    results = [json.loads(line) for line in answer.text.splitlines()]
    assert results[-1].get("done") is True, results[-1]
    last = max(int(result.get("index", 0)) for result in results)
    for seq in (1, 2, 5):
        facts = {"plan.title": "번호가 빠진 사업", "plan.amount": str(10**8 * seq), "plan.currency": "KRW"}
        step = {"kind": "procurement/plan", "process": {"id": GAPS, "seq": seq, "gap": seq == 5}, "facts": facts}
        last = max(last, int(str(office.issue(step, key=f"looks-gap-{seq}")["index"])))
    office.wait_anchored(last + 1)
    return str(record["number"])


def places(office: Office, folder: Path, *, every: bool = True) -> list[Place]:
    """Record what the pages are about, and name every page in every state.

    Args:
        office: where.
        folder: for the files of those who check.
        every: also a real paper of each verdict, which takes a while.
    """
    number = record_history(office)
    paper, other = folder / "paper.pdf", folder / "other.pdf"
    paper.write_bytes(PAPER)
    other.write_bytes(b"saved again")
    clerks = [
        Place(name=name, path=path, act=act, role=role or None) for name, path, role, act in clerk_places(office)
    ]
    papers = _issued(office, folder) if every else []
    return [*_plain(number), *clerks, *_verdicts(), *_checked(paper, other, number), *papers]


def _issued(office: Office, folder: Path) -> list[Place]:
    """A real paper of each verdict that a record can have, as its holder checks it."""
    papers = folder / "papers"
    papers.mkdir()
    return [
        Place(name=f"file-{name}", path="/", act=_check(paper.file), result=True)
        for name, paper in one_of_each(office, papers).items()
        if name != "valid"
    ]


def _plain(number: str) -> list[Place]:
    return [
        Place(name="start", path="/"),
        Place(name="agencies", path="/agencies"),
        Place(name="agency", path=f"/agencies/{SEOUL}"),
        Place(name="log", path=f"/log/{SEOUL}/"),
        Place(name="problems", path="/problems"),
        Place(name="problem", path="/problems/not-found"),
        Place(name="number", path=f"/r/{number}", result=True),
        Place(name="number-unknown", path=f"/r/{number_from_random(1)}", result=True),
        Place(name="number-wrong", path="/r?number=12"),
        Place(name="style", path="/style"),
        Place(name="award-find", path="/p"),
        Place(name="award", path=f"/p/{AWARD}"),
        Place(name="award-verified", path=f"/p/{AWARD}/verification"),
        Place(name="award-gaps", path=f"/p/{GAPS}"),
        Place(name="plans", path="/plans"),
        Place(name="plans-none", path="/plans?year=1999"),
    ]


def _verdicts() -> list[Place]:
    names = [*(verdict.value for verdict in Verdict), "record-exists", "no-answer"]
    return [Place(name=f"result-{name}", path=f"/style/result/{name}", result=True) for name in names]


def _checked(paper: Path, other: Path, number: str) -> list[Place]:
    return [
        Place(name="file-valid", path="/", act=_check(paper), result=True),
        Place(name="file-altered", path="/", act=_check(other, number), result=True),
        Place(name="file-not-found", path="/", act=_check(other), result=True),
    ]


def _check(file: Path, number: str = "") -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.set_input_files("#file", file)
        page.fill("#with-number", number)
        page.click("#file-form button:not([type])")
        expect(page.locator("[data-verdict]")).to_have_count(1)

    return act


def visit(page: Page, office: Office, place: Place, language: str) -> None:
    """Open a place and bring it into its state."""
    if place.role is not None:
        page.context.add_cookies(cookies(office, place.role))
    joint = "&" if "?" in place.path else "?"
    page.goto(f"{office.url}{place.path}{joint}lang={language}")
    if place.act is not None:
        place.act(page)

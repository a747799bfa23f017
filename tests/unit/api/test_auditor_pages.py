"""The auditor's pages: the headline, money, gaps, lag, a pack that verifies offline, the files of the plan."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest
from support.service import Office, running_office

from api.pages.auditor.money import money, percent
from api.pages.auditor.plan_files import as_calendar, as_csv, defuse
from api.pages.auditor.steps import present_award
from api.pages.rendering import WORDS
from ledger.cli import main
from ledger.cli.demo import procurement
from ledger.errors import ChainError
from ledger.procurement.plan import PlanEntry
from ledger.procurement.trace import trace
from ledger.values import AgencyCode, Instant, LogIndex, Origin

AWARD = procurement.process_id(1)
GAPS = "ocds-000000-6110000-2020-gaps"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running_office(tmp_path_factory.mktemp("auditor")) as running:
        last = {}
        for line in procurement.submissions():
            last = running.issue(dict(line))
        for seq in (1, 2, 5):
            facts = {"plan.title": "<b>빠진</b>", "plan.amount": str(seq), "plan.currency": "KRW"}
            process = {"id": GAPS, "seq": seq, "gap": seq == 5}
            last = running.issue({"kind": "procurement/plan", "process": process, "facts": facts})
        running.wait_anchored(int(str(last["index"])) + 1)
        yield running


def read(office: Office, path: str, status: int = 200) -> str:
    response = office.get(path, accept="text/html")
    assert response.status_code == status, response.text
    return response.text


def test_the_headline_is_the_agreed_sentence_and_the_title_begins_with_it(office: Office) -> None:
    text = read(office, f"/p/{AWARD}?lang=ko")
    sentence = "원장에 기록된 8단계, 빠진 번호 없음. 원장 밖의 일은 확인하지 못합니다."
    assert f"<h1>{sentence}</h1>" in text
    assert f"<title>{sentence}" in text
    assert "시연용(실제 기록 아님)" in text
    assert "<dd>공공 와이파이</dd>" in text, "a field has a name in the page's language"
    assert text.count('<li id="step-') == 8


def test_money_is_exact_with_its_short_form_and_what_it_differs_by(office: Office) -> None:
    text = read(office, f"/p/{AWARD}?lang=ko")
    for words in (
        "11,600,000,000원",
        "116억 원",
        "112억 9,000만 원",
        "-200,000,000원 (-1.7%)",
        "3단계 금액과 같습니다",
    ):
        assert words in text, words
    assert "지급 누계 11,290,000,000원 (계약금액 11,290,000,000원의 100.0%)" in text
    assert "KRW 11,290,000,000" in read(office, f"/p/{AWARD}?lang=en")


def test_a_missing_number_is_a_row_of_its_own_in_its_place(office: Office) -> None:
    text = read(office, f"/p/{GAPS}?lang=ko")
    assert "빠진 번호 2개: 3, 4." in text
    assert re.findall(r'id="step-(\d)"', text) == ["1", "2", "3", "4", "5"]
    assert text.count('class="missing"') == 2
    assert "&lt;b&gt;빠진" in text


@pytest.mark.parametrize("asked", [AWARD, "20200312345-00", "20200312345"])
def test_an_award_is_found_by_its_ocid_or_its_notice(office: Office, asked: str) -> None:
    answer = office.get(f"/p?q={asked}&lang=en", accept="text/html")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/p/{AWARD}?lang=en")


def test_what_is_not_there_is_not_found(office: Office) -> None:
    for path in ("/p?q=99999999999-00", "/p/ocds-nobody-1", "/p/ocds-nobody-1/verification"):
        read(office, path, 404)
    assert office.get("/p/ocds-nobody-1/pack.zip").status_code == 404


def test_one_click_verifies_every_step(office: Office) -> None:
    text = read(office, f"/p/{AWARD}/verification?lang=ko")
    assert text.count('data-step-verdict="valid"') == 8
    assert "8단계 가운데 8단계의 증명 파일이 맞습니다" in text
    assert 'class="notice accept"' not in text, "no paper was compared: nothing is green"


def test_while_the_chain_is_silent_the_steps_cannot_be_checked_and_the_timeline_stands(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object, **__: object) -> object:
        raise ChainError("The chain does not answer.", where="rpc")

    monkeypatch.setattr(office.services.verification, "by_evidence", silent)
    text = read(office, f"/p/{AWARD}/verification?lang=ko")
    assert text.count('data-step-verdict="cannot-check"') == 8
    assert "8단계 가운데 0단계" in text


def test_a_claimed_time_far_from_the_final_one_is_flagged(office: Office) -> None:
    traced = office.services.tracing.trace(AWARD)
    late = [
        replace(step.entry, anchored_at=Instant((step.entry.anchored_at or Instant(0)) + 7200))
        if step.seq == 2
        else step.entry
        for step in traced.steps
    ]
    view = present_award(trace(AWARD, late), WORDS["ko"])
    assert [row.seq for row in view.rows if row.lag] == [2]
    assert "약속한 60분" in (view.rows[1].lag or "")


def test_the_pack_verifies_on_a_machine_without_us(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = office.get(f"/p/{AWARD}/pack.zip")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        archive.extractall(tmp_path)
        names = archive.namelist()
    assert next(name for name in names if name.startswith("steps/")) == "steps/001-plan.evidence"
    assert len([name for name in names if name.startswith("steps/")]) == 8
    trust = str(tmp_path / "trust.note")
    for step in sorted((tmp_path / "steps").iterdir()):
        assert main.main(["verify", str(step), "--trust", trust, "--offline", "--no-trust-memory"]) == 0, step
    assert main.main(["trace", AWARD, "--from", str(tmp_path / "export.json"), "--trust", trust]) == 0
    assert "no gap up to step 8" in capsys.readouterr().out
    readme = (tmp_path / "README.ko.txt").read_text()
    assert f"sillok trace {AWARD} --from export.json --trust trust.note" in readme
    sums = dict(line.split("  ")[::-1] for line in (tmp_path / "SHA256SUMS").read_text().splitlines())
    assert sums.keys() == {*names} - {"SHA256SUMS"}


def test_the_plan_shows_the_city_s_figures_and_filters_them(office: Office) -> None:
    text = read(office, "/plans?lang=ko")
    for words in (
        "101,400,000,000원",
        "1,014억 원",
        "362,600,000,000원",
        "312억 원",
        "세부 내역이 공개되지 않은 금액",
    ):
        assert words in text, words
    wifi = read(office, "/plans?lang=ko&field=wifi")
    assert "공공 와이파이(WiFi) 조성" in wifi
    assert "예약 챗봇" not in wifi
    assert "29억 원" in wifi, "145억 stated, 116억 recorded project by project"
    assert 'href="/plans?field=wifi&amp;lang=en"' in wifi, "the other language keeps the filter"
    assert "조건에 맞는 사업이 없습니다" in read(office, "/plans?lang=ko&year=1999")


def entry(**facts: str) -> PlanEntry:
    return PlanEntry(
        process_id="ocds-1/ä",
        agency=AgencyCode("6110000"),
        origin=Origin("sillok.example/6110000"),
        index=LogIndex(0),
        steps=1,
        recorded_at=Instant(0),
        changed_at=Instant(1_600_000_000),
        facts={name.replace("_", "."): value for name, value in facts.items()},
    )


@pytest.mark.parametrize("cell", ["=1+1", "+82", "@SUM(A1)", "-cmd", "\t=1", "\r=1"])
def test_no_cell_of_the_table_is_a_formula(cell: str) -> None:
    assert defuse(cell) == f"'{cell}"
    rows = list(csv.reader(io.StringIO(as_csv([entry(plan_title=cell)]).decode("utf-8-sig"), newline="")))
    assert f"'{cell}" in rows[1]
    assert defuse("-12.5") == "-12.5"


def test_the_table_has_a_row_for_each_entry(office: Office) -> None:
    answer = office.get("/plans.csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in answer.content
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert len(rows) == len(office.get("/plans.json").json()["plans"]) == 19
    assert sum(int(row["amount"]) for row in rows if row["sort"] == "field") == 101_400_000_000
    assert office.get("/plans.json?q=챗봇").json()["plans"][0]["page"].startswith(office.url)


def test_the_calendar_keeps_to_its_standard(office: Office) -> None:
    answer = office.get("/plans.ics?lang=ko")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    lines = answer.content.split(b"\r\n")
    assert b"\n" not in answer.content.replace(b"\r\n", b"")
    assert max(map(len, lines)) <= 75
    text = answer.content.replace(b"\r\n ", b"").decode()
    assert text.startswith("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:")
    events = re.findall(r"BEGIN:VEVENT\r\n(.*?)END:VEVENT", text, re.DOTALL)
    assert len(events) == text.count("DTSTAMP:") == 7
    assert len({re.search("UID:(.*)\r", event)[1] for event in events}) == 7  # type: ignore[index]
    assert "SUMMARY:입찰 마감: 서울시 전역 공공 와이파이(WiFi) 조성" in text
    assert "DTSTART;VALUE=DATE:20200410\r\nDTEND;VALUE=DATE:20200411" in text


def test_a_calendar_line_is_escaped_and_folded_between_characters() -> None:
    title = "가;나,다\\라\n" + "한" * 60
    text = as_calendar([entry(plan_title=title, tender_closes="2020-01-31")], "http://x", WORDS["ko"])
    assert all(len(line) <= 75 and line.decode() for line in text.split(b"\r\n") if line)
    unfolded = text.replace(b"\r\n ", b"").decode()
    assert "가\\;나\\,다\\\\라\\n" + "한" * 60 in unfolded
    assert f"DTEND;VALUE=DATE:{date(2020, 2, 1):%Y%m%d}" in unfolded
    nothing = as_calendar([entry(plan_title="x", tender_closes="soon")], "http://x", WORDS["ko"])
    assert b"VEVENT" not in nothing


def test_the_feed_keeps_to_its_standard(office: Office) -> None:
    answer = office.get("/plans.atom?lang=ko")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed, atom = ElementTree.fromstring(answer.content), "{http://www.w3.org/2005/Atom}"
    assert feed.tag == f"{atom}feed"
    for parent in (feed, *feed.findall(f"{atom}entry")):
        for name in ("id", "title", "updated"):
            assert len(parent.findall(atom + name)) == 1
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", parent.findtext(f"{atom}updated") or "")
    assert feed.find(f"{atom}author/{atom}name") is not None
    assert [link.get("rel") for link in feed.findall(f"{atom}link")] == ["self", "alternate"]
    ids = [one.findtext(f"{atom}id") for one in feed.findall(f"{atom}entry")]
    assert len(ids) == len(set(ids)) == 19
    assert all(address and address.startswith(office.url) for address in ids)


def test_money_says_about_only_where_it_rounds() -> None:
    korean, english = WORDS["ko"], WORDS["en"]
    assert money(Decimal("11290123456"), "KRW", korean).short == "112억 9,012만 3,456원"
    assert money(Decimal("1000000000000"), "KRW", korean).short == "1조 원"
    assert money(Decimal("9999"), "KRW", korean).short is None
    assert money(Decimal("-5"), "KRW", korean, signed=True).exact == "-5원"
    assert money(Decimal("11290000000"), "KRW", english).short == "11.29 billion"
    assert money(Decimal("11290123456"), "KRW", english).short == "about 11.29 billion"
    assert money(Decimal("12.50"), None, korean).exact == "12.5"
    assert percent(Decimal(1), Decimal(0)) is None

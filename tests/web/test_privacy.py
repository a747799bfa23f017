"""What leaves the citizen's device, and what stays behind at the service: the fingerprint, and nothing in a log."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from playwright.sync_api import Browser, Request, expect
from support.papers import Desk, Paper
from support.reader import check_evidence, check_file, check_number, expect_verdict, open_start, reading
from support.service import Office

from api.logs import configure_logs


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    configure_logs(stream, delayed=False)
    yield stream
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def paper(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Paper:
    desk = Desk(office, tmp_path_factory.mktemp("private"))
    made = desk.issue("private")
    desk.keep_evidence(made)
    return made


def test_no_number_no_fingerprint_and_no_name_stays_in_a_log_or_in_the_browser(
    chromium: Browser, office: Office, paper: Paper, log: io.StringIO
) -> None:
    with reading(chromium, office) as page:
        open_start(page, office)
        check_number(page, paper.number)
        expect_verdict(page, "record-exists")
        page.goto(f"{office.url}/r/{paper.number}?on=2020-02-03")
        page.click("a[download]", no_wait_after=True)
        open_start(page, office)
        check_file(page, paper.file, paper.number)
        expect_verdict(page, "valid")
        open_start(page, office)
        check_evidence(page, paper.evidence, paper.file)
        expect_verdict(page, "valid")
        assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
        kept = page.evaluate("caches.keys()")
        assert kept == []
    written = log.getvalue()
    assert written.count('"event": "request"') + written.count('"event":"request"') > 8
    for secret in (
        paper.number,
        paper.number.replace("-", ""),
        paper.digest,
        "홍길동",
        "2020-02-03",
        paper.file.name,
    ):
        assert secret not in written, secret


def test_of_a_file_only_its_fingerprint_is_sent(
    chromium: Browser, office: Office, paper: Paper, tmp_path: Path
) -> None:
    large = tmp_path / "large.bin"
    large.write_bytes(os.urandom(3_000_000))
    sent: list[int] = []

    def weigh(asked: Request) -> None:
        sent.append(len(asked.url) + len(asked.post_data_buffer or b"") + sum(map(len, asked.headers.values())))

    with reading(chromium, office) as page:
        page.on("request", weigh)
        open_start(page, office)
        check_file(page, large)
        expect_verdict(page, "not-found")
        open_start(page, office)
        check_evidence(page, paper.evidence, large)
        expect_verdict(page, "altered")
        expect(page.locator("body")).not_to_contain_text(large.name)
    assert len(sent) > 4
    assert sum(sent) - paper.evidence.stat().st_size < 20_000

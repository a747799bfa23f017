"""The service is killed while it issues a table; after the restart it goes on, and no paper is issued twice."""

from __future__ import annotations

import hashlib
import io
import re
import time
import zipfile
from pathlib import Path

import httpx
from support.clerks import PASSWORD, Form
from support.service_process import Service, add_seoul, done
from support.tables import people, xlsx

ROWS = 160


def test_a_table_that_was_being_issued_at_kill_9_is_issued_to_its_end_once(tmp_path: Path) -> None:
    service = Service(tmp_path / "data")
    service.start()
    try:
        add_seoul(service)
        secret = tmp_path / "password"
        secret.write_text(PASSWORD + "\n", encoding="utf-8")
        told = done(
            "account", "add", "hong", "--name", "홍담당", "--password-file", secret, "--agency", "6110000",
            "--data", service.data,
        )  # fmt: skip
        assert "hong is clerk of 6110000" in told
        assert "hong" in done("account", "list", "--agency", "6110000", "--data", service.data)
        cookies, run = begin(service)
        killed_at = rows_done(service, cookies, run, at_least=1)
        service.kill()
        assert killed_at < ROWS, "it was too fast to be killed"
        service.start()
        assert rows_done(service, cookies, run, at_least=ROWS) == ROWS, "the session and the run survived"
        look(service, cookies, run)
    finally:
        service.stop()


def begin(service: Service) -> tuple[httpx.Cookies, int]:
    """Sign in, upload, issue; answers the browser's cookies and the run."""
    with httpx.Client(base_url=service.url, follow_redirects=True, timeout=60) as browser:

        def send(page: httpx.Response, action: str, **fields: str) -> httpx.Response:
            address, given = next(form for form in Form(page.text).forms if form[0].startswith(action))
            return browser.post(address, data=given | fields)

        page = send(browser.get("/clerk/sign-in"), "/clerk/sign-in", login="hong", password=PASSWORD)
        page = browser.get("/clerk/bulk")
        address, given = next(form for form in Form(page.text).forms if form[0].startswith("/clerk/bulk"))
        page = browser.post(address, data=given, files={"table": ("명단.xlsx", xlsx(people(ROWS)))})
        found = re.search(r"/clerk/runs/(\d+)", page.url.path)
        assert found, page.text[:2000]
        send(page, f"/clerk/runs/{found[1]}/issue")
        return browser.cookies, int(found[1])


def rows_done(service: Service, cookies: httpx.Cookies, run: int, *, at_least: int) -> int:
    """Wait until so many rows are done; answers how many are."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        page = httpx.get(f"{service.url}/clerk/runs/{run}?lang=ko", cookies=cookies, timeout=30)
        found = re.search(r'value="(\d+)">', page.text)
        if found and int(found[1]) >= at_least:
            return int(found[1])
        time.sleep(0.02)
    raise AssertionError(page.text[:3000])


def look(service: Service, cookies: httpx.Cookies, run: int) -> None:
    """Every row has its own number and record, its paper is what was recorded, and the log holds nothing else."""
    end = time.monotonic() + 60
    address = f"{service.url}/clerk/runs/{run}"
    while "발급 끝" not in httpx.get(f"{address}?lang=ko", cookies=cookies).text:
        assert time.monotonic() < end
        time.sleep(0.1)
    lines = httpx.get(f"{address}/results.csv", cookies=cookies).text.splitlines()[1:]
    numbers = [line.split(",")[1] for line in lines]
    places = [int(line.split(",")[2]) for line in lines]
    assert len(set(numbers)) == len(set(places)) == ROWS
    with zipfile.ZipFile(
        io.BytesIO(httpx.get(f"{address}/papers.zip", cookies=cookies, timeout=60).content)
    ) as papers:
        for line, number in list(enumerate(numbers, 1))[::40]:
            digest = hashlib.sha256(papers.read(f"{line:06d}.pdf")).hexdigest()
            record = httpx.get(f"{service.url}/v1/records?number={number}").json()
            assert record["sha256"] == digest
    log = httpx.get(f"{service.url}/v1/agencies/6110000").json()["log"]
    assert log["size"] == ROWS + 1, "the papers, and one entry of the activity log"

"""`make page-budget`: what the first page costs, cold, and how long an answer takes (pages.md, *Budgets*).

Chromium's own throttling gives 1.6 Mbit/s, 150 ms and a main thread four times slower. It cannot slow a worker down:
the time that the worker spends on a file counts four times instead.
"""

from __future__ import annotations

import hashlib
import logging
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import structlog
from looks.chromium import chromium
from playwright.sync_api import Browser, CDPSession, Page, expect
from support.service import Office, running_office

SLOWER: Final = 4
LATENCY_MS: Final = 150
BYTES_PER_S: Final = 200_000  # 1.6 Mbit/s
KB: Final = 1000
FILE_BYTES: Final = 100_000_000
HUGE_BYTES: Final = 2 * 1024**3
HUGE_WATCHED_S: Final = 15
SUBMIT: Final = "#file-form button:not([type])"
_WATCH: Final = """() => {
  window.watched = { lcp: 0, cls: 0, longest: 0, texts: [] };
  const see = (type, act) =>
    new PerformanceObserver((list) => list.getEntries().forEach(act)).observe({ type, buffered: true });
  see("largest-contentful-paint", (entry) => { watched.lcp = entry.startTime; });
  see("layout-shift", (entry) => { if (!entry.hadRecentInput) watched.cls += entry.value; });
  see("longtask", (entry) => { watched.longest = Math.max(watched.longest, entry.duration); });
  document.addEventListener("DOMContentLoaded", () => {
    const state = document.getElementById("file-state");
    if (!state) return;
    new MutationObserver(() => watched.texts.push([performance.now(), state.textContent]))
      .observe(state, { childList: true, characterData: true, subtree: true });
  });
}"""


@dataclass(frozen=True, kw_only=True)
class Spent:
    """One line of the budget."""

    what: str
    value: float
    most: float
    unit: str

    @property
    def kept(self) -> bool:
        """Whether the budget is kept."""
        return self.value <= self.most

    def text(self) -> str:
        """The line as it is printed."""
        return f"{self.what:<58}{self.value:>10.3f} of {self.most:g} {self.unit:<6}{'' if self.kept else '  OVER'}"


@dataclass(frozen=True, kw_only=True)
class Issued:
    """What the pages are asked about."""

    number: str
    file: Path
    huge: Path


def issued(office: Office, folder: Path) -> Issued:
    """A certificate whose file has 100 MB, and a file of 2 GB (both sparse: nothing but zeros)."""
    file, huge = folder / "large.pdf", folder / "huge.pdf"
    for path, size in ((file, FILE_BYTES), (huge, HUGE_BYTES)):
        with path.open("wb") as out:
            out.truncate(size)
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    record = office.issue({"kind": "certificate", "sha256": digest, "facts": {"holder.name": "홍길동"}})
    office.wait_anchored(int(str(record["index"])) + 1)
    return Issued(number=str(record["number"]), file=file, huge=huge)


def first_page(browser: Browser, office: Office, path: str = "/?lang=ko") -> list[Spent]:
    """Requests, hosts and bytes of a cold visit; deterministic, so CI holds it too."""
    context = browser.new_context(viewport={"width": 360, "height": 780})
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    asked: list[str] = []
    received: list[float] = []
    session.on("Network.requestWillBeSent", lambda event: asked.append(event["request"]["url"]))
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    page.goto(office.url + path, wait_until="networkidle")
    hosts = {urlsplit(url).netloc for url in asked if url.startswith("http")}
    requests = [url for url in asked if url.startswith("http")]
    context.close()
    return [
        Spent(what=f"{path}: requests", value=len(requests), most=8, unit=""),
        Spent(what=f"{path}: hosts", value=len(hosts), most=1, unit=""),
        Spent(what=f"{path}: bytes", value=sum(received) / KB, most=100, unit="kB"),
    ]


def _slow(page: Page) -> CDPSession:
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    conditions = {"offline": False, "latency": LATENCY_MS}
    speed = {"downloadThroughput": BYTES_PER_S, "uploadThroughput": BYTES_PER_S}
    session.send("Network.emulateNetworkConditions", {**conditions, **speed})
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    return session


def _opened(browser: Browser, office: Office) -> Page:
    page = browser.new_context(viewport={"width": 360, "height": 780}).new_page()
    page.add_init_script(f"({_WATCH})()")
    _slow(page)
    page.goto(f"{office.url}/?lang=ko", wait_until="networkidle")
    expect(page.locator("#file-part")).to_be_visible()
    return page


def slow_phone(browser: Browser, office: Office, about: Issued) -> Iterator[Spent]:
    """Paint, shift, and the time from the tap to the headline, by number and by a file of 100 MB."""
    page = _opened(browser, office)
    watched = page.evaluate("watched")
    yield Spent(what="largest contentful paint", value=watched["lcp"] / 1000, most=2.5, unit="s")
    yield Spent(what="layout shift", value=watched["cls"], most=0.1, unit="")
    page.fill("#number", about.number)
    begin = time.monotonic()
    page.click("#number-form button")
    expect(page.locator("[data-verdict]")).to_have_count(1)
    yield Spent(what="headline by number", value=time.monotonic() - begin, most=3, unit="s")
    page.context.close()
    page = _opened(browser, office)
    page.set_input_files("#file", about.file)
    begin = time.monotonic()
    page.click(SUBMIT)
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", "valid", timeout=60_000)
    elapsed = time.monotonic() - begin
    texts = page.evaluate("watched.texts.filter(([, text]) => text.includes('%'))")
    hashing = (texts[-1][0] - texts[0][0]) / 1000 if texts else elapsed
    what = f"headline by a file of 100 MB (hashing {hashing:.2f} s, {SLOWER} times)"
    yield Spent(what=what, value=elapsed + (SLOWER - 1) * hashing, most=10, unit="s")
    page.context.close()


def huge_file(browser: Browser, office: Office, about: Issued) -> Iterator[Spent]:
    """2 GB: progress at least every second, no long task, a small heap, and it can be cancelled."""
    page = browser.new_context().new_page()
    page.add_init_script(f"({_WATCH})()")
    session = page.context.new_cdp_session(page)
    page.goto(f"{office.url}/?lang=ko", wait_until="networkidle")
    page.set_input_files("#file", about.huge)
    page.evaluate("watched.longest = 0")
    page.click(SUBMIT)
    heap, end = 0.0, time.monotonic() + HUGE_WATCHED_S
    while time.monotonic() < end:
        page.wait_for_timeout(250)
        heap = max(heap, session.send("Runtime.getHeapUsage")["usedSize"] + _worker_heap(page))
    watched = page.evaluate("watched")
    times = [at for at, text in watched["texts"] if "%" in text]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    yield Spent(what="2 GB: longest time without progress", value=max(pauses, default=1e9) / 1000, most=1, unit="s")
    yield Spent(what="2 GB: longest task on the page", value=watched["longest"], most=200, unit="ms")
    yield Spent(what="2 GB: largest heap, page and worker", value=heap / 1024**2, most=64, unit="MiB")
    begin = time.monotonic()
    page.click("#cancel")
    expect(page.locator("#file-state")).to_contain_text("그만두었습니다")
    expect(page.locator("#cancel")).to_be_hidden()
    yield Spent(what="2 GB: time to cancel", value=time.monotonic() - begin, most=1, unit="s")
    page.context.close()


def _worker_heap(page: Page) -> float:
    heaps = [worker.evaluate("performance.memory ? performance.memory.usedJSHeapSize : 0") for worker in page.workers]
    return float(sum(heaps))


def main() -> int:
    """Print every line; 1 where one is over."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    over = 0
    with (
        tempfile.TemporaryDirectory() as folder,
        running_office(Path(folder) / "data") as office,
        chromium() as browser,
    ):
        about = issued(office, Path(folder))
        pages = (f"/?lang={language}" for language in ("ko", "en"))
        lines = [
            line
            for path in [*pages, f"/r/{about.number}", "/plans", "/p"]
            for line in first_page(browser, office, path)
        ]
        for line in lines:
            print(line.text(), flush=True)
            over += not line.kept
        for part in (slow_phone, huge_file):
            for line in part(browser, office, about):
                print(line.text(), flush=True)
                over += not line.kept
    print(f"{over} over budget")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())

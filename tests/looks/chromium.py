"""Debian's Chromium with a font that has Hangul, as `.ci/run` installs them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright


@contextmanager
def chromium() -> Iterator[Browser]:
    """One browser without a window.

    Raises:
        FileNotFoundError: it is not installed, or no font that has Hangul: boxes are of another width.
    """
    path = shutil.which("chromium")
    if path is None:
        raise FileNotFoundError("There is no chromium: apt-get install chromium (.ci/run does).")
    fonts = shutil.which("fc-list")
    if fonts is None or not subprocess.check_output([fonts, ":lang=ko"]):
        raise FileNotFoundError("No font has Hangul: apt-get install fontconfig fonts-nanum (.ci/run does).")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()

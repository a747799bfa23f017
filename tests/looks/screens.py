"""`make screens`: a picture of every page in every state, language, size and colour scheme, to be looked at.

They go to `.cache/screens`, which git ignores; words after the command choose places (`make screens ONLY=plans`).
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import structlog
from looks.chromium import chromium
from looks.places import LANGUAGES, SCHEMES, SIZES, Place, View, office_with_history, visit
from playwright.sync_api import Browser
from support.service import Office

FOLDER = Path(".cache/screens")


def shoot(browser: Browser, office: Office, place: Place, view: View) -> list[Path]:
    """Picture a place in both colour schemes, which takes one visit."""
    context = view.context(browser)
    page = context.new_page()
    visit(page, office, place, view.language)
    paths = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        path = FOLDER / f"{place.name}.{view.language}.{view.size}.{scheme}.png"
        page.screenshot(path=path, full_page=True)
        paths.append(path)
    context.close()
    return paths


def main() -> int:
    """Take every picture and say how many, and in what time."""
    only, begin = os.environ.get("ONLY", ""), time.monotonic()
    if not only:
        shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    count = 0
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with (
        tempfile.TemporaryDirectory() as folder,
        office_with_history(Path(folder)) as (office, places),
        chromium() as browser,
    ):
        for place in places:
            if only not in place.name:
                continue
            for language in LANGUAGES:
                for size in SIZES:
                    view = View(language=language, size=size, scheme="light")
                    count += len(shoot(browser, office, place, view))
    print(f"{count} pictures in {FOLDER}, {time.monotonic() - begin:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())

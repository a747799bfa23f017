"""`make a11y`: axe-core on every page in every state and view, and what axe cannot see (pages.md, *Budgets*).

No violation is allowed. What axe can't decide ("incomplete") has to be reviewed by a person: `incomplete.json` holds
rule/reason → why it is in order; one that is not there is a fault.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Any, Final

import structlog
from looks.chromium import chromium
from looks.places import SIZES, VIEWS, Place, View, office_with_history, visit
from playwright.sync_api import Browser, Page, Request
from support.service import Office

ROOT: Final = Path(__file__).resolve().parents[2]
HERE: Final = Path(__file__).resolve().parent
NARROW: Final = (320, 640)
AXE_OPTIONS: Final = {
    "resultTypes": ["violations", "incomplete"],
    "rules": {"target-size": {"enabled": True}},
}


@cache
def scripts() -> str:
    """axe-core from npm (locked), and the probes beside it."""
    axe = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    return axe + "\n;" + (HERE / "probe.js").read_text(encoding="utf-8")


@cache
def reviewed() -> dict[str, str]:
    """Rule/reason → why what axe could not decide there is in order."""
    found: dict[str, str] = json.loads((HERE / "incomplete.json").read_text(encoding="utf-8"))
    return found


def faults(browser: Browser, office: Office, place: Place, view: View) -> list[str]:
    """Everything that is wrong with one place in one view."""
    context = view.context(browser)
    page = context.new_page()
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(f"script: {error}"))
    page.on("request", lambda asked: found.append(f"asks {asked.url}") if _elsewhere(asked, office) else None)
    try:
        visit(page, office, place, view.language)
        page.evaluate(scripts())
        if place.result:
            found += page.evaluate("acted => probe.result(acted)", place.act is not None)
        found += _axe(page)
        found += _probes(page, SIZES[view.size])
    finally:
        context.close()
    where = f"{place.name} ({view.language}, {view.size}, {view.scheme})"
    return [f"{where}: {fault}" for fault in found]


def _elsewhere(asked: Request, office: Office) -> bool:
    return not asked.url.startswith((office.url, "data:", "blob:"))


def _axe(page: Page) -> list[str]:
    result: dict[str, Any] = page.evaluate("options => axe.run(document, options)", AXE_OPTIONS)
    violations = [f"{rule['id']}: {_first(rule)}" for rule in result["violations"]]
    undecided = [rule for rule in result["incomplete"] if not _keys(rule) <= reviewed().keys()]
    return violations + [f"not reviewed, {sorted(_keys(rule))}: {_first(rule)}" for rule in undecided]


def _keys(rule: dict[str, Any]) -> set[str]:
    """`rule/why axe could not decide`, of every place."""
    checks = [check for node in rule["nodes"] for group in ("any", "all", "none") for check in node[group]]
    return {f"{rule['id']}/{(check['data'] or {}).get('messageKey') or check['id']}" for check in checks}


def _first(rule: dict[str, Any]) -> str:
    node = rule["nodes"][0]
    return f"{node['html'][:120]} ({len(rule['nodes'])} places; {node.get('failureSummary', '')[:200]!r})"


def _probes(page: Page, size: tuple[int, int]) -> list[str]:
    """Narrow, large, spaced, forced colours, targets, print; the page is left as it was."""
    found = _named("targets", page.evaluate("probe.targets()"))
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    found += _named("320 px", page.evaluate("[...probe.sideways(), ...probe.targets()]"))
    page.evaluate("probe.spaced(true)")
    found += _named("text spacing", page.evaluate("[...probe.sideways(), ...probe.cut()]"))
    page.evaluate("probe.spaced(false)")
    page.set_viewport_size({"width": SIZES["desktop"][0], "height": SIZES["desktop"][1]})
    page.evaluate("probe.larger(true)")
    found += _named("200 % text", page.evaluate("[...probe.sideways(), ...probe.cut()]"))
    page.evaluate("probe.larger(false)")
    page.emulate_media(forced_colors="active")
    found += _named("forced colours", page.evaluate("probe.bare()"))
    page.emulate_media(forced_colors="none", media="print")
    found += _named("print", page.evaluate("probe.folds()"))
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    return found


def _named(what: str, found: list[str]) -> list[str]:
    return [f"{what}: {fault}" for fault in found]


def main() -> int:
    """Every place in every view; ONLY=words in the environment keeps those with these words in their name."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    only, begin, looked, found = os.environ.get("ONLY", ""), time.monotonic(), 0, list[str]()
    with (
        tempfile.TemporaryDirectory() as folder,
        office_with_history(Path(folder)) as (office, places),
        chromium() as browser,
    ):
        for place in places:
            for view in VIEWS if only in place.name else ():
                new = faults(browser, office, place, view)
                found += new
                looked += 1
                for fault in new:
                    print(fault, flush=True)
    print(f"{looked} pages looked at, {len(found)} faults, {time.monotonic() - begin:.0f} s")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

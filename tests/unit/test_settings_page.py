"""docs/settings.md names every setting with its default and its words, and no other.

Written anew with: SILLOK_WRITE_SETTINGS=1 pytest tests/unit/test_settings_page.py
"""

from __future__ import annotations

import os
from pathlib import Path

from ledger.settings import Settings

HEAD = "| setting | default | what it is |\n|---|---|---|\n"


def rows() -> str:
    lines = []
    for name, field in Settings.model_fields.items():
        default = "" if field.default in (None, ()) else f"`{str(field.default).lower()}`"
        lines.append(f"| `SILLOK_{name.upper()}` | {default} | {field.description} |\n")
    return "".join(lines)


def test_the_page_of_settings_is_that_of_the_program(root: Path) -> None:
    page = root / "docs" / "settings.md"
    text = page.read_text(encoding="utf-8")
    above, _, rest = text.partition(HEAD)
    below = "".join(line for line in rest.splitlines(keepends=True) if not line.startswith("|"))
    if os.environ.get("SILLOK_WRITE_SETTINGS"):
        page.write_text(above + HEAD + rows() + below, encoding="utf-8")
    assert page.read_text(encoding="utf-8") == above + HEAD + rows() + below, "see the first lines of this file"

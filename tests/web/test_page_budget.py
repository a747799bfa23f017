"""What each first visit costs: requests to one host, and bytes. `make page-budget` measures the times as well."""

from __future__ import annotations

import pytest
from looks.budget import first_page
from playwright.sync_api import Browser
from support.service import Office


@pytest.mark.parametrize("path", ["/?lang=ko", "/?lang=en", "/plans", "/p"])
def test_a_first_visit_keeps_to_its_budget(chromium: Browser, office: Office, path: str) -> None:
    spent = first_page(chromium, office, path)
    assert [line.text() for line in spent if not line.kept] == []
    assert all(line.value > 0 for line in spent)

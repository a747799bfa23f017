"""The style page: never on a service that nobody told to show it; elsewhere every verdict in both languages."""

from __future__ import annotations

import httpx
import pytest
from support.http import serving
from support.service import Office

from api.app import create_app
from api.pages.rendering import whole_days
from ledger.values import Verdict


def test_a_service_shows_no_made_up_results_unless_it_was_told_to(office: Office) -> None:
    for path in ("/style", "/style/result/valid"):
        assert office.get(path, accept="text/html").status_code == 404


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_verdict_has_a_sample(office: Office, language: str) -> None:
    settings = office.settings.model_copy(update={"style_pages": True})
    with serving(create_app(office.services, settings)) as url, httpx.Client(base_url=url) as client:
        assert client.get(f"/style?lang={language}").text.count('class="verdict ') == len(Verdict) + 1
        for name in [*(verdict.value for verdict in Verdict), "record-exists"]:
            page = client.get(f"/style/result/{name}?lang={language}")
            assert f'data-verdict="{name}"' in page.text, name
        assert 'data-verdict="cannot-check"' in client.get("/style/result/no-answer").text
        assert client.get("/style/result/maybe").status_code == 404


def test_no_date_of_a_sentence_is_broken_and_nothing_in_it_is_markup() -> None:
    assert whole_days("<b> 2026-11-25") == '&lt;b&gt; <span class="whole">2026-11-25</span>'

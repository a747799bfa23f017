"""Pages about who issues: windows of keys, what became final, and whether it does so in time; in both languages."""

from __future__ import annotations

import re

import pytest
from support.service import SEOUL, Office


@pytest.fixture(scope="module", autouse=True)
def one_record(office: Office) -> None:
    record = office.issue({"kind": "document", "sha256": "12" * 32})
    office.wait_anchored(int(str(record["index"])) + 1)


def read(office: Office, path: str, language: str) -> str:
    response = office.get(path, accept="text/html", accept_language=language)
    assert response.status_code == 200, path
    return response.text


def test_the_list_names_every_agency_in_the_reader_s_language(office: Office) -> None:
    assert "서울특별시" in read(office, "/agencies", "ko")
    english = read(office, "/agencies", "en")
    assert "Seoul Metropolitan Government" in english
    assert "서울특별시" not in english
    assert f"/agencies/{SEOUL}?lang=en" in english


@pytest.mark.parametrize("language", ["ko", "en"])
def test_an_agency_shows_its_keys_with_windows_and_how_far_it_is_final(office: Office, language: str) -> None:
    text = read(office, f"/agencies/{SEOUL}", language)
    for key in office.get(f"/v1/agencies/{SEOUL}/keys").json()["keys"]:
        assert key["keyId"] in text
        assert f'datetime="{key["notBefore"]}"' in text
    assert re.search('data-health="(ok|degraded|failing)"', text)
    anchored = office.get(f"/v1/agencies/{SEOUL}/checkpoints").json()["anchored"]
    assert anchored[-1]["transaction"] in text


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_log_page_shows_the_newest_signed_checkpoint_as_it_is_served(office: Office, language: str) -> None:
    text = read(office, f"/log/{SEOUL}/", language)
    root = office.get(f"/log/{SEOUL}/checkpoint").text.splitlines()[2]
    assert root.replace("+", "&#43;") in text or root in text
    assert f"/log/{SEOUL}/checkpoint" in text


def test_an_agency_that_there_is_none_of_is_not_found(office: Office) -> None:
    for path in ("/agencies/1234567", "/log/1234567/"):
        assert office.get(path, accept="text/html").status_code == 404
    assert office.get("/agencies/seoul", accept="text/html").status_code == 422

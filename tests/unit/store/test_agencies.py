"""Agencies can be renamed; API keys are listed and revoked once."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.groups import digest

from ledger.errors import ConflictError, NotFoundError
from ledger.ports.agencies import Agency, ApiRole
from ledger.store import open_store

SEOUL = Agency(code="6110000", name_ko="서울특별시", name_en="Seoul", contact="120")


def test_an_agency_is_renamed_in_place(tmp_path: Path) -> None:
    agencies = open_store(tmp_path / "ledger.db").agencies
    agencies.put_agency(SEOUL)
    renamed = Agency(code="6110000", name_ko="서울", name_en="Seoul City", contact="120")
    agencies.put_agency(renamed)
    assert agencies.agencies() == [renamed]


def test_a_key_is_found_by_its_digest_and_revoked_once(tmp_path: Path) -> None:
    agencies = open_store(tmp_path / "ledger.db").agencies
    key = agencies.add_api_key(digest("secret"), "6110000", ApiRole.CLERK, "desk 3", 100)
    assert agencies.find_api_key(digest("secret")) == key
    assert agencies.find_api_key(digest("other")) is None
    with pytest.raises(ConflictError):
        agencies.add_api_key(digest("secret"), "6110000", ApiRole.CLERK, "desk 4", 100)
    with pytest.raises(NotFoundError):
        agencies.revoke_api_key("6260000", key.key_no, 200)
    agencies.revoke_api_key("6110000", key.key_no, 200)
    agencies.revoke_api_key("6110000", key.key_no, 300)
    assert [kept.revoked_at for kept in agencies.api_keys("6110000")] == [200], "the first revocation stands"

"""Words that no answer can carry and numbers that no store can hold: refused in words, never a mistake of ours."""

from __future__ import annotations

import json

import pytest
from support.service import SEOUL, Office

A = f"/v1/agencies/{SEOUL}"
LONE = b"\\ud800"
HUGE = "9" * 23
DIGEST = b'"sha256":"' + b"0c" * 32 + b'"'
EVIDENCE = b'{"facts":[],"log":"","record":"","sillok":"evidence/v1","' + LONE + b'":1}'

WORDS = [
    ("POST", f"{A}/records", "clerk", b'{"' + LONE + b'":1}'),
    ("POST", f"{A}/records", "clerk", b'{"kind":"' + LONE + b'"}'),
    ("POST", f"{A}/records", "clerk", b'{"kind":"document",' + DIGEST + b',"facts":{"' + LONE + b'":1.5}}'),
    ("POST", f"{A}/records", "clerk", b'{"kind":"document",' + DIGEST + b',"facts":{"a":"' + LONE + b'"}}'),
    ("POST", f"{A}/status", "clerk", b'{"to":"revoked","' + LONE + b'":1}'),
    ("POST", f"{A}/status", "clerk", b"[" * 60_000),
    ("POST", f"{A}/api-keys", "administrator", b'{"role":"clerk","label":"' + LONE + b'"}'),
    ("POST", "/v1/agencies", "operator", b'{"code":"1234567","nameKo":"' + LONE + b'","nameEn":"x","contact":"x"}'),
    ("POST", "/check", None, b"sha256=%ed%a0%80"),
]
NUMBERS = [
    ("GET", f"{A}/records/{HUGE}", None),
    ("GET", f"{A}/records/{HUGE}/history", None),
    ("GET", f"{A}/records/{HUGE}/evidence", None),
    ("GET", f"{A}/status/{HUGE}", None),
    ("GET", f"{A}/checkpoints?after={HUGE}", None),
    ("GET", f"{A}/evidence?batch={HUGE}", "clerk"),
    ("GET", f"{A}/evidence?batch=1&after={2**63}", "clerk"),
    ("GET", f"/log/{SEOUL}/tile/0/{'x999/' * 8}999", None),
    ("DELETE", f"{A}/api-keys/{HUGE}", "administrator"),
    ("POST", f"{A}/records:bulk?job=huge&firstLine={2**53}", "clerk"),
]


@pytest.mark.parametrize(("method", "address", "role", "body"), WORDS)
def test_a_lone_surrogate_is_refused_in_words(
    office: Office, method: str, address: str, role: str | None, body: bytes
) -> None:
    response = office.call(method, address, role=role, content=body)
    assert response.status_code == 422, response.text
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("method", "address", "role"), NUMBERS)
def test_a_number_that_no_store_holds_is_refused(office: Office, method: str, address: str, role: str | None) -> None:
    response = office.call(method, address, role=role)
    assert response.status_code in (404, 422), response.text
    assert response.headers["content-type"] == "application/problem+json"


def test_evidence_with_a_lone_surrogate_has_a_verdict(office: Office) -> None:
    response = office.call("POST", "/v1/verifications", content=EVIDENCE)
    assert response.status_code == 200, response.text
    assert response.json()["verdict"] == "altered"


def test_a_line_with_a_lone_surrogate_stops_no_other_line(office: Office) -> None:
    lines = b'{"' + LONE + b'":1}\n{"kind":"document",' + DIGEST + b"}\n"
    response = office.call("POST", f"{A}/records:bulk?job=surrogates", role="clerk", content=lines)
    first, second, end = map(json.loads, response.text.splitlines())
    assert first["problem"]["where"] == "\\ud800"
    assert isinstance(second["index"], int)
    assert end | {"batch": 0} == {"done": True, "batch": 0, "accepted": 1, "created": 1, "failed": 1}

"""Every address × every role: only what is allowed happens. `docs/api.md` shows the same table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.service import BUSAN, SEOUL, Office

ROLES = ("stranger", "clerk", "approver", "administrator", "other clerk", "operator")
ALL = set(ROLES)
A = f"/v1/agencies/{SEOUL}"

# (method, address in OpenAPI, an address that exists, body) → roles that get past the door.
TABLE: list[tuple[str, str, str, object, set[str]]] = [
    ("POST", "/v1/agencies/{agency}/records", f"{A}/records", {}, {"clerk"}),
    ("POST", "/v1/agencies/{agency}/records:bulk", f"{A}/records:bulk?job=roles", b"", {"clerk"}),
    ("GET", "/v1/records", "/v1/records?sha256=" + "00" * 32, None, ALL),
    ("GET", "/v1/agencies/{agency}/records/{index}", f"{A}/records/0", None, ALL),
    ("GET", "/v1/agencies/{agency}/records/{index}/history", f"{A}/records/0/history", None, ALL),
    ("GET", "/v1/agencies/{agency}/records/{index}/evidence", f"{A}/records/0/evidence", None, ALL),
    ("GET", "/v1/agencies/{agency}/evidence", f"{A}/evidence?batch=1&limit=1", None, {"clerk", "approver"}),
    ("GET", "/v1/verifications", "/v1/verifications?sha256=" + "00" * 32, None, ALL),
    ("POST", "/v1/verifications", "/v1/verifications", b"{}", ALL),
    ("POST", "/v1/agencies/{agency}/status", f"{A}/status", {"to": "revoked"}, {"clerk", "approver"}),
    ("GET", "/v1/agencies/{agency}/status/{act}", f"{A}/status/999", None, ALL),
    ("GET", "/v1/agencies", "/v1/agencies", None, ALL),
    ("POST", "/v1/agencies", "/v1/agencies", {"code": "bad"}, {"operator"}),
    ("GET", "/v1/agencies/{agency}", A, None, ALL),
    ("GET", "/v1/agencies/{agency}/checkpoints", f"{A}/checkpoints", None, ALL),
    ("GET", "/v1/agencies/{agency}/keys", f"{A}/keys", None, ALL),
    ("POST", "/v1/agencies/{agency}/keys", f"{A}/keys", {"role": "bad"}, {"administrator", "operator"}),
    (
        "POST",
        "/v1/agencies/{agency}/keys/{key_id}/compromised",
        f"{A}/keys/{'00' * 32}/compromised",
        {},
        {"administrator", "operator"},
    ),
    ("GET", "/v1/agencies/{agency}/api-keys", f"{A}/api-keys", None, {"administrator", "operator"}),
    ("POST", "/v1/agencies/{agency}/api-keys", f"{A}/api-keys", {"role": "bad"}, {"administrator", "operator"}),
    ("DELETE", "/v1/agencies/{agency}/api-keys/{key_no}", f"{A}/api-keys/999", None, {"administrator", "operator"}),
    ("GET", "/v1/agencies/{agency}/accounts", f"{A}/accounts", None, {"administrator", "operator"}),
    ("POST", "/v1/agencies/{agency}/accounts", f"{A}/accounts", {"role": "bad"}, {"administrator", "operator"}),
    (
        "DELETE",
        "/v1/agencies/{agency}/accounts/{account_no}",
        f"{A}/accounts/999",
        None,
        {"administrator", "operator"},
    ),
    ("GET", "/v1/processes/{process}", "/v1/processes/ocds-nothing", None, ALL),
    ("GET", "/v1/trust", "/v1/trust", None, ALL),
    ("GET", "/log/{agency}/checkpoint", f"/log/{SEOUL}/checkpoint", None, ALL),
    ("GET", "/log/{agency}/tile/{name}", f"/log/{SEOUL}/tile/entries/000.p/1", None, ALL),
    ("GET", "/healthz", "/healthz", None, ALL),
    ("GET", "/readyz", "/readyz", None, ALL),
    ("GET", "/metrics", "/metrics", None, ALL),
]


@pytest.fixture(scope="module", autouse=True)
def a_record(office: Office) -> None:
    office.issue({"kind": "certificate", "sha256": "01" * 32})


def test_the_table_has_every_address(office: Office) -> None:
    paths = office.get("/openapi.json").json()["paths"]
    served = {(method.upper(), path) for path, operations in paths.items() for method in operations}
    assert served == {(method, path) for method, path, *_ in TABLE}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("method", "path", "address", "body", "allowed"), TABLE, ids=[f"{t[0]} {t[1]}" for t in TABLE]
)
def test_only_what_is_allowed_gets_past_the_door(
    office: Office, method: str, path: str, address: str, body: object, allowed: set[str], role: str
) -> None:
    raw = body if isinstance(body, bytes) else None
    response = office.call(
        method,
        address,
        role=None if role == "stranger" else role,
        json=body if raw is None and body is not None else None,
        content=raw,
    )
    if role in allowed:
        assert response.status_code not in (401, 403), response.text
        assert response.status_code < 500, response.text
    else:
        assert response.status_code == (401 if role == "stranger" else 403), response.text
        assert response.headers["content-type"] == "application/problem+json"


def test_a_key_of_one_agency_does_nothing_for_another(office: Office) -> None:
    for method, path, address, body, allowed in TABLE:
        if "{agency}" not in path or allowed == ALL:
            continue
        for role in ("clerk", "approver", "administrator"):
            raw = body if isinstance(body, bytes) else None
            there = address.replace(SEOUL, BUSAN)
            response = office.call(
                method, there, role=role, json=body if raw is None and body is not None else None, content=raw
            )
            assert response.status_code == 403, (method, there, role, response.text)


def test_a_person_s_facts_are_disclosed_to_the_agency_only(office: Office) -> None:
    issued = office.issue({"kind": "certificate", "sha256": "02" * 32, "facts": {"holder.name": "홍길동"}})
    address = f"{A}/records/{issued['index']}/evidence?disclose=all"
    for role in ROLES:
        response = office.get(address, role=None if role == "stranger" else role)
        expected = 200 if role in ("clerk", "approver") else 401 if role == "stranger" else 403
        assert response.status_code == expected, (role, response.text)


def test_a_revoked_key_is_refused_by_the_next_request(office: Office) -> None:
    made = office.call("POST", f"{A}/api-keys", role="administrator", json={"role": "clerk", "label": "counter 3"})
    assert made.status_code == 201
    office.keys["short-lived"] = made.json()["apiKey"]
    assert office.get(f"{A}/evidence?batch=1&limit=1", role="short-lived").status_code == 200
    gone = office.call("DELETE", f"{A}/api-keys/{made.json()['keyNo']}", role="administrator")
    assert gone.status_code == 204
    assert office.get(f"{A}/evidence?batch=1&limit=1", role="short-lived").status_code == 401
    # A key that is not live is refused even where none is needed: its owner should know.
    assert office.get("/v1/records?sha256=" + "00" * 32, role="short-lived").status_code == 401
    listed = office.get(f"{A}/api-keys", role="administrator").json()["keys"]
    assert [key["revokedAt"] is not None for key in listed if key["label"] == "counter 3"] == [True]
    assert made.json()["apiKey"] not in str(listed)


def test_the_docs_show_the_same_table(root: Path) -> None:
    rows = re.findall(r"^\| `([A-Z]+) ([^`]+)` \|(.*)\|$", (root / "docs" / "api.md").read_text(), re.MULTILINE)
    shown = {(method, path): [cell.strip() == "●" for cell in cells.split("|")] for method, path, cells in rows}
    expected = {(method, path): [role in allowed for role in ROLES] for method, path, _, _, allowed in TABLE}
    assert shown == expected

"""Who may do what, declared once for every address: the matrix that tests/unit/api/test_roles.py tries out.

A new address needs one line here; until it has one, the test fails. The tables of docs/api.md are written from here:
SILLOK_WRITE_ROLES=1 pytest tests/unit/api/test_roles.py
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from starlette.routing import Mount, Route
from support.service import SEOUL

KEYS = ("stranger", "clerk", "approver", "administrator", "other clerk", "operator", "revoked key")
"""Callers of the interface. A revoked key is refused wherever a key is looked at, even where none is needed."""
PEOPLE = ("nobody", "clerk", "approver", "administrator", "other agency", "expired")
"""Callers of the pages: sessions of Seoul's people, one of Busan's in each role, one that is over."""

OPEN = frozenset(KEYS)
PUBLIC = OPEN - {"revoked key"}
ISSUERS = frozenset({"clerk"})
OFFICERS = frozenset({"clerk", "approver"})
MANAGERS = frozenset({"administrator", "operator"})
OPERATOR = frozenset({"operator"})

EVERYBODY = frozenset(PEOPLE)
SIGNED_IN = EVERYBODY - {"nobody", "expired"}
STAFF = frozenset({"clerk", "approver", "other agency"})
"""Who issues and decides; who manages keys and people sees no document."""
STAFF_ISSUING = frozenset({"clerk", "other agency"})
APPROVERS = frozenset({"approver", "other agency"})
ADMINISTRATORS = frozenset({"administrator", "other agency"})
"""Of one's own agency: what another agency's administrator does here is done to another agency."""

INTERFACE: dict[str, frozenset[str]] = {
    "POST /v1/agencies/{agency}/records": ISSUERS,
    "POST /v1/agencies/{agency}/records:bulk": ISSUERS,
    "GET /v1/records": PUBLIC,
    "GET /v1/agencies/{agency}/records/{index}": PUBLIC,
    "GET /v1/agencies/{agency}/records/{index}/history": PUBLIC,
    "GET /v1/agencies/{agency}/records/{index}/evidence": PUBLIC,
    "GET /v1/agencies/{agency}/evidence": OFFICERS,
    "GET /v1/verifications": PUBLIC,
    "POST /v1/verifications": PUBLIC,
    "POST /v1/agencies/{agency}/status": OFFICERS,
    "GET /v1/agencies/{agency}/status/{act}": PUBLIC,
    "GET /v1/agencies": OPEN,
    "POST /v1/agencies": OPERATOR,
    "GET /v1/agencies/{agency}": OPEN,
    "GET /v1/agencies/{agency}/checkpoints": OPEN,
    "GET /v1/agencies/{agency}/keys": OPEN,
    "POST /v1/agencies/{agency}/keys": MANAGERS,
    "POST /v1/agencies/{agency}/keys/{key_id}/compromised": MANAGERS,
    "POST /v1/agencies/{agency}/keys/{key_id}/undo": MANAGERS,
    "GET /v1/council/acts": OPERATOR,
    "POST /v1/council/acts": OPERATOR,
    "GET /v1/agencies/{agency}/api-keys": MANAGERS,
    "POST /v1/agencies/{agency}/api-keys": MANAGERS,
    "DELETE /v1/agencies/{agency}/api-keys/{key_no}": MANAGERS,
    "GET /v1/agencies/{agency}/accounts": MANAGERS,
    "POST /v1/agencies/{agency}/accounts": MANAGERS,
    "POST /v1/agencies/{agency}/accounts/{account_no}/password": MANAGERS,
    "DELETE /v1/agencies/{agency}/accounts/{account_no}": MANAGERS,
    "GET /v1/processes/{process:path}": PUBLIC,
    "GET /v1/trust": OPEN,
    "GET /log/{agency}/checkpoint": OPEN,
    "GET /log/{agency}/tile/{name:path}": OPEN,
    "GET /log/{agency}/{generation}/checkpoint": OPEN,
    "GET /log/{agency}/{generation}/tile/{name:path}": OPEN,
    "GET /healthz": OPEN,
    "GET /readyz": OPEN,
    "GET /metrics": OPEN,
    "GET /openapi.json": OPEN,
}
"""Addresses for programs → callers that get past the door."""

PAGES: dict[str, frozenset[str]] = {
    "GET /": EVERYBODY,
    "GET /r": EVERYBODY,
    "GET /r/{number}": EVERYBODY,
    "POST /check": EVERYBODY,
    "POST /check/evidence": EVERYBODY,
    "GET /problems": EVERYBODY,
    "GET /problems/{slug}": EVERYBODY,
    "GET /docs": EVERYBODY,
    "GET /robots.txt": EVERYBODY,
    "GET /agencies": EVERYBODY,
    "GET /agencies/{agency}": EVERYBODY,
    "GET /log/{agency}/": EVERYBODY,
    "GET /plans": EVERYBODY,
    "GET /plans.atom": EVERYBODY,
    "GET /plans.csv": EVERYBODY,
    "GET /plans.ics": EVERYBODY,
    "GET /plans.json": EVERYBODY,
    "GET /p": EVERYBODY,
    "GET /p/{ocid}": EVERYBODY,
    "GET /p/{ocid}/pack.zip": EVERYBODY,
    "GET /p/{ocid}/verification": EVERYBODY,
    "GET /static": EVERYBODY,
    "GET /static/award-{digest}.js": EVERYBODY,
    "GET /static/check-{digest}.js": EVERYBODY,
    "GET /static/words-{language}-{digest}.json": EVERYBODY,
    "GET /docs/swagger": EVERYBODY,
    "GET /clerk/sign-in": EVERYBODY,
    "POST /clerk/sign-in": EVERYBODY,
    "GET /clerk": SIGNED_IN,
    "POST /clerk/sign-out": SIGNED_IN,
    "GET /clerk/password": SIGNED_IN,
    "POST /clerk/password": SIGNED_IN,
    "GET /clerk/issue": STAFF_ISSUING,
    "GET /clerk/issue/{code}": STAFF_ISSUING,
    "POST /clerk/issue/{code}": STAFF_ISSUING,
    "GET /clerk/bulk": STAFF_ISSUING,
    "POST /clerk/bulk": STAFF_ISSUING,
    "GET /clerk/bulk/{code}.csv": STAFF_ISSUING,
    "GET /clerk/runs": STAFF,
    "GET /clerk/runs/{run_no}": STAFF,
    "GET /clerk/runs/{run_no}/events": STAFF,
    "GET /clerk/runs/{run_no}/papers.zip": STAFF,
    "GET /clerk/runs/{run_no}/papers/{line}": STAFF,
    "GET /clerk/runs/{run_no}/papers/{line}.png": STAFF,
    "GET /clerk/runs/{run_no}/problems.csv": STAFF,
    "GET /clerk/runs/{run_no}/results.csv": STAFF,
    "POST /clerk/runs/{run_no}/issue": STAFF_ISSUING,
    "POST /clerk/runs/{run_no}/approve": APPROVERS,
    "POST /clerk/runs/{run_no}/cancel": STAFF,
    "GET /clerk/search": STAFF,
    "GET /clerk/documents/{index}": STAFF,
    "GET /clerk/documents/{index}/events": STAFF,
    "GET /clerk/documents/{index}/evidence.json": STAFF,
    "GET /clerk/documents/{index}/paper.pdf": STAFF,
    "GET /clerk/acts": STAFF,
    "POST /clerk/acts/confirm": STAFF,
    "POST /clerk/acts": STAFF,
    "GET /clerk/activity": SIGNED_IN,
    "GET /clerk/activity/{entry_no}.json": SIGNED_IN,
    "POST /clerk/activity/rules": ADMINISTRATORS,
    "GET /clerk/visits": ADMINISTRATORS,
    "GET /clerk/people": ADMINISTRATORS,
    "POST /clerk/people": ADMINISTRATORS,
    "POST /clerk/people/{account_no}/reset": ADMINISTRATORS,
    "POST /clerk/people/{account_no}/disable": ADMINISTRATORS,
}
"""Pages for people → sessions that get past the door."""

PLACES = {
    "agency": str(SEOUL), "index": "0", "act": "999", "key_id": "00" * 32, "key_no": "999", "account_no": "999",
    "run_no": "999",
    "line": "1", "entry_no": "999", "code": "nothing",
    "process:path": "ocds-nothing", "generation": "2",
    "name:path": "entries/000.p/1", "number": "1234-5678-9012-3459", "slug": "format",
}  # fmt: skip
"""What stands in an address where it has a name in braces; another name gets a word that nothing has."""
QUERIES = {
    "POST /v1/agencies/{agency}/records:bulk": "job=roles",
    "GET /v1/agencies/{agency}/evidence": "batch=1&limit=1",
    "GET /v1/records": "sha256=" + "00" * 32,
    "GET /v1/verifications": "sha256=" + "00" * 32,
    "GET /r": "number=1234567890123459",
}
BODIES: dict[str, Any] = {
    "POST /v1/agencies/{agency}/records:bulk": b"",
    "POST /v1/verifications": b"{}",
    "POST /v1/agencies/{agency}/status": {"to": "revoked"},
    "POST /v1/agencies": {"code": "bad"},
    "POST /v1/agencies/{agency}/keys": {"role": "bad"},
    "POST /v1/agencies/{agency}/api-keys": {"role": "bad"},
    "POST /v1/agencies/{agency}/accounts": {"role": "bad"},
}
"""What is sent: enough to be asked who one is, too little to change anything. `{}` where it is not named."""


@dataclass(frozen=True, kw_only=True)
class Address:
    """One method of one address."""

    rule: str
    method: str
    path: str

    @classmethod
    def of(cls, rule: str) -> Address:
        """From its line: `POST /v1/agencies`."""
        method, path = rule.split(" ", 1)
        return cls(rule=rule, method=method, path=path)

    def filled(self, **places: str) -> str:
        """An address that can be called."""
        parts = []
        for part in self.path.split("/"):
            head, brace, rest = part.partition("{")
            name, _, tail = rest.partition("}")
            parts.append(head + (PLACES | places).get(name, "nothing") + tail if brace else part)
        path = "/".join(parts)
        if self.path in ("/static", "/docs/swagger"):
            path += {"/static": "/style.css", "/docs/swagger": "/swagger-ui.css"}[self.path]
        query = QUERIES.get(self.rule)
        return f"{path}?{query}" if query else path


def served(routes: Iterable[object]) -> Iterator[str]:
    """Every address of an application as a line, whatever kind of route it is."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from served(inner.routes)
        elif isinstance(route, Mount):
            yield f"GET {route.path}"
        elif isinstance(route, Route):
            for method in sorted((route.methods or {"GET"}) - {"HEAD"}):
                yield f"{method} {route.path}"
        else:
            raise AssertionError(f"the matrix knows no route of this kind: {route!r}")


def table(rules: dict[str, frozenset[str]], callers: tuple[str, ...]) -> str:
    """The rules as a table of docs/api.md."""
    lines = [f"| address | {' | '.join(callers)} |", "|---" * (len(callers) + 1) + "|"]
    for rule, allowed in rules.items():
        cells = " | ".join("●" if caller in allowed else "" for caller in callers)
        lines.append(f"| `{rule}` | {cells} |")
    return "\n".join(lines) + "\n"

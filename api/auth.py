"""Who may do what: API keys, their roles, and the table of permissions.

A key is sent as `Authorization: Bearer …` and kept only as its SHA-256; it is found by that digest, so nothing secret
is ever compared byte by byte. Reading and verifying need no key.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Final

from api.problems import Problem
from ledger.ports.agencies import AgencyStore, ApiKey, ApiRole
from ledger.values import AgencyCode, Digest32

OPERATOR: Final = AgencyCode("0000000")
"""No office has this code: its administrator is the operator of the service."""


class Act(StrEnum):
    """What a caller wants to do and a key must allow."""

    ISSUE = "issue"
    CHANGE_STATUS = "change status"
    READ_WHOLE = "read every fact"
    MANAGE_KEYS = "manage keys"
    REGISTER_AGENCY = "register agencies"


PERMISSIONS: Final[dict[Act, frozenset[ApiRole]]] = {
    Act.ISSUE: frozenset({ApiRole.CLERK}),
    Act.CHANGE_STATUS: frozenset({ApiRole.CLERK, ApiRole.APPROVER}),
    Act.READ_WHOLE: frozenset({ApiRole.CLERK, ApiRole.APPROVER}),
    Act.MANAGE_KEYS: frozenset({ApiRole.ADMINISTRATOR}),
    Act.REGISTER_AGENCY: frozenset(),
}
"""Act → roles of the agency itself that may do it. Least privilege: who manages keys issues nothing."""

OPERATOR_ACTS: Final = frozenset({Act.MANAGE_KEYS, Act.REGISTER_AGENCY})
"""What the operator may do for every agency: never issue, change a status or read personal facts."""


def digest_of(api_key: str) -> Digest32:
    """What is kept of an API key. One SHA-256 is enough, since a key is 32 random bytes and not a password."""
    return Digest32(hashlib.sha256(api_key.encode()).digest())


class Authenticator:
    """Finds the key of a request. Remembers keys until any of them changes: revoking takes effect at once.

    All changes of API keys go through this process, the only writer of its data folder; with several API processes
    the memory must go, or be told of changes.
    """

    def __init__(self, store: AgencyStore) -> None:
        """Find keys in `store`."""
        self._store = store
        self._known: dict[Digest32, ApiKey] = {}
        self._changes = 0

    def key_of(self, authorization: str | None) -> ApiKey:
        """The live key that a request carries.

        Raises:
            Problem: 401 where there is none, or it is unknown or revoked.
        """
        scheme, _, secret = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise _unauthorized("The request carries no API key.")
        sha256 = digest_of(secret.strip())
        known = self._known.get(sha256)
        if known is not None:
            return known
        # A change between the look-up and the remembering would leave a revoked key alive: then it isn't remembered.
        changes = self._changes
        found = self._store.find_api_key(sha256)
        if found is None:
            raise _unauthorized("The API key is not known here.")
        if found.revoked_at is not None:
            raise _unauthorized("The API key was revoked.")
        if changes == self._changes:
            self._known[sha256] = found
        return found

    def forget(self) -> None:
        """Called after each change of an API key, before the change is answered."""
        self._changes += 1
        self._known.clear()


def permit(key: ApiKey, act: Act, agency: AgencyCode) -> None:
    """Let a key do an act for an agency.

    Raises:
        Problem: 403; says which role is needed, and nothing about the other agency.
    """
    if key.agency == OPERATOR and key.role is ApiRole.ADMINISTRATOR:
        allowed = act in OPERATOR_ACTS
    else:
        allowed = key.agency == agency and key.role in PERMISSIONS[act]
    if not allowed:
        needed = " or ".join(sorted(PERMISSIONS[act])) or "operator"
        raise Problem(
            "forbidden",
            f"To {act.value} for agency {agency} a key of that agency with the role {needed} is needed.",
            where="authorization",
        )


def _unauthorized(detail: str) -> Problem:
    return Problem("unauthorized", detail, where="authorization", headers={"www-authenticate": "Bearer"})

"""Agencies and their clerks' API keys as the store keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ledger.values import AgencyCode, Digest32, Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """An issuing office."""

    code: AgencyCode
    name_ko: str
    name_en: str
    contact: str


class ApiRole(StrEnum):
    """What an API key may do."""

    CLERK = "clerk"
    APPROVER = "approver"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A clerk's key as it is kept: only its SHA-256; `key_no` names it in lists and revocations."""

    key_no: int
    agency: AgencyCode
    role: ApiRole
    label: str
    created_at: Instant
    revoked_at: Instant | None


class AgencyStore(Protocol):
    """Agencies and their clerks' API keys."""

    def agencies(self) -> Sequence[Agency]:
        """All, by code."""

    def put_agency(self, agency: Agency) -> None:
        """Add or rename."""

    def add_api_key(self, sha256: Digest32, agency: AgencyCode, role: ApiRole, label: str, now: Instant) -> ApiKey:
        """Keep a new key's digest."""

    def find_api_key(self, sha256: Digest32) -> ApiKey | None:
        """The key with this digest, revoked or not; None if there is none."""

    def api_keys(self, agency: AgencyCode) -> Sequence[ApiKey]:
        """All keys of an agency."""

    def revoke_api_key(self, agency: AgencyCode, key_no: int, now: Instant) -> None:
        """Revoke. Raises NotFoundError."""

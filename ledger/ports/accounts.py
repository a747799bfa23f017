"""Accounts of the people of an agency and their sessions, as the store keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ledger.ports.agencies import ApiRole
from ledger.values import AgencyCode, Digest32, Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One person of one agency, in one role.

    Attributes:
        account_no: names the account everywhere but at sign-in.
        login: what the person types; unique in this service.
        name: what colleagues see; never on a chain or in a record.
        demo: what this account issues carries the mark of a demonstration.
    """

    account_no: int
    login: str
    name: str
    agency: AgencyCode
    role: ApiRole
    demo: bool
    created_at: Instant
    disabled_at: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in browser; only the SHA-256 of its token is kept."""

    token_sha256: Digest32
    account_no: int
    began_at: Instant
    seen_at: Instant


class AccountStore(Protocol):
    """Accounts with the hashes of their passwords, and sessions."""

    def add_account(
        self,
        *,
        login: str,
        name: str,
        agency: AgencyCode,
        role: ApiRole,
        demo: bool,
        password_hash: str,
        now: Instant,
    ) -> Account:
        """Keep a new account. Raises ConflictError where the login is taken."""

    def find_account(self, login: str) -> tuple[Account, str] | None:
        """The account with this login and the hash of its password; None if there is none."""

    def account(self, account_no: int) -> Account:
        """One account. Raises NotFoundError."""

    def accounts(self, agency: AgencyCode) -> Sequence[Account]:
        """All accounts of an agency, oldest first, disabled ones too."""

    def set_password(self, account_no: int, password_hash: str) -> None:
        """Replace the hash and end every session of the account, in one transaction."""

    def disable_account(self, agency: AgencyCode, account_no: int, now: Instant) -> None:
        """Disable an account of an agency and end its sessions. Raises NotFoundError."""

    def open_session(self, token_sha256: Digest32, account_no: int, now: Instant) -> Session:
        """Keep a new session."""

    def find_session(self, token_sha256: Digest32) -> tuple[Session, Account] | None:
        """The session with this digest and its account; None if there is none."""

    def touch_session(self, token_sha256: Digest32, now: Instant) -> None:
        """Say that the session was used."""

    def end_session(self, token_sha256: Digest32) -> None:
        """End one session; nothing happens where there is none."""

    def end_old_sessions(self, *, began_before: Instant, seen_before: Instant) -> None:
        """End every session that began, or was last used, before these instants."""

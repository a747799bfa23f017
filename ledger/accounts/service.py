"""Accounts and sessions of an agency's people.

A session is 32 random bytes in a cookie; the store has their SHA-256. It ends by signing out, after `idle_s` without
a request, `longest_s` after it began, when the password changes and when the account is disabled. Signing in always
begins a new session and ends the one that the browser had, so that nobody can plant one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.accounts.passwords import Passwords, check_password
from ledger.errors import ConflictError, FormatError, InputError, NotFoundError
from ledger.hashing.digests import sha256
from ledger.hashing.encodings import b64u_encode
from ledger.ports.accounts import Account, AccountStore
from ledger.ports.agencies import ApiRole
from ledger.ports.keys import Clock
from ledger.values import AgencyCode, Digest32, Instant

LOGIN: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{2,63}", re.ASCII)
TOKEN_BYTES: Final = 32
TOUCH_S: Final = 60
"""How often a session's last use is written, in seconds: idle time is minutes, a write is an fsync."""
MAX_NAME: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Somebody with a live session.

    Attributes:
        account: who.
        token: the session's secret, as the cookie has it.
        csrf: what every form of this session carries; derived, so that it needs no place of its own.
    """

    account: Account
    token: str
    csrf: str


class Accounts:
    """Adds people, lets them in and out."""

    def __init__(
        self,
        store: AccountStore,
        *,
        clock: Clock,
        idle_s: int,
        longest_s: int,
        passwords: Passwords | None = None,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """Keep everything in `store`.

        Args:
            store: accounts and sessions.
            clock: now, in seconds UTC.
            idle_s: a session ends after so many seconds without a request.
            longest_s: a session ends so many seconds after sign-in.
            passwords: makes and checks hashes.
            random: bytes from the operating system.
        """
        self._store = store
        self._clock = clock
        self._idle_s = idle_s
        self._longest_s = longest_s
        self._passwords = passwords or Passwords()
        self._random = random

    def add(
        self, agency: AgencyCode, *, login: str, name: str, role: ApiRole, password: str, demo: bool = False
    ) -> Account:
        """Add a person.

        Raises:
            InputError: the login, the name or the password cannot be used.
            ConflictError: the login is taken.
        """
        if not LOGIN.fullmatch(login):
            raise FormatError(
                "A login has 3 to 64 of a-z, 0-9, '.', '_', '@' and '-'.", where="login", fix="Use small letters."
            )
        shown = " ".join(name.split())
        if not 1 <= len(shown) <= MAX_NAME or not shown.isprintable():
            raise FormatError(f"A name has 1 to {MAX_NAME} visible characters.", where="name")
        check_password(password, login)
        return self._store.add_account(
            login=login,
            name=shown,
            agency=agency,
            role=role,
            demo=demo,
            password_hash=self._passwords.hash(password),
            now=self._clock(),
        )

    def of_agency(self, agency: AgencyCode) -> Sequence[Account]:
        """Everybody of an agency, disabled accounts too."""
        return self._store.accounts(agency)

    def account(self, account_no: int) -> Account:
        """One account. Raises NotFoundError."""
        return self._store.account(account_no)

    def reset_password(self, agency: AgencyCode, account_no: int, password: str) -> Account:
        """Give somebody who lost it a new password: every session of the account ends.

        Raises:
            NotFoundError: the agency has no such account.
            ConflictError: the account is disabled.
            InputError: the password cannot be used.
        """
        account = self._store.account(account_no)
        if account.agency != agency:
            raise NotFoundError(f"Agency {agency} has no account {account_no}.")
        if account.disabled_at is not None:
            raise ConflictError(
                "This account is disabled, so a password would let nobody in.",
                where="account",
                fix="Add the person anew, under another login.",
            )
        check_password(password, account.login)
        self._store.set_password(account_no, self._passwords.hash(password))
        return account

    def disable(self, agency: AgencyCode, account_no: int) -> None:
        """Let somebody in no more, from this moment on. Raises NotFoundError."""
        self._store.disable_account(agency, account_no, self._clock())

    def sign_in(self, login: str, password: str, *, replaces: str | None = None) -> SignedIn | None:
        """Begin a session; None where login and password don't belong together, whichever of them is wrong.

        Args:
            login: as typed.
            password: as typed.
            replaces: the token that the browser had; its session ends.
        """
        found = self._store.find_account(login.strip().casefold()[:64])
        kept = found[1] if found is not None else None
        if not self._passwords.matches(password[:1000], kept) or found is None or kept is None:
            return None
        account = found[0]
        if account.disabled_at is not None:
            return None
        if self._passwords.is_outdated(kept):
            self._store.set_password(account.account_no, self._passwords.hash(password))
        if replaces is not None:
            self.sign_out(replaces)
        now = self._clock()
        self._store.end_old_sessions(
            began_before=Instant(now - self._longest_s), seen_before=Instant(now - self._idle_s)
        )
        return self._begin(account, now)

    def signed_in(self, token: str, *, touch: bool = True) -> SignedIn | None:
        """Who has this session; None where it is unknown or over. With `touch` this counts as a use of it."""
        digest = _digest(token)
        found = self._store.find_session(digest)
        if found is None:
            return None
        session, account = found
        now = self._clock()
        idle, age = now - session.seen_at, now - session.began_at
        if idle > self._idle_s or age > self._longest_s or account.disabled_at is not None:
            self._store.end_session(digest)
            return None
        if touch and idle >= TOUCH_S:
            self._store.touch_session(digest, now)
        return SignedIn(account=account, token=token, csrf=csrf_of(token))

    def sign_out(self, token: str) -> None:
        """End a session."""
        self._store.end_session(_digest(token))

    def change_password(self, who: SignedIn, *, old: str, new: str) -> SignedIn:
        """Change one's own password: every session of the account ends, and a new one begins.

        Raises:
            InputError: the old password is wrong, or the new one cannot be used.
        """
        found = self._store.find_account(who.account.login)
        if found is None or not self._passwords.matches(old[:1000], found[1]):
            raise InputError("The present password is wrong.", where="old")
        check_password(new, who.account.login)
        self._store.set_password(who.account.account_no, self._passwords.hash(new))
        return self._begin(who.account, self._clock())

    def _begin(self, account: Account, now: Instant) -> SignedIn:
        token = b64u_encode(self._random(TOKEN_BYTES))
        self._store.open_session(_digest(token), account.account_no, now)
        return SignedIn(account=account, token=token, csrf=csrf_of(token))


def csrf_of(secret: str) -> str:
    """What a form carries to show that it comes from a page of this browser: a one-way function of its cookie."""
    return sha256(b"sillok form\n" + secret.encode()).hex()


def _digest(token: str) -> Digest32:
    return sha256(token.encode())

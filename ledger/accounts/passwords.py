"""Passwords: argon2id hashes, and what a password must be like. The only module that knows argon2."""

from __future__ import annotations

import threading
import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ledger.errors import InputError

LEAST: Final = 12
"""Characters; a length rule instead of rules about kinds of characters (NIST SP 800-63B, section 3.1.1)."""
MOST: Final = 200
_AT_ONCE: Final = 2
"""Hashes that are computed at the same time: each takes 64 MiB (RFC 9106, second recommended option)."""


class Passwords:
    """Makes and checks hashes; a check of nobody's password takes as long as one of somebody's."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """Use argon2id with RFC 9106's parameters for little memory, or a hasher of a test."""
        self._hasher = hasher or PasswordHasher()
        self._slots = threading.BoundedSemaphore(_AT_ONCE)
        self._nobody = self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """The hash to keep, in PHC form: it names its own parameters and salt."""
        with self._slots:
            return self._hasher.hash(_normal(password))

    def matches(self, password: str, kept: str | None) -> bool:
        """Whether a password belongs to a kept hash; None: there is no such account, and the work is done anyway."""
        with self._slots:
            try:
                return self._hasher.verify(kept or self._nobody, _normal(password)) and kept is not None
            except (VerificationError, InvalidHashError):
                return False

    def is_outdated(self, kept: str) -> bool:
        """Whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(kept)


def check_password(password: str, login: str) -> None:
    """Refuse a password that is too short, too long, or easy to say.

    Raises:
        InputError: says what it must be like, never the password.
    """
    normal = _normal(password)
    if not LEAST <= len(normal) <= MOST:
        raise InputError(f"A password has {LEAST} to {MOST} characters.", where="password")
    if login.casefold() in normal.casefold() or len(set(normal)) < LEAST // 2:
        raise InputError(
            "The password repeats the login or a few characters.", where="password", fix="Choose several words."
        )


def _normal(password: str) -> str:
    """The same password from any keyboard: a Korean syllable can arrive in one piece or in three."""
    return unicodedata.normalize("NFC", password)

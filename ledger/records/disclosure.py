"""Facts and their salted disclosures: `b64u(JCS([salt, path, value]))` as in SD-JWT (RFC 9901; section 1)."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Final, TypeAlias

from ledger.errors import FormatError
from ledger.hashing.canonical import check_text, load
from ledger.hashing.encodings import b64u_decode, b64u_encode
from ledger.merkle.nodes import leaf_hash
from ledger.plain import dataclass
from ledger.records.number import parse_number
from ledger.values import MAX_INTEGER, LeafHash

FactValue: TypeAlias = str | bool | int
"""A string of at most 4,096 UTF-8 bytes, a boolean, or an integer with |n| < 2^53."""

SALT_BYTES: Final = 16
MAX_PATH: Final = 64
MAX_VALUE_BYTES: Final = 4096
# A control character takes six characters in JSON, and base64 a third more on top.
LIMIT: Final = 64 + 6 * MAX_VALUE_BYTES + MAX_PATH
"""Most bytes of a disclosure's JSON."""

SHA256_PATH: Final = "document.sha256"
NUMBER_PATH: Final = "certificate.number"

_PATH: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*", re.ASCII)
_SHA256: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One statement about a document: a path such as `document.sha256`, and its value."""

    path: str
    value: FactValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """One fact with its salt. `text` is what was hashed; it is carried on, never re-encoded."""

    text: str
    salt: bytes
    path: str
    value: FactValue

    @property
    def leaf_hash(self) -> LeafHash:
        """Leaf of the commitment: SHA-256(0x00 ‖ text)."""
        return leaf_hash(self.text.encode("ascii"))


def normalise(fact: Fact) -> Fact:
    """The fact with its text in NFC, as intake salts it; a verifier never tests that."""
    if isinstance(fact.value, str) and not fact.value.isascii():
        return Fact(path=fact.path, value=unicodedata.normalize("NFC", fact.value))
    return fact


def disclose(fact: Fact, salt: bytes) -> Disclosure:
    """Salt a fact.

    Args:
        fact: what is stated; the caller normalised it.
        salt: 16 bytes from the operating system, fresh for each fact of each record.

    Raises:
        FormatError: the path or the value is out of the format, or the salt has another length.
    """
    if len(salt) != SALT_BYTES:
        raise FormatError(f"A salt has {SALT_BYTES} bytes, not {len(salt)}.", where=fact.path[:MAX_PATH])
    check_fact(fact.path, fact.value)
    text = b64u_encode(_encode(b64u_encode(salt), fact.path, fact.value))
    return Disclosure(text=text, salt=salt, path=fact.path, value=fact.value)


def parse_disclosure(text: str, *, where: str | None = None) -> Disclosure:
    """Read a disclosure.

    Raises:
        FormatError: not exactly the text that `disclose` makes of what it holds.
    """
    data = b64u_decode(text, where=where)
    match load(data, limit=LIMIT, where=where):
        case [str(salt_text), str(path), (str() | int()) as value]:
            salt = b64u_decode(salt_text, length=SALT_BYTES, where=where)
        case _:
            raise FormatError("A disclosure is a list of salt, path and value.", where=where)
    check_fact(path, value, where=where)
    if _encode(salt_text, path, value) != data:
        raise FormatError("The disclosure is not in canonical form (RFC 8785).", where=where)
    return Disclosure(text=text, salt=salt, path=path, value=value)


def check_fact(path: str, value: FactValue, *, where: str | None = None) -> None:
    """Refuse a fact that the format doesn't allow.

    Raises:
        FormatError: names the path.
    """
    if not _is_path(path):
        raise FormatError(
            f"{path[:MAX_PATH]!r} is not the path of a fact.", where=where, fix="Write words joined by dots."
        )
    place = where or path
    if isinstance(value, str):
        check_text(value, place)
        # No character takes more than four bytes.
        if len(value) > MAX_VALUE_BYTES // 4 and len(value.encode("utf-8")) > MAX_VALUE_BYTES:
            raise FormatError(f"A text is longer than {MAX_VALUE_BYTES} bytes of UTF-8.", where=place)
    elif not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise FormatError("An integer is beyond 2^53 - 1.", where=place)
    if path == SHA256_PATH and not (isinstance(value, str) and _SHA256.fullmatch(value)):
        raise FormatError("document.sha256 is not 64 lower-case hex digits.", where=place)
    if path == NUMBER_PATH:
        if not isinstance(value, str):
            raise FormatError("certificate.number is not a string.", where=place)
        parse_number(value)


@lru_cache(maxsize=1024)
def _is_path(path: str) -> bool:
    """Records of one kind have the same few paths."""
    return len(path) <= MAX_PATH and _PATH.fullmatch(path) is not None


def _encode(salt_text: str, path: str, value: FactValue) -> bytes:
    """RFC 8785 form of [salt, path, value]; salt and path need no escapes, and Python's escapes are JCS's."""
    if isinstance(value, bool):
        encoded = "true" if value else "false"
    elif isinstance(value, int):
        encoded = str(value)
    else:
        encoded = encode_basestring(value)
    return f'["{salt_text}","{path}",{encoded}]'.encode()

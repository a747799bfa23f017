"""One document, encrypted under a password as a whole, replaced on disk as a whole.

    {"sillok": "keystore/v1",
     "kdf": {"name": "scrypt", "n": 131072, "r": 8, "p": 1, "salt": 64 hex, "check": 32 hex},
     "cipher": {"name": "aes-256-gcm", "nonce": 24 hex},
     "ciphertext": hex}

scrypt (RFC 7914) gives 48 bytes: the AES key, and 16 bytes that tell a wrong password from a damaged file. All
members but the ciphertext are bound to it as associated data, so none can be exchanged. Every write draws
a new nonce.

Crash order of a write: new bytes into `<name>.new`, fsync of the file, rename over the old one, fsync of the folder.
At every moment the old document or the new one is there, whole.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.durable import replace_durably
from ledger.errors import KeystoreError

VERSION: Final = "keystore/v1"
# 2^17 · 8 · 128 bytes = 128 MiB and about 0.4 s for each guess: OWASP's first choice for scrypt.
_N: Final = 2**17
_R: Final = 8
_P: Final = 1
_MEMORY_BYTES: Final = 256 * 1024 * 1024
# A city's keys are some hundred bytes each: what is larger was not written here.
_LIMIT_BYTES: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKey:
    """What the password became: kept while the keystore is open, so that a write costs no scrypt."""

    salt: bytes
    check: bytes
    secret: bytes = field(repr=False)


def derive(password: str, salt: bytes | None = None) -> FileKey:
    """Turn a password into the file's key; a new random salt where none is given."""
    salt = secrets.token_bytes(32) if salt is None else salt
    out = hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P, maxmem=_MEMORY_BYTES, dklen=48)
    return FileKey(salt=salt, check=out[32:], secret=out[:32])


def write(path: Path, key: FileKey, plaintext: bytes) -> bytes:
    """Encrypt and durably replace; returns the bytes written.

    Raises:
        StoreError: the disk refused.
    """
    nonce = secrets.token_bytes(12)
    header = _header(key, nonce)
    sealed = AESGCM(key.secret).encrypt(nonce, plaintext, _bound(header))
    data = json.dumps({**header, "ciphertext": sealed.hex()}, indent=1).encode() + b"\n"
    replace_durably(path, data)
    return data


def read(path: Path) -> bytes:
    """The file's bytes as they are.

    Raises:
        KeystoreError: there is no such file, or it cannot be read.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LIMIT_BYTES + 1)
    except FileNotFoundError as error:
        raise KeystoreError("There is no keystore here.", where=str(path), fix="Check the data folder.") from error
    except OSError as error:
        raise KeystoreError(f"The keystore cannot be read: {error.strerror}.", where=str(path)) from error
    if len(data) > _LIMIT_BYTES:
        raise _damaged(path)
    return data


def unseal(path: Path, data: bytes, password: str) -> tuple[FileKey, bytes]:
    """Decrypt what `read` gave: (the file's key, the document).

    Raises:
        KeystoreError: wrong password, a damaged file, or a version that this program does not know.
    """
    try:
        document = json.loads(data)
        version = document["sillok"]
        kdf, cipher = document["kdf"], document["cipher"]
        salt, check, nonce = (bytes.fromhex(text) for text in (kdf["salt"], kdf["check"], cipher["nonce"]))
        sealed = bytes.fromhex(document["ciphertext"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(path) from error
    if version != VERSION:
        raise KeystoreError(
            f"The keystore's version is {str(version)[:40]!r}.", where=str(path), fix="Update Sillok."
        )
    key = derive(password, salt)
    if not hmac.compare_digest(key.check, check):
        raise KeystoreError(
            "The password does not open this keystore.",
            where=str(path),
            fix="Give the password that it was made with: without it the keys cannot be had back.",
        )
    header = _header(key, nonce)
    if any(document[name] != header[name] for name in header) or len(nonce) != 12:
        raise _damaged(path)
    try:
        return key, AESGCM(key.secret).decrypt(nonce, sealed, _bound(header))
    except InvalidTag as error:
        raise _damaged(path) from error


def _header(key: FileKey, nonce: bytes) -> dict[str, object]:
    kdf = {"name": "scrypt", "n": _N, "r": _R, "p": _P, "salt": key.salt.hex(), "check": key.check.hex()}
    return {"sillok": VERSION, "kdf": kdf, "cipher": {"name": "aes-256-gcm", "nonce": nonce.hex()}}


def _bound(header: dict[str, object]) -> bytes:
    return json.dumps(header, sort_keys=True, separators=(",", ":")).encode()


def _damaged(path: Path) -> KeystoreError:
    return KeystoreError("The keystore is damaged.", where=str(path), fix="Restore it from a copy.")

"""Signers whose secret lies in this process: secp256k1 for the chain, Ed25519 for notes.

Neither shows its secret in `repr`, `str`, an exception or a pickle. Python cannot wipe memory: whoever can read this
process's memory has the keys.
"""

from __future__ import annotations

import secrets
from typing import Final, NoReturn

from coincurve import PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eth_hash.backends import pysha3
from eth_hash.main import Keccak256

from ledger.errors import KeystoreError
from ledger.values import Address, Digest32

SECRET_BYTES: Final = 32
# Order of secp256k1 (SEC 2, 2.4.1).
_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

# The backend is named here, so that no environment variable decides it: the fallback is seven times slower.
_keccak: Final = Keccak256(pysha3.backend)


def draw_secret() -> bytes:
    """A fresh secret from the operating system; 32 bytes that are a valid secp256k1 key and Ed25519 seed."""
    while True:
        secret = secrets.token_bytes(SECRET_BYTES)
        if 0 < int.from_bytes(secret, "big") < _ORDER:
            return secret


class FileChainSigner:
    """A secp256k1 key that signs digests; implements `ledger.ports.keys.ChainSigner`."""

    __slots__ = ("_address", "_key")

    def __init__(self, secret: bytes) -> None:
        """Open a key from its 32 secret bytes.

        Raises:
            KeystoreError: the bytes are no secp256k1 key.
        """
        if len(secret) != SECRET_BYTES or not 0 < int.from_bytes(secret, "big") < _ORDER:
            raise KeystoreError("This is not a secp256k1 key.", fix="Give 32 bytes, not zero and below the order.")
        self._key = PrivateKey(secret)
        point = self._key.public_key.format(compressed=False)[1:]
        self._address = Address(_keccak(point)[12:])

    @property
    def address(self) -> Address:
        """The key's Ethereum address; 20 bytes."""
        return self._address

    def sign_digest(self, digest: Digest32) -> tuple[int, int, int]:
        """Sign a 32-byte digest: (r, s, yParity), deterministic (RFC 6979), s in the lower half (EIP-2)."""
        if len(digest) != SECRET_BYTES:
            raise ValueError("only 32-byte digests are signed")
        # libsecp256k1 gives the lower s and the parity that belongs to it.
        signature = self._key.sign_recoverable(digest, hasher=None)
        return int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big"), signature[64]

    def __repr__(self) -> str:
        return f"FileChainSigner(0x{self._address.hex()})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a signer is not pickled: its secret would leave this process")


class FileNoteSigner:
    """An Ed25519 key with the name under which it signs; implements `ledger.ports.keys.NoteSigning`."""

    __slots__ = ("_key", "_name", "_public")

    def __init__(self, name: str, seed: bytes) -> None:
        """Open a key from its 32-byte seed (RFC 8032, 5.1.5).

        Raises:
            KeystoreError: the seed has another length.
        """
        if len(seed) != SECRET_BYTES:
            raise KeystoreError("This is not an Ed25519 seed.", fix="Give 32 bytes.")
        self._name = name
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._public = self._key.public_key().public_bytes_raw()

    @property
    def name(self) -> str:
        """Key name of the signed note."""
        return self._name

    @property
    def public(self) -> bytes:
        """Raw Ed25519 public key; 32 bytes."""
        return self._public

    def sign(self, message: bytes) -> bytes:
        """The 64-byte Ed25519 signature of `message`."""
        return self._key.sign(message)

    def __repr__(self) -> str:
        return f"FileNoteSigner({self._name!r}, {self._public.hex()})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a signer is not pickled: its secret would leave this process")

"""What a keystore holds of one key, and the document that all of them make."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Final

from ledger.errors import InputError
from ledger.keys.signers import SECRET_BYTES, FileChainSigner, FileNoteSigner
from ledger.records.origin import parse_origin
from ledger.values import Address, AgencyCode, KeyId, Origin, Role, parse_agency

RECEIPT_SUFFIX: Final = "/receipt"


class Purpose(StrEnum):
    """What a key is for."""

    NOTE = "note"
    RECEIPT = "receipt"
    ANCHOR = "anchor"
    STATUS = "status"
    COUNCIL = "council"
    DEPLOYER = "deployer"
    TRUST = "trust"


class KeyState(StrEnum):
    """Whether the service signs with a key."""

    CURRENT = "current"
    SPARE = "spare"
    ENDED = "ended"


CHAIN_PURPOSES: Final = frozenset({Purpose.ANCHOR, Purpose.STATUS, Purpose.COUNCIL, Purpose.DEPLOYER})
OF_ROLE: Final = {
    Role.NOTE: Purpose.NOTE,
    Role.RECEIPT: Purpose.RECEIPT,
    Role.ANCHOR: Purpose.ANCHOR,
    Role.STATUS: Purpose.STATUS,
}
"""OFFICER is absent: the service holds no officer's key, so that it cannot act in an officer's name."""
_ROLE_OF: Final = {purpose: role for role, purpose in OF_ROLE.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyInfo:
    """One key as it may be shown to anybody: no secret."""

    purpose: Purpose
    holder: str
    """Agency (ANCHOR, STATUS), origin (NOTE, RECEIPT), name of the trust key, or "" (council, deployer)."""
    state: KeyState
    key_id: KeyId
    """Raw Ed25519 key, or the address left-padded with zeros; 32 bytes."""

    @property
    def address(self) -> Address | None:
        """The Ethereum address of a chain key; None for an Ed25519 key."""
        return Address(self.key_id[12:]) if self.purpose in CHAIN_PURPOSES else None

    @property
    def role(self) -> Role | None:
        """The role that contracts know it by; None for council, deployer and trust keys."""
        return _ROLE_OF.get(self.purpose)

    @property
    def agency(self) -> AgencyCode | None:
        """The agency that it belongs to; None for council, deployer and trust keys."""
        if self.role is None:
            return None
        return AgencyCode(self.holder if self.address else self.holder.split("/")[1])

    @property
    def origin(self) -> Origin | None:
        """The log whose notes it signs; None for other keys."""
        return Origin(self.holder) if self.purpose in (Purpose.NOTE, Purpose.RECEIPT) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEntry:
    """One key with its secret; only the keystore's own modules touch this."""

    info: KeyInfo
    secret: bytes = field(repr=False)

    def chain_signer(self) -> FileChainSigner:
        """The signer of a chain key."""
        return FileChainSigner(self.secret)

    def note_signer(self) -> FileNoteSigner:
        """The signer of an Ed25519 key, under the name that its notes carry (formats.md, sections 4 and 5)."""
        suffix = RECEIPT_SUFFIX if self.info.purpose is Purpose.RECEIPT else ""
        return _open_note_key(self.info.holder + suffix, self.secret)


@lru_cache(maxsize=64)
def _open_note_key(name: str, secret: bytes) -> FileNoteSigner:
    """Opening a key costs as much as signing with it. The entries hold these secrets for as long."""
    return FileNoteSigner(name, secret)


def make_entry(purpose: Purpose, holder: str, state: KeyState, secret: bytes) -> KeyEntry:
    """An entry of a secret; its public part is computed, never taken from a file.

    Raises:
        KeystoreError: the secret is no key of this kind.
    """
    if purpose in CHAIN_PURPOSES:
        key_id = KeyId(FileChainSigner(secret).address.rjust(32, b"\0"))
    else:
        key_id = KeyId(FileNoteSigner(holder, secret).public)
    return KeyEntry(info=KeyInfo(purpose=purpose, holder=holder, state=state, key_id=key_id), secret=secret)


def encode_entries(entries: Sequence[KeyEntry]) -> bytes:
    """The document that is sealed."""
    rows = [
        {
            "purpose": entry.info.purpose.value,
            "holder": entry.info.holder,
            "state": entry.info.state.value,
            "secret": entry.secret.hex(),
        }
        for entry in entries
    ]
    return json.dumps({"keys": rows}).encode()


def _check_holder(purpose: Purpose, holder: str) -> None:
    if purpose in (Purpose.NOTE, Purpose.RECEIPT):
        parse_origin(holder)
    elif purpose in (Purpose.ANCHOR, Purpose.STATUS):
        parse_agency(holder)


def parse_entries(document: bytes) -> list[KeyEntry]:
    """The keys of a document that `encode_entries` made; holders are well formed from here on.

    Raises:
        ValueError: it is not such a document.
        KeystoreError: a secret is no key.
    """
    try:
        rows = json.loads(document)["keys"]
        out = []
        for row in rows:
            secret = bytes.fromhex(row["secret"])
            if len(secret) != SECRET_BYTES:
                raise ValueError("a secret has another length")
            purpose, holder = Purpose(row["purpose"]), str(row["holder"])
            _check_holder(purpose, holder)
            out.append(make_entry(purpose, holder, KeyState(row["state"]), secret))
    except (KeyError, TypeError, InputError, RecursionError) as error:
        raise ValueError("not a keystore document") from error
    return out

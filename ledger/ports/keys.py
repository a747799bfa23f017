"""Keys: who signs what, and the keys under which facts are encrypted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ledger.values import Address, AgencyCode, Digest32, Instant, KeyId, LogIndex, Origin, Role


class Clock(Protocol):
    """The wall clock, in whole seconds UTC."""

    def __call__(self) -> Instant:
        """Now."""


class ChainSigner(Protocol):
    """A secp256k1 key that signs digests: an ANCHOR, STATUS, OFFICER, deployer or council key."""

    @property
    def address(self) -> Address:
        """The key's Ethereum address."""

    def sign_digest(self, digest: Digest32) -> tuple[int, int, int]:
        """Sign a 32-byte digest: (r, s, yParity), s in the lower half."""


class NoteSigning(Protocol):
    """An Ed25519 key with the name under which it signs notes (a NOTE or RECEIPT key, a trust key, a witness)."""

    @property
    def name(self) -> str:
        """Key name of the signed note."""

    @property
    def public(self) -> bytes:
        """Raw Ed25519 public key; 32 bytes."""

    def sign(self, message: bytes) -> bytes:
        """The 64-byte Ed25519 signature of `message`."""


class Keyring(Protocol):
    """The opened keystore of this service."""

    def chain_signer(self, agency: AgencyCode, role: Role) -> ChainSigner:
        """The current ANCHOR or STATUS key of an agency. Raises KeystoreError where there is none."""

    def note_signer(self, origin: Origin, role: Role) -> NoteSigning:
        """The current NOTE or RECEIPT key of a log. Raises KeystoreError where there is none."""

    def chain_signer_of(self, address: Address) -> ChainSigner:
        """The key with this address, whether current, spare or rotated out. Raises KeystoreError where it is gone."""

    def trust_signer(self) -> NoteSigning:
        """The key that signs this installation's trust file. Raises KeystoreError where there is none."""

    def governor_signers(self) -> Sequence[ChainSigner]:
        """The council members' keys that this machine holds (embedded chain: one of one; production: none)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptKey:
    """One key of an agency in the keystore, without its secret."""

    agency: AgencyCode
    role: Role
    key_id: KeyId
    origin: Origin | None
    """The log whose notes a NOTE or RECEIPT key signs; None for chain keys."""
    current: bool
    """Whether `Keyring` answers with it."""
    ended: bool
    """Whether it was rotated out: it never signs again. Neither current nor ended: a spare one."""


class KeyMaker(Protocol):
    """Draws keys into the keystore. Every method is on disk when it returns."""

    def kept_keys(self, agency: AgencyCode) -> Sequence[KeptKey]:
        """The agency's keys, oldest first."""

    def add_chain_key(self, agency: AgencyCode, role: Role) -> KeyId:
        """Draw an ANCHOR or STATUS key: the current one where there was none, else a spare one."""

    def add_note_key(self, origin: Origin, role: Role) -> KeyId:
        """Draw a NOTE or RECEIPT key of a log: the current one where there was none, else a spare one."""

    def make_current(self, key_id: KeyId) -> None:
        """Sign with this key from now on, in the place of the current one of its role (and log)."""


class RecordKeys(Protocol):
    """The store of the keys under which facts are encrypted, apart from the records; copies have a bounded life."""

    def put(self, log_no: int, keys: Sequence[tuple[LogIndex, bytes]]) -> None:
        """Durably keep 32-byte keys; on disk when it returns. A key of an index never acknowledged is replaced."""

    def get(self, log_no: int, indexes: Sequence[LogIndex]) -> Mapping[LogIndex, bytes]:
        """The keys that are there; a missing one was destroyed (the record is erased)."""

    def destroy(self, log_no: int, index: LogIndex) -> None:
        """Destroy one key for ever."""

"""The encrypted keystore of one service: `Keyring` for those who sign, `KeyMaker` for those who draw keys.

Every change is on disk before the method returns. Keys are never removed: one that was rotated out stays, marked
ended, because transactions that it signed may still be on their way. One process writes; another that changed the
file meanwhile is noticed and never overwritten.
"""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ledger.errors import KeystoreError
from ledger.keys import sealed_file
from ledger.keys.entries import (
    CHAIN_PURPOSES,
    OF_ROLE,
    KeyEntry,
    KeyInfo,
    KeyState,
    Purpose,
    encode_entries,
    make_entry,
    parse_entries,
)
from ledger.keys.signers import FileChainSigner, FileNoteSigner, draw_secret
from ledger.keys.wellknown import is_well_known_address, is_well_known_note_key
from ledger.ports.chain import ChainIdentity
from ledger.ports.keys import KeptKey
from ledger.values import Address, AgencyCode, KeyId, Origin, Role

# Named here because `Keystore.list` hides the built-in inside the class.
Entries = list[KeyEntry]


class Keystore:
    """An opened keystore file. Safe to share among threads."""

    def __init__(self, path: Path, key: sealed_file.FileKey, on_disk: bytes, entries: Sequence[KeyEntry]) -> None:
        """Use `create` or `open`."""
        self._path = path
        self._key = key
        self._on_disk = on_disk
        self._entries = list(entries)
        self._lock = threading.RLock()

    @classmethod
    def create(cls, path: Path, password: str) -> Keystore:
        """Make an empty keystore at `path`.

        Raises:
            KeystoreError: there is a file already, the password is empty, or the disk refused.
        """
        if not password:
            raise KeystoreError("The keystore's password is empty.")
        path.parent.mkdir(parents=True, exist_ok=True)
        with _file_lock(path):
            if path.exists():
                raise KeystoreError("There is a keystore here already.", where=str(path), fix="Open it.")
            key = sealed_file.derive(password)
            return cls(path, key, sealed_file.write(path, key, encode_entries([])), [])

    @classmethod
    def open(cls, path: Path, password: str) -> Keystore:
        """Open the keystore at `path`; takes about half a second and 128 MiB (scrypt).

        Raises:
            KeystoreError: no file, wrong password, damaged file, or an unknown version.
        """
        data = sealed_file.read(path)
        key, document = sealed_file.unseal(path, data, password)
        try:
            return cls(path, key, data, parse_entries(document))
        except ValueError as error:
            raise KeystoreError("The keystore is damaged.", where=str(path)) from error

    def __repr__(self) -> str:
        return f"Keystore({str(self._path)!r}, {len(self._entries)} keys)"

    # Keyring

    def chain_signer(self, agency: AgencyCode, role: Role) -> FileChainSigner:
        """The current ANCHOR or STATUS key of an agency. Raises KeystoreError where there is none."""
        return self._current(_chain_purpose(role), agency).chain_signer()

    def note_signer(self, origin: Origin, role: Role) -> FileNoteSigner:
        """The current NOTE or RECEIPT key of a log. Raises KeystoreError where there is none."""
        return self._current(_note_purpose(role), origin).note_signer()

    def chain_signer_of(self, address: Address) -> FileChainSigner:
        """The key with this address, whether current, spare or ended. Raises KeystoreError where it is gone."""
        return self._entry(KeyId(address.rjust(32, b"\0"))).chain_signer()

    def trust_signer(self) -> FileNoteSigner:
        """The key that signs this installation's trust file. Raises KeystoreError where there is none."""
        found = [entry for entry in self._all(Purpose.TRUST, None) if entry.info.state is KeyState.CURRENT]
        if not found:
            raise KeystoreError("The keystore has no key for the trust file.", where=str(self._path))
        return found[0].note_signer()

    def governor_signers(self) -> Sequence[FileChainSigner]:
        """The council members' keys that this machine holds; empty where others hold them."""
        return [e.chain_signer() for e in self._all(Purpose.COUNCIL, "") if e.info.state is not KeyState.ENDED]

    def deployer_signer(self) -> FileChainSigner:
        """The key that deploys the contracts. Raises KeystoreError where there is none."""
        return self._current(Purpose.DEPLOYER, "").chain_signer()

    # KeyMaker

    def kept_keys(self, agency: AgencyCode) -> Sequence[KeptKey]:
        """The agency's keys, oldest first."""
        return [
            KeptKey(
                agency=agency,
                role=info.role,
                key_id=info.key_id,
                origin=info.origin,
                current=info.state is KeyState.CURRENT,
                ended=info.state is KeyState.ENDED,
            )
            for info in self.list()
            if info.role is not None and info.agency == agency
        ]

    def add_chain_key(self, agency: AgencyCode, role: Role) -> KeyId:
        """Draw an ANCHOR or STATUS key: the current one where there was none, else a spare one."""
        return self._add(_chain_purpose(role), agency, draw_secret())

    def add_note_key(self, origin: Origin, role: Role) -> KeyId:
        """Draw a NOTE or RECEIPT key of a log: the current one where there was none, else a spare one."""
        return self._add(_note_purpose(role), origin, draw_secret())

    def add_council_key(self) -> KeyId:
        """Draw a council member's key; every one that is not ended signs the governor's acts."""
        return self._add(Purpose.COUNCIL, "", draw_secret())

    def add_deployer_key(self) -> KeyId:
        """Draw the key that deploys the contracts."""
        return self._add(Purpose.DEPLOYER, "", draw_secret())

    def add_trust_key(self, name: str) -> KeyId:
        """Draw a key for the trust file, with the name that its notes carry."""
        return self._add(Purpose.TRUST, name, draw_secret())

    def import_secret(self, purpose: Purpose, holder: str, secret: bytes) -> KeyId:
        """Keep a secret that came from elsewhere: 32 bytes, a secp256k1 key or an Ed25519 seed.

        Raises:
            KeystoreError: no key of this kind, or one that the keystore has.
        """
        return self._add(purpose, holder, secret)

    def make_current(self, key_id: KeyId) -> None:
        """Sign with this key from now on, in the place of the current one of its role (and log), which ends.

        Raises:
            KeystoreError: the key is not here, or has ended: a key id is never used again.
        """
        with self._changing() as entries:
            chosen = self._entry(key_id).info
            if chosen.state is KeyState.ENDED:
                raise KeystoreError("This key has ended.", where=key_id.hex(), fix="Draw a new one.")
            for place, entry in enumerate(entries):
                info = entry.info
                if info.key_id == key_id:
                    state = KeyState.CURRENT
                elif (info.purpose, info.holder, info.state) == (chosen.purpose, chosen.holder, KeyState.CURRENT):
                    state = KeyState.ENDED
                else:
                    continue
                entries[place] = replace(entry, info=replace(info, state=state))

    def rotate(self, holder: str, role: Role) -> KeyId:
        """Put the oldest spare key of an agency (ANCHOR, STATUS) or log (NOTE, RECEIPT) in the current one's place.

        Raises:
            KeystoreError: there is no spare key. One is drawn and put in window on chain before it is used.
        """
        with self._lock:
            for entry in self._all(OF_ROLE[role], holder):
                if entry.info.state is KeyState.SPARE:
                    self.make_current(entry.info.key_id)
                    return entry.info.key_id
        raise KeystoreError(
            f"There is no spare {role.name} key of {holder}.", fix="Draw one and add it on chain before rotating."
        )

    def end(self, key_id: KeyId) -> None:
        """Never sign with this key again; it stays in the file. Raises KeystoreError where it is not here."""
        with self._changing() as entries:
            self._entry(key_id)
            for place, entry in enumerate(entries):
                if entry.info.key_id == key_id:
                    entries[place] = replace(entry, info=replace(entry.info, state=KeyState.ENDED))

    # Everybody

    def list(self) -> Sequence[KeyInfo]:
        """All keys, oldest first, without their secrets."""
        with self._lock:
            return [entry.info for entry in self._entries]

    def refuse_well_known(self, identity: ChainIdentity) -> None:
        """Refuse to go on where a key that the whole world has would sign on a chain that counts.

        Raises:
            KeystoreError: a well-known key on a chain that is not a development chain; names its public part.
        """
        if identity.development:
            return
        for info in self.list():
            address = info.address
            known = is_well_known_address(address) if address else is_well_known_note_key(info.key_id)
            if known and info.state is not KeyState.ENDED:
                raise KeystoreError(
                    f"The {info.purpose} key {(address or info.key_id).hex()} is a well-known test key: "
                    "everybody has its secret.",
                    where=str(self._path),
                    fix="Draw a key of your own; test keys are for development chains.",
                )

    # Inside

    def _all(self, purpose: Purpose, holder: str | None) -> Sequence[KeyEntry]:
        with self._lock:
            return [e for e in self._entries if e.info.purpose is purpose and holder in (None, e.info.holder)]

    def _current(self, purpose: Purpose, holder: str) -> KeyEntry:
        for entry in self._all(purpose, holder):
            if entry.info.state is KeyState.CURRENT:
                return entry
        whose = f" of {holder}" if holder else ""
        raise KeystoreError(f"The keystore has no {purpose} key{whose}.", where=str(self._path))

    def _entry(self, key_id: KeyId) -> KeyEntry:
        with self._lock:
            for entry in self._entries:
                if entry.info.key_id == key_id:
                    return entry
        raise KeystoreError("The keystore does not have this key.", where=key_id.hex())

    def _add(self, purpose: Purpose, holder: str, secret: bytes) -> KeyId:
        with self._changing() as entries:
            mine = self._all(purpose, holder)
            taken = any(entry.info.state is KeyState.CURRENT for entry in mine)
            entry = make_entry(purpose, holder, KeyState.SPARE if taken else KeyState.CURRENT, secret)
            if any(other.info.key_id == entry.info.key_id for other in entries):
                raise KeystoreError("The keystore has this key already.", where=entry.info.key_id.hex())
            entries.append(entry)
        return entry.info.key_id

    @contextmanager
    def _changing(self) -> Iterator[Entries]:
        """A copy of the entries to change; written and taken over when the block ends well."""
        with self._lock, _file_lock(self._path):
            if sealed_file.read(self._path) != self._on_disk:
                raise KeystoreError(
                    "Another process changed the keystore.", where=str(self._path), fix="Restart, to read it anew."
                )
            entries = list(self._entries)
            yield entries
            self._on_disk = sealed_file.write(self._path, self._key, encode_entries(entries))
            self._entries = entries


@contextmanager
def _file_lock(path: Path) -> Iterator[None]:
    """Only one process at a time reads, compares and replaces the file."""
    with path.with_name(path.name + ".lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _chain_purpose(role: Role) -> Purpose:
    return _purpose(role, lambda purpose: purpose in CHAIN_PURPOSES, "signs no transactions of the service")


def _note_purpose(role: Role) -> Purpose:
    return _purpose(role, lambda purpose: purpose not in CHAIN_PURPOSES, "signs no notes")


def _purpose(role: Role, fits: Callable[[Purpose], bool], problem: str) -> Purpose:
    purpose = OF_ROLE.get(role)
    if purpose is None or not fits(purpose):
        raise KeystoreError(f"A key of role {role.name} {problem}.")
    return purpose

"""The trust file of this installation: what a verifier is given to believe from the start (formats.md, section 8).

It is built from what the mirror says (keys with their windows, as final blocks have them) and signed by the
trust key. A new file is written only where something but the time changed; then its sequence is one higher and
it names the text before it. Every file stays beside the newest as `trust-<sequence>.note`: a verifier that
missed some follows them one after the other.

Writing: 1. the numbered file; 2. the newest one, put in place by a rename. A crash between them leaves the
newest file as it was, and the next writing makes the same sequence again, over the numbered one.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ledger.durable import PUBLIC, replace_durably
from ledger.errors import StoreError
from ledger.ports.chain import Block, ChainIdentity, KeyEvent
from ledger.ports.chain_store import ChainStore
from ledger.ports.keys import KeyMaker, Keyring
from ledger.ports.records import LogInfo, RecordStore
from ledger.records.note import make_vkey
from ledger.records.origin import receipt_name
from ledger.records.trust import (
    Signers,
    TrustedChain,
    TrustedKey,
    TrustedLog,
    TrustedRegistry,
    TrustFile,
    parse_trust,
    sign_trust,
    trust_digest,
)
from ledger.values import Address, Instant, Role


class TrustFiles:
    """Writes and reads the trust file in the data folder."""

    def __init__(
        self,
        path: Path,
        *,
        records: RecordStore,
        chain_store: ChainStore,
        keyring: Keyring,
        maker: KeyMaker,
        identity: ChainIdentity,
        registry: Address,
        first_block: int,
    ) -> None:
        """Keep the newest file at `path`.

        Args:
            path: where; its folder must be there.
            records: the logs.
            chain_store: the keys as the mirror has them.
            keyring: signs.
            maker: knows which log a note key was drawn for.
            identity: the chain.
            registry: the CheckpointRegistry, which counts from `first_block` on.
            first_block: block in which the contracts were made.
        """
        self._path = path
        self._records = records
        self._chain_store = chain_store
        self._keyring = keyring
        self._maker = maker
        self._identity = identity
        self._registry = TrustedRegistry(address=registry, from_=first_block)
        self._one_at_a_time = threading.Lock()
        self._known: tuple[Sequence[Block], Sequence[LogInfo], TrustFile] | None = None

    def current(self, now: Instant) -> TrustFile:
        """The newest trust file as values; remembered while the mirror and the list of logs stay as they were.

        The mirror is told apart by its newest block, hash and all: after a fork another block has the same number.

        Raises:
            StoreError, KeystoreError, FormatError: see `write`.
        """
        mirrored, logs = self._chain_store.mirrored_blocks(1), self._records.logs()
        known = self._known
        if known is not None and known[:2] == (mirrored, logs):
            return known[2]
        trust = parse_trust(self.write(now))
        self._known = (mirrored, logs, trust)
        return trust

    def write(self, now: Instant) -> str:
        """The newest trust note, written anew where anything changed.

        Raises:
            StoreError: the folder refused.
            KeystoreError: there is no trust key.
            FormatError: the file in the folder is no trust file.
        """
        with self._one_at_a_time:
            note = self._read()
            before = parse_trust(note) if note is not None else None
            built = self._build(now, before)
            if note is not None and before is not None and _same(built, before):
                return note
            written = sign_trust(built, [self._keyring.trust_signer()])
            replace_durably(self._path.with_name(f"trust-{built.sequence}.note"), written.encode(), mode=PUBLIC)
            replace_durably(self._path, written.encode(), mode=PUBLIC)
            return written

    def _build(self, now: Instant, before: TrustFile | None) -> TrustFile:
        signer = self._keyring.trust_signer()
        return TrustFile(
            sequence=before.sequence + 1 if before else 1,
            previous=trust_digest(before) if before else None,
            issued_at=now,
            signers=Signers(keys=(make_vkey(signer.name, signer.public),), quorum=1),
            chains=(
                TrustedChain(
                    chain_id=self._identity.chain_id, genesis=self._identity.genesis, registries=(self._registry,)
                ),
            ),
            logs=tuple(self._log(log) for log in self._records.logs()),
        )

    def _log(self, log: LogInfo) -> TrustedLog:
        keys = self._chain_store.keys(log.agency)
        return TrustedLog(
            origin=log.origin,
            agency=log.agency,
            chains=(self._identity.genesis,),
            max_delay_s=log.max_delay_s,
            note_keys=self._note_keys(log, keys, Role.NOTE),
            receipt_keys=self._note_keys(log, keys, Role.RECEIPT),
            anchor_keys=tuple(_trusted(key, None) for key in keys if key.role is Role.ANCHOR),
        )

    def _note_keys(self, log: LogInfo, keys: Sequence[KeyEvent], role: Role) -> tuple[TrustedKey, ...]:
        """Keys of the log's notes. The chain says only whose they are; the keystore, for which log it drew them.

        A key that the keystore does not know (it was lost) may have signed for any log of the agency.
        """
        homes = {kept.key_id: kept.origin for kept in self._maker.kept_keys(log.agency)}
        name = log.origin if role is Role.NOTE else receipt_name(log.origin)
        mine = [key for key in keys if key.role is role and homes.get(key.key_id, log.origin) == log.origin]
        return tuple(_trusted(key, name) for key in mine)

    def _read(self) -> str | None:
        try:
            return self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError("The trust file cannot be read.", where=str(self._path)) from error


def _trusted(key: KeyEvent, name: str | None) -> TrustedKey:
    return TrustedKey(
        key=key.key_id,
        vkey=make_vkey(name, key.key_id) if name is not None else None,
        from_=key.not_before,
        until=key.not_after or None,
        compromised_since=key.compromised_since or None,
    )


def _same(built: TrustFile, before: TrustFile) -> bool:
    """Whether two files say the same, sequence and time apart."""
    return replace(built, sequence=before.sequence, previous=before.previous, issued_at=before.issued_at) == before

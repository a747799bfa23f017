"""A made-up chain, as the mirror would have written it into the store, and the trust file of who believes it."""

from __future__ import annotations

import hashlib

from support.issuing import NOW, Office

from ledger.log.status_notes import StatusNotes
from ledger.ports.chain import Anchor, AnchorEvent, Block, ChainEvent, ChainIdentity, EventPlace, KeyEvent
from ledger.ports.records import LogInfo
from ledger.records.trust import Signers, TrustedChain, TrustedKey, TrustedLog, TrustedRegistry, TrustFile
from ledger.values import Address, Digest32, Instant, KeyId, Role, TreeSize


def digest(text: str) -> Digest32:
    return Digest32(hashlib.sha256(text.encode()).digest())


IDENTITY = ChainIdentity(chain_id=31337, genesis=digest("genesis"), development=False)
REGISTRY = Address(b"\x11" * 20)
ANCHOR_KEY = KeyId(bytes(12) + b"\x22" * 20)


def block(number: int) -> Block:
    return Block(number=number, hash=digest(f"block {number}"), time=Instant(NOW - 1000 + 10 * number))


def place(number: int, index: int = 0) -> EventPlace:
    return EventPlace(
        block=block(number), transaction=digest(f"tx {number} {index}"), log_index=index, contract=REGISTRY
    )


class Mirrored:
    """The chain's side of an office: keys were added in block 1, each anchor takes a block."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self._next = 1
        self.apply(
            [
                KeyEvent(
                    place=place(1, index),
                    agency=log.agency,
                    key_id=key_id,
                    role=role,
                    not_before=block(1).time,
                    not_after=Instant(0),
                    compromised_since=Instant(0),
                    time=block(1).time,
                )
                for index, (log, role, key_id) in enumerate(self._keys())
            ]
        )

    def _keys(self) -> list[tuple[LogInfo, Role, KeyId]]:
        return [
            (log, role, KeyId(self.office.keyring.note_signer(log.origin, role).public))
            for log in self.office.logs.values()
            for role in (Role.NOTE, Role.RECEIPT)
        ]

    def apply(self, events: list[ChainEvent]) -> None:
        self.office.store.chain.apply_events(block(self._next), events)
        self._next += 1

    def add_anchor_key(self, log: LogInfo) -> None:
        """Let the chain know the key that anchors."""
        at = place(self._next)
        never = Instant(0)
        event = KeyEvent(
            place=at,
            agency=log.agency,
            key_id=ANCHOR_KEY,
            role=Role.ANCHOR,
            not_before=block(1).time,
            not_after=never,
            compromised_since=never,
            time=at.block.time,
        )
        self.apply([event])

    def identity(self) -> ChainIdentity:
        """Which chain this is."""
        return IDENTITY

    def head(self) -> Block:
        """The newest block."""
        return block(self._next - 1)

    def anchor(self, log: LogInfo) -> AnchorEvent:
        """Anchor the log's newest checkpoint in the next block."""
        head = self.office.store.records.head(log.log_no)
        before = self.office.store.chain.last_anchor(log.log_no)
        event = AnchorEvent(
            place=place(self._next),
            log_id=log.log_id,
            size=head.size,
            anchor=Anchor(
                root=head.root,
                previous_size=before.size if before else TreeSize(0),
                time=block(self._next).time,
                key_id=ANCHOR_KEY,
            ),
        )
        self.apply([event])
        return event

    def status_notes(self) -> StatusNotes:
        return StatusNotes(
            records=self.office.store.records,
            chain_store=self.office.store.chain,
            keyring=self.office.keyring,
            identity=IDENTITY,
        )

    def trust(self) -> TrustFile:
        """One operator runs this chain alone."""
        logs = []
        for log in self.office.logs.values():
            note, receipt = (self.office.keyring.note_signer(log.origin, r).vkey() for r in (Role.NOTE, Role.RECEIPT))
            logs.append(
                TrustedLog(
                    origin=log.origin,
                    agency=log.agency,
                    chains=(IDENTITY.genesis,),
                    max_delay_s=log.max_delay_s,
                    note_keys=(TrustedKey(key=KeyId(note.public), vkey=note, from_=block(1).time),),
                    receipt_keys=(TrustedKey(key=KeyId(receipt.public), vkey=receipt, from_=block(1).time),),
                    anchor_keys=(TrustedKey(key=ANCHOR_KEY, vkey=None, from_=block(1).time),),
                    witnesses=(),
                    quorum=0,
                )
            )
        return TrustFile(
            sequence=1,
            issued_at=NOW,
            signers=Signers(keys=(), quorum=1),
            chains=(
                TrustedChain(
                    chain_id=IDENTITY.chain_id,
                    genesis=IDENTITY.genesis,
                    registries=(TrustedRegistry(address=REGISTRY, from_=0),),
                ),
            ),
            logs=tuple(logs),
            pins=(),
        )

"""Random offices in random states: every signature is right, and anything else may be late, early, lost or bad.

A world is a question to the verifier. Instants are drawn from a few neighbours, so that limits are met exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

from support.both_verifiers import Question
from support.office import AGENCY, DOCUMENT, NUMBER, T0, Office, Signer, act, digest, signer, status_facts

from ledger.records.evidence import Part
from ledger.records.note import Algorithm, add_signature, make_vkey
from ledger.records.origin import compose_origin
from ledger.records.parts import Renewal
from ledger.records.trust import Pin, TrustedChain, TrustedKey, TrustedLog, TrustedRegistry, TrustFile, ValidatorSet
from ledger.values import Instant, KeyId, LogIndex, Role, Status, TreeSize
from ledger.verification.answers import ChainFacts, KeyFact, PendingAct, StatusFacts

MOMENTS = (0, 59, 60, 61, 69, 70, 71, 299, 300, 301, 400, 599, 600, 601, 3600)
"""Seconds after T0 at which something happens in these offices, and their neighbours."""
BLOCKS = (41, 42, 43, 44, 49, 50, 51, 60)
SECOND = signer("witness.test/w2", "second witness")
STRANGER = signer("stranger.test", "stranger")


class World:
    """One draw. `rare` is how likely each single thing is out of the ordinary."""

    def __init__(self, seed: int, rare: float = 0.12) -> None:
        self.random = Random(seed)
        self.rare = rare
        self.theme = self.random.choice((None, None, None, "erased", "early"))
        self.office = Office(generation=self.random.choice((1, 1, 1, 2)))
        self.later_key = signer(self.office.origin, "later note key")
        self.old_receipt_key = signer(self.office.receipt_key.name, "old receipt key")

    def odd(self, likely: float = 1.0) -> bool:
        return self.random.random() < self.rare * likely

    def moment(self) -> Instant:
        return Instant(T0 + self.random.choice(MOMENTS))

    def perhaps(self, likely: float = 1.0) -> Instant | None:
        return self.moment() if self.odd(likely) else None

    def question(self) -> Question:
        """Draw everything and ask about one record."""
        index = self._fill()
        trust = self._trust()
        chain = self._chain(index) if self.random.random() < 0.6 else None
        status = self._status() if self.random.random() < 0.5 or self.theme == "erased" else None
        return Question(
            data=self._evidence(index),
            trust=None if self.odd(0.2) else trust,
            document=digest("another") if self.odd(0.5) else self.random.choice((None, digest(DOCUMENT))),
            number="0000-0000-0000-0001" if self.odd(0.5) else self.random.choice((None, None, NUMBER)),
            as_of=self.perhaps(3),
            chain=chain,
            status=status,
        )

    def _fill(self) -> int:
        """Records and anchors; returns the index that is asked about."""
        random, office = self.random, self.office
        for number in range(random.choice((1, 2, 3, 5, 8, 9))):
            facts: dict[str, Any] = {"document.sha256": digest(DOCUMENT).hex(), "holder.name": "홍길동"}
            if not self.odd(2):
                facts["certificate.number"] = NUMBER
            until = None if random.random() < 0.6 else Instant(T0 + random.choice((601, 3600, 10**7)))
            since = Instant(T0 + 3600) if self.theme == "early" else self.perhaps()
            facts["award.amount"] = random.choice(("702000000", 7, True, "\u2028𝄞\t"))
            office.issue(
                facts,
                batch=random.choice((None, 1)),
                valid_from=None if since is not None and until is not None and since >= until else since,
                valid_until=until,
                recorded_at=Instant(T0 + random.choice((0, 1, 360, 361, -3540, -3541))),
                supersedes=LogIndex(number + random.choice((-1, -1, -1, 0))) if number and self.odd(2) else None,
                erases=LogIndex(number + random.choice((-1, -1, 0, 5))) if number and self.odd() else None,
            )
            if random.random() < 0.4 and len(office.anchors) < 2:
                self._anchor()
        if not office.anchors or office.anchors[-1].size < office.size:
            self._anchor()
        return random.randrange(office.size)

    def _anchor(self) -> None:
        block = 42 + len(self.office.anchors)
        thief = KeyId(bytes(12) + digest("thief")[:20])
        key_id = thief if self.odd() else None
        self.office.anchor(block=block, time=60 + 10 * len(self.office.anchors), key_id=key_id)

    # -- the evidence --

    def _evidence(self, index: int) -> bytes:
        random, office = self.random, self.office
        sizes = [anchor.size for anchor in office.anchors if anchor.size > index]
        size = random.choice([*sizes, random.randint(index + 1, office.size)])
        anchor = next((anchor for anchor in office.anchors if anchor.size == size), office.anchors[-1])
        by = self.later_key if self.odd() else office.note_key
        note = office.checkpoint(size, by=by, root=digest("fork") if self.odd(0.3) else None)
        if random.random() < 0.5:
            note = office.cosigned(note)
        if self.odd():
            note = office.cosigned(note, SECOND)
        if self.odd(0.3):
            note = add_signature(
                note, random.choice((STRANGER, self.later_key if by != self.later_key else STRANGER))
            )
        withhold = [path for path in ("certificate.number", "document.sha256", "holder.name") if self.odd()]
        if self.theme == "erased":
            withhold = ["certificate.number", "document.sha256"]
        lists: dict[str, Sequence[Part]] = {}
        if self.odd(2):
            lists["renewals"] = [self._renewal(size)]
        if self.odd():
            lists["tokens"] = [{"format": "rfc3161/v1", "token": "x" * random.randint(0, 60)}]
        return office.evidence(
            index,
            withhold=withhold,
            log=office.proof(index, size, note),
            chain=self._chain_parts(anchor),
            status=self._status_parts(index),
            **lists,
        )

    def _chain_parts(self, anchor: Any) -> list[Part]:
        random, office = self.random, self.office
        parts: list[Part] = []
        if not self.odd():
            changes = {
                "block": random.choice(BLOCKS),
                "chain_id": 1,
                "transaction": digest("another"),
                "registry": digest("another")[:20],
                "genesis": digest("another"),
            }
            changed = random.choice(list(changes))
            parts.append(office.reference(anchor, **({changed: changes[changed]} if self.odd() else {})))
        if random.random() < 0.7:
            notes = {
                "block_number": random.choice(BLOCKS),
                "block_time": self.moment(),
                "previous_size": TreeSize(0),
                "root": digest("another"),
                "key_id": KeyId(bytes(12) + digest("another")[:20]),
                "genesis": digest("another"),
            }
            changed = random.choice(list(notes))
            by = random.choice((self.old_receipt_key, STRANGER)) if self.odd() else None
            parts.append(office.anchor_note(anchor, by=by, **({changed: notes[changed]} if self.odd() else {})))
        if self.odd(0.5):
            parts.append(random.choice(({"format": "cometbft/v1"}, {"format": "eip1186/v1", "proof": [1, True]})))
        return parts

    def _status_parts(self, index: int) -> list[Part]:
        random, parts = self.random, list[Part]()
        for _ in range(random.choice((0, 1, 1, 1, 1, 2))):
            changes: dict[str, Any] = {}
            if self.odd(2):
                changes["status"] = random.choice(list(Status))
            if self.odd(2) and self.office.issued[index].record.batch is not None:
                changes["batch_status"] = random.choice([*Status, None])
            if self.odd(2):
                changes |= {"block_number": random.choice(BLOCKS), "block_time": self.moment()}
            if self.odd(0.3):
                changes |= random.choice(
                    ({"genesis": digest("another")}, {"chain_id": 1}, {"index": LogIndex(99)}, {"origin": OTHER})
                )
            by = random.choice((self.old_receipt_key, STRANGER)) if self.odd(0.7) else None
            parts.append(self.office.status(index, by=by, **changes))
        if self.odd(0.3):
            parts.append({"format": "eip1186/v1"})
        return parts

    def _renewal(self, size: int) -> Part:
        pinned = max(size, self.office.anchors[-1].size)
        path = self.office.link(size, pinned).path if pinned > size else ()
        if self.odd(2):
            path = (*path, digest("one more"))
        return Renewal(size=TreeSize(pinned), path=path).to_part()

    # -- what the reader believes --

    def _trust(self) -> TrustFile:
        random, office = self.random, self.office
        chain = office.trusted_chain()
        registry = TrustedRegistry(
            address=office.registry,
            from_=random.choice((42, 43)) if self.odd() else 1,
            until=random.choice((43, 60)) if self.odd(2) else None,
        )
        chain = replace(chain, registries=(registry,))
        if self.odd():
            validators = (ValidatorSet(validators=((office.note_key.public, 1),), from_=1),)
            chain = replace(chain, name="bft-1", validators=validators)
        log = self._log()
        return replace(
            office.trust(),
            chains=(self._other_chain(), chain),
            logs=(log,),
            pins=tuple(self._pins()) if random.random() < 0.5 else (),
        )

    def _other_chain(self) -> TrustedChain:
        another = digest("another")
        return TrustedChain(chain_id=1, genesis=another, registries=(TrustedRegistry(address=another[:20], from_=1),))

    def _log(self) -> TrustedLog:
        random, office = self.random, self.office
        thief = KeyId(bytes(12) + digest("thief")[:20])
        anchor_keys = [TrustedKey(key=office.anchor_key, from_=Instant(T0), compromised_since=self.perhaps())]
        if not self.odd():
            anchor_keys.append(TrustedKey(key=thief, from_=Instant(T0), compromised_since=self.perhaps(3)))
        chains = [office.genesis] if not self.odd(0.4) else [digest("another")]
        if self.odd():
            chains = [office.genesis, digest("another")]
        witnesses = [make_vkey(key.name, key.public, Algorithm.COSIGNATURE) for key in (office.witness, SECOND)]
        log = TrustedLog(
            origin=office.origin,
            agency=AGENCY,
            chains=tuple(chains),
            max_delay_s=3600,
            note_keys=tuple(map(self._key, (office.note_key, self.later_key))),
            receipt_keys=tuple(map(self._key, (office.receipt_key, self.old_receipt_key))),
            anchor_keys=tuple(anchor_keys),
            witnesses=tuple(witnesses[: random.choice((0, 1, 2, 2))]),
        )
        if self.odd(0.2):
            return self._other_log(log)
        return replace(log, quorum=random.randint(0, len(log.witnesses)) if self.odd(2) else 0)

    def _other_log(self, log: TrustedLog) -> TrustedLog:
        """A log of the same agency that nobody asks about."""
        return replace(log, origin=OTHER, note_keys=(), receipt_keys=())

    def _key(self, key: Signer) -> TrustedKey:
        start = self.moment() if self.odd() else Instant(T0 - 3600)
        until = self.perhaps()
        late = until is None or until < start
        return self.office.trusted_key(
            key, from_=start, until=None if late else until, compromised_since=self.perhaps(0.7)
        )

    def _pins(self) -> list[Pin]:
        anchors = self.random.sample(self.office.anchors, k=self.random.randint(1, len(self.office.anchors)))
        return [
            self.office.pin(anchor, **({"root": digest("another")} if self.odd(0.5) else {})) for anchor in anchors
        ]

    # -- what chain and service answer --

    def _chain(self, index: int) -> ChainFacts:
        random, office = self.random, self.office
        anchors = [anchor for anchor in office.anchors if not self.odd(0.5)]
        if anchors and self.odd(0.3):
            anchors[0] = replace(anchors[0], root=digest("another"))
        if anchors and self.odd(0.5):
            anchors[-1] = replace(anchors[-1], registry=digest("another")[:20])
        link = None
        if random.random() < 0.5:
            old = random.randint(1, office.size)
            link = office.link(old, office.size)
            if self.odd():
                link = replace(link, path=(*link.path[:-1], digest("another")))
        facts = office.chain_facts(
            anchors=tuple(anchors), keys=tuple(self._key_facts()), link=link, due=self.perhaps(3), at=self.moment()
        )
        if self.odd(0.3):
            facts = replace(facts, **random.choice(({"genesis": digest("another"), "chain_id": 1}, {"chain_id": 1})))
        return facts

    def _key_facts(self) -> list[KeyFact]:
        later = replace(self.office.key_facts()[0], key_id=KeyId(self.later_key.public))
        thief = replace(self.office.key_facts()[2], key_id=KeyId(bytes(12) + digest("thief")[:20]))
        keys = [
            replace(key, not_after=self.perhaps(0.7), compromised_since=self.perhaps(0.7))
            for key in (*self.office.key_facts(), later, thief)
        ]
        if self.odd(0.5):
            keys.pop(self.random.randrange(len(keys)))
        if self.odd(0.3):
            keys = [replace(key, role=Role.OFFICER) for key in keys]
        return keys

    def _status(self) -> StatusFacts:
        acts = sorted(
            (
                replace(
                    act(0, self.random.choice(list(Status)), batch=self.odd(2), retroactive=self.odd(2)),
                    time=self.moment(),
                    compromised_since=self.perhaps(2),
                )
                for _ in range(self.random.choice((0, 0, 0, 1, 1, 2, 4)))
            ),
            key=lambda one: one.time,
        )
        pending = [
            PendingAct(
                batch=self.odd(2),
                after=self.random.choice(list(Status)),
                retroactive=self.odd(2),
                accepted_at=self.moment(),
            )
            for _ in range(self.random.choice((0, 0, 0, 1, 2)))
        ]
        at = self.random.choice((300, 600, 3600))
        return status_facts(*acts, pending=pending, at=at, erased=self.odd(2) or self.theme == "erased")


OTHER = compose_origin("other.test", AGENCY)

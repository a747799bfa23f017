"""Questions that a random office asks too seldom: each differs from a good one in a single thing."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from support.both_verifiers import Question
from support.mutations import written
from support.office import DOCUMENT, NUMBER, T0, Office, digest, signer, small_office, status_facts

from ledger.records.note import parse_note, sign_note
from ledger.records.parts import status_part
from ledger.records.record import encode_record
from ledger.records.trust import TrustedRegistry
from ledger.values import AgencyCode, Instant, KeyId

BUSAN = AgencyCode("6260000")


def pointed_questions() -> Iterator[Question]:
    """All of them; Python's verifier answers none of them like another."""
    yield from _spoiled_facts()
    yield from _spoiled_proofs()
    yield from _signers()
    yield from _anchors()
    yield from _notes()


def _asked(office: Office, data: bytes, **changes: Any) -> Question:
    given: dict[str, Any] = {
        "trust": office.trust(),
        "document": digest(DOCUMENT),
        "number": NUMBER,
        "chain": office.chain_facts(),
        "status": status_facts(),
    }
    return Question(data=data, **given | changes)


def _changed(data: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    tree: dict[str, Any] = json.loads(data)
    change(tree)
    return written(tree)


def _spoiled_facts() -> Iterator[Question]:
    office = small_office()
    data = office.evidence()

    def with_facts(change: Callable[[list[Any]], list[Any]]) -> Question:
        return _asked(office, _changed(data, lambda tree: tree.update(facts=change(tree["facts"]))))

    yield _asked(office, data)
    yield _asked(office, data, document=digest("another"))
    yield _asked(office, data, number="0000-0000-0000-0001")
    yield with_facts(lambda facts: facts[:2])
    yield with_facts(lambda facts: [*facts, *facts])
    yield with_facts(lambda facts: facts[::-1])
    yield with_facts(lambda facts: [facts[0], facts[0], *facts[2:]])


def _spoiled_proofs() -> Iterator[Question]:
    office = small_office()
    log = office.proof(0, 3)
    head, _, checkpoint = log.partition("\n\n")
    line = base64.b64encode(bytes(32)).decode()
    for text in (
        log.replace("tlog-proof@v1", "tlog-proof@v2", 1),
        f"{head}\n{line}\n\n{checkpoint}",
        "\n".join(head.split("\n")[:-1]) + f"\n\n{checkpoint}",
        office.proof(0, 3, note=office.checkpoint(0)),
    ):
        yield _asked(office, _changed(office.evidence(), lambda tree, text=text: tree.update(log=text)))  # type: ignore[misc]


def _signers() -> Iterator[Question]:
    office = small_office()
    other = replace(office.issued[0].record, agency=BUSAN)
    strange = small_office()
    strange.append(encode_record(other))
    strange.issued.append(replace(office.issued[0], index=3, record=other, leaf=encode_record(other)))
    strange.anchor(block=44, time=80)
    yield _asked(strange, strange.evidence(3), chain=strange.chain_facts())
    cosigned = office.cosigned(office.checkpoint(3))
    spoiled = cosigned[:-6] + ("AAA" if cosigned[-6:-3] != "AAA" else "BBB") + cosigned[-3:]
    yield _asked(office, office.evidence(log=office.proof(0, 3, note=spoiled)))


def _anchors() -> Iterator[Question]:
    office = small_office()
    notes = [office.reference(), office.anchor_note(), office.anchor_note(block_number=43)]
    yield _asked(office, office.evidence(chain=notes))
    yield _asked(office, office.evidence(chain=notes), chain=None)
    (key,) = office.trusted_log().anchor_keys
    for since in (59, 60, 61):
        stolen = office.trust(anchor_keys=(replace(key, compromised_since=Instant(T0 + since)),))
        yield _asked(office, office.evidence(), trust=stolen)
    yield from _two_anchors()


def _two_anchors() -> Iterator[Question]:
    office = small_office()
    (key,) = office.trusted_log().anchor_keys
    later = KeyId(bytes(12) + digest("later anchor key")[:20])
    office.issue({"award.amount": "1"}, kind="procurement/award")
    office.anchor(block=45, time=200, key_id=later)
    keys = (replace(key, compromised_since=Instant(T0 + 50)), replace(key, key=later))
    facts = office.chain_facts()
    known = [*facts.keys, replace(facts.keys[-1], key_id=later)]
    known = [
        replace(one, compromised_since=Instant(T0 + 100)) if one.key_id == office.anchor_key else one for one in known
    ]
    trust = office.trust(anchor_keys=keys)
    yield _asked(office, office.evidence(), trust=trust, chain=replace(facts, keys=tuple(known)))
    ended = {"registries": (TrustedRegistry(address=office.registry, from_=1, until=100),)}
    pinned = office.trust(chain=ended, pins=(office.pin(),), anchor_keys=(key, keys[1]))
    asked = {"trust": pinned, "chain": replace(facts, keys=(*facts.keys, known[-1]))}
    yield _asked(office, office.evidence(size=3), **asked)
    yield _asked(office, office.evidence(size=4), **asked)


def _notes() -> Iterator[Question]:
    office = small_office()
    stranger = signer("stranger.test", "stranger")
    text = parse_note(json.loads(office.evidence())["status"][0]["note"]).text
    twice = sign_note(text, [office.receipt_key, stranger])
    yield _asked(office, office.evidence(status=[status_part(twice)]), status=None)
    yield _asked(office, office.evidence(), trust=replace(office.trust(), chains=()), chain=None, status=None)

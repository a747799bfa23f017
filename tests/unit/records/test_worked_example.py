"""`../shared/vectors/worked-example`: every form comes out byte for byte from seeds and salts, and goes in again."""

from __future__ import annotations

import hashlib
import json

import pytest
from support.seeded import SeededSigner
from support.shared import shared

from ledger.hashing.digests import sha256
from ledger.hashing.encodings import b64u_decode
from ledger.merkle import tiles
from ledger.merkle.nodes import leaf_hash
from ledger.merkle.verify import verify_inclusion
from ledger.records.bundle import encode_bundle, parse_bundle
from ledger.records.checkpoint import Checkpoint, format_checkpoint, parse_checkpoint
from ledger.records.commitment import Commitment, commit
from ledger.records.disclosure import Fact, disclose, parse_disclosure
from ledger.records.evidence import Evidence, Reference, Withheld, encode_evidence, parse_evidence
from ledger.records.note import Algorithm, format_note, make_vkey, parse_note, parse_vkey, sign_note, verify_signature
from ledger.records.number import check_digit, number_from_random
from ledger.records.origin import compose_origin, log_id, receipt_name
from ledger.records.parts import parse_reference, parse_status_part, status_part
from ledger.records.receipt import Receipt, format_receipt, parse_receipt
from ledger.records.record import ProcessStep, Record, encode_record, parse_record
from ledger.records.status_note import StatusNote, format_status_note, parse_status_note
from ledger.records.tlog_proof import TlogProof, format_tlog_proof, parse_tlog_proof
from ledger.records.trust import (
    Signers,
    TrustedChain,
    TrustedKey,
    TrustedLog,
    TrustedRegistry,
    TrustFile,
    ValidatorSet,
    parse_trust,
    sign_trust,
)
from ledger.values import (
    Address,
    AgencyCode,
    Digest32,
    KeyId,
    LogIndex,
    Status,
    TreeSize,
    parse_instant,
)

AGENCY = AgencyCode("6110000")
ORIGIN = compose_origin("sillok.seoul.example", AGENCY)
GENESIS = Digest32(bytes.fromhex("81337cd5e0ec8b9b337880c8ef9eba7cb6e46a69177a00c3afa63548f35ed0c3"))
REGISTRY = Address(bytes.fromhex("e92e800f19c8b9b12cea8d9258f758d7c05c5f50"))


def seed(first: int) -> bytes:
    return bytes(range(first, first + 32))


NOTE_KEY = SeededSigner(ORIGIN, seed(0x00))
RECEIPT_KEY = SeededSigner(receipt_name(ORIGIN), seed(0x20))
TRUST_KEY = SeededSigner("sillok.seoul.example/trust", seed(0x40))


def given(name: str) -> bytes:
    return shared(f"vectors/worked-example/{name}").read_bytes()


def committed(first_salt: int, **facts: str) -> Commitment:
    """Facts in the order in which the example drew their salts: 16 bytes counting up."""
    return commit(
        [
            disclose(
                Fact(path=path.replace("_", "."), value=value),
                bytes(range(first_salt + 16 * n, first_salt + 16 * n + 16)),
            )
            for n, (path, value) in enumerate(facts.items())
        ]
    )


class Example:
    """The worked example, made by our own code."""

    def __init__(self) -> None:
        self.number = number_from_random(123456789012345)
        document = hashlib.sha256(b"sillok worked example\n").hexdigest()
        corrected = "09fcbe0264ac039df8b04ecaf8d1ea7833ac68709bf4a68c7e74c86aa4f3cfcf"
        self.commitments = [
            committed(0x00, document_sha256=document, certificate_number=self.number),
            committed(0x20, award_amount="702000000"),
            committed(0x30, document_sha256=corrected, holder_name="홍길동"),
        ]
        self.records = [
            Record(
                agency=AGENCY,
                batch=1,
                commitment=self.commitments[0].digest,
                facts=2,
                kind="certificate",
                recorded_at=parse_instant("2026-11-24T00:00:00Z"),
                valid_until=parse_instant("2027-02-23T15:00:00Z"),
            ),
            Record(
                agency=AGENCY,
                commitment=self.commitments[1].digest,
                facts=1,
                kind="procurement/award",
                process=ProcessStep(id="ocds-213czf-000-00001", seq=3),
                recorded_at=parse_instant("2026-11-24T00:00:01Z"),
            ),
            Record(
                agency=AGENCY,
                commitment=self.commitments[2].digest,
                facts=2,
                kind="certificate",
                recorded_at=parse_instant("2026-11-24T00:00:02Z"),
                supersedes=LogIndex(0),
            ),
        ]
        self.leaves = [encode_record(record) for record in self.records]
        self.tree = tiles.append({}, TreeSize(0), [leaf_hash(leaf) for leaf in self.leaves])  # type: ignore[arg-type]
        self.reader = tiles.Overlay(None, self.tree.tiles)  # type: ignore[arg-type]  # all tiles are laid over
        head = Checkpoint(origin=ORIGIN, size=self.tree.size, root=self.tree.root)
        self.checkpoint = sign_note(format_checkpoint(head), [NOTE_KEY])
        receipt = Receipt(
            origin=ORIGIN,
            size=self.tree.size,
            root=self.tree.root,
            signed_at=parse_instant("2026-11-24T00:00:02Z"),
            deadline=parse_instant("2026-11-24T01:00:02Z"),
        )
        self.receipt = sign_note(format_receipt(receipt), [RECEIPT_KEY])
        status = StatusNote(
            origin=ORIGIN,
            index=LogIndex(0),
            status=Status.ACTIVE,
            batch_status=Status.ACTIVE,
            chain_id=9002,
            genesis=GENESIS,
            block_number=50,
            block_time=parse_instant("2026-11-24T00:05:00Z"),
        )
        self.status = sign_note(format_status_note(status), [RECEIPT_KEY])

    def proof(self, index: int) -> str:
        path = tiles.inclusion_proof(self.reader, LogIndex(index), self.tree.size)
        return format_tlog_proof(TlogProof(index=LogIndex(index), path=path, checkpoint=self.checkpoint))

    def files(self) -> dict[str, bytes]:
        """Every file of the folder but `values.json`."""
        reference = Reference(
            block=42,
            chain_id=9002,
            genesis=GENESIS,
            registry=REGISTRY,
            transaction=Digest32(bytes.fromhex("e08dbe5168636c6b6bb0b423824ead10e7a884916e4441337abc1d3a083f13e5")),
        )
        plain = Evidence(leaf=self.leaves[0], facts=self.commitments[0].disclosures, log=self.proof(0))
        full = Evidence(
            leaf=plain.leaf,
            facts=plain.facts,
            log=plain.log,
            chain=(reference.to_part(),),
            status=(status_part(self.status),),
        )
        digest, name = self.commitments[2].disclosures
        withheld = Evidence(
            leaf=self.leaves[2], facts=(digest, Withheld(leaf_hash=name.leaf_hash)), log=self.proof(2)
        )
        return {
            "checkpoint.note": self.checkpoint.encode(),
            "document.txt": b"sillok worked example\n",
            "entries-000.p3": encode_bundle(self.leaves),
            "receipt.note": self.receipt.encode(),
            "record-0-full.evidence": encode_evidence(full),
            "record-0.evidence": encode_evidence(plain),
            "record-0.json": self.leaves[0],
            "record-0.tlog-proof": self.proof(0).encode(),
            "record-1.json": self.leaves[1],
            "record-2-name-withheld.evidence": encode_evidence(withheld),
            "record-2.json": self.leaves[2],
            "status.note": self.status.encode(),
            "tile-0-000.p3": self.tree.tiles[0, 0],
            "trust.note": sign_trust(trust_file(), [TRUST_KEY]).encode(),
        }


def trust_file() -> TrustFile:
    since = parse_instant("2026-11-01T00:00:00Z")
    validators = (
        "EVH1BTASPbemz5mCLXxkMVrADvlEXUAplamllqKVSR4",
        "R-_DRo9Nbv167p-aW1dKlnz-WjnWozEqH4ekK5J9Ny0",
        "SeXJYNVskD85U0FOB0994laMbRiseHYTTI0l-5yIRgs",
        "KoQkDIQLtVgnSrEyRYdBmdK4NuAYyCWTPPO8y1obNuw",
    )
    witness = "bbc42c74+BBPZkIpwklmS7VRgB9J/UNpounIX72KsPMp4RSn/EEcc"
    anchor = KeyId(bytes.fromhex("7e5f4552091a69125d5dfcb7b8c2659029395bdf").rjust(32, b"\0"))
    return TrustFile(
        sequence=1,
        issued_at=parse_instant("2026-11-23T00:00:00Z"),
        signers=Signers(keys=(make_vkey(TRUST_KEY.name, TRUST_KEY.public),), quorum=1),
        chains=(
            TrustedChain(chain_id=9002, genesis=GENESIS, registries=(TrustedRegistry(address=REGISTRY, from_=1),)),
            TrustedChain(
                chain_id=9001,
                genesis=Digest32(bytes.fromhex("04725e0e70c0c01b32c196f4c928d1484588d84f2c6cc2652b6b0aa593a3a3a3")),
                name="9001",
                registries=(
                    TrustedRegistry(
                        address=Address(bytes.fromhex("52d2878492ef30d625fc54ec52c4db7f010d471e")), from_=1
                    ),
                ),
                validators=(ValidatorSet(validators=tuple((b64u_decode(key), 1000) for key in validators), from_=1),),
            ),
        ),
        logs=(
            TrustedLog(
                origin=ORIGIN,
                agency=AGENCY,
                chains=(GENESIS,),
                max_delay_s=3600,
                note_keys=(
                    TrustedKey(key=KeyId(NOTE_KEY.public), vkey=make_vkey(ORIGIN, NOTE_KEY.public), from_=since),
                ),
                receipt_keys=(
                    TrustedKey(
                        key=KeyId(RECEIPT_KEY.public),
                        vkey=make_vkey(RECEIPT_KEY.name, RECEIPT_KEY.public),
                        from_=since,
                    ),
                ),
                anchor_keys=(TrustedKey(key=anchor, from_=since),),
                witnesses=(parse_vkey(f"witness.example/w1+{witness}"),),
                quorum=0,
            ),
        ),
    )


@pytest.fixture(scope="module")
def example() -> Example:
    return Example()


def test_every_file_comes_out_byte_for_byte(example: Example) -> None:
    values = json.loads(given("values.json"))
    files = example.files()
    for name, content in files.items():
        assert content == given(name), name
        assert hashlib.sha256(content).hexdigest() == values["sha256"][name], name
    assert set(files) == set(values["sha256"])


def test_every_value_comes_out(example: Example) -> None:
    values = json.loads(given("values.json"))
    assert values["origin"] == ORIGIN
    assert values["logId"] == log_id(ORIGIN).hex()
    assert values["root"] == example.tree.root.hex()
    assert values["leaves"] == [leaf_hash(leaf).hex() for leaf in example.leaves]
    assert values["number"] == example.number
    assert check_digit(values["checkDigitOf"]) == int(example.number[-1])
    for key, signer in (("noteKey", NOTE_KEY), ("receiptKey", RECEIPT_KEY), ("trustKey", TRUST_KEY)):
        assert values[key]["vkey"] == make_vkey(signer.name, signer.public).text
    assert parse_vkey(values["witnessKey"]["vkey"]).algorithm is Algorithm.COSIGNATURE
    for value, commitment, leaf in zip(values["records"], example.commitments, example.leaves, strict=True):
        assert value["record"].encode() == leaf
        assert value["commitment"] == commitment.digest.hex()
        assert [(d["encoded"], d["leaf"]) for d in value["disclosures"]] == [
            (d.text, d.leaf_hash.hex()) for d in commitment.disclosures
        ]


def test_every_file_goes_in(example: Example) -> None:
    vkey = make_vkey(ORIGIN, NOTE_KEY.public)
    for name in ("record-0.evidence", "record-0-full.evidence", "record-2-name-withheld.evidence"):
        evidence = parse_evidence(given(name))
        assert encode_evidence(evidence) == given(name)
        record = parse_record(evidence.leaf)
        assert encode_record(record) == evidence.leaf
        assert record in example.records
        proof = parse_tlog_proof(evidence.log)
        assert format_tlog_proof(proof) == evidence.log
        note = parse_note(proof.checkpoint)
        verify_signature(note, vkey)
        head = parse_checkpoint(note.text)
        verify_inclusion(
            leaf_hash=leaf_hash(evidence.leaf), index=proof.index, size=head.size, path=proof.path, root=head.root
        )
        for fact in evidence.facts:
            assert isinstance(fact, Withheld) or parse_disclosure(fact.text) == fact
        for part in evidence.chain:
            assert parse_reference(part).to_part() == part
        for part in evidence.status:
            assert parse_status_part(part) == given("status.note").decode()
    for name, parse, write in (
        ("receipt.note", parse_receipt, format_receipt),
        ("status.note", parse_status_note, format_status_note),
        ("checkpoint.note", parse_checkpoint, format_checkpoint),
    ):
        note = parse_note(given(name).decode())
        assert format_note(note).encode() == given(name)
        assert write(parse(note.text)) == note.text  # type: ignore[operator]
    assert parse_bundle(given("entries-000.p3")) == tuple(example.leaves)
    text = given("trust.note").decode()
    assert parse_trust(text) == trust_file()
    assert parse_trust(text, digest=sha256(parse_note(text).text.encode())) == trust_file()

"""Hypothesis strategies: one well-formed value of each frozen format."""

from __future__ import annotations

from hypothesis import strategies as st
from support.seeded import SeededSigner

from ledger.hashing.digests import sha256
from ledger.records.checkpoint import Checkpoint, format_checkpoint
from ledger.records.commitment import COUNTS
from ledger.records.disclosure import Fact, disclose
from ledger.records.evidence import Evidence, Reference, Withheld
from ledger.records.kinds import KINDS
from ledger.records.note import make_vkey, parse_note, sign_note
from ledger.records.number import number_from_random
from ledger.records.origin import compose_origin, receipt_name
from ledger.records.parts import Renewal, status_part
from ledger.records.receipt import Receipt
from ledger.records.record import ProcessStep, Record, encode_record
from ledger.records.status_note import StatusNote
from ledger.records.tlog_proof import TlogProof, format_tlog_proof
from ledger.records.trust import (
    Pin,
    Signers,
    TrustedChain,
    TrustedKey,
    TrustedLog,
    TrustedRegistry,
    TrustFile,
    ValidatorSet,
)
from ledger.values import (
    Address,
    AgencyCode,
    Digest32,
    Instant,
    KeyId,
    LeafHash,
    LogIndex,
    Root,
    Status,
    TreeSize,
    parse_instant,
)

SIGNERS = [SeededSigner(f"signer{n}.example", bytes([n]) * 32) for n in range(4)]

digests = st.binary(min_size=32, max_size=32).map(Digest32)
addresses = st.binary(min_size=20, max_size=20).map(Address)
naturals = st.integers(0, 2**53 - 1)
positives = st.integers(1, 2**53 - 1)
instants = st.integers(parse_instant("0001-01-01T00:00:00Z"), parse_instant("9999-12-31T23:59:59Z")).map(Instant)
agencies = st.from_regex(r"[0-9]{7}", fullmatch=True).map(AgencyCode)
log_names = st.from_regex(r"[a-z0-9.-]{1,40}", fullmatch=True)
origins = st.builds(compose_origin, log_names, agencies, st.integers(1, 999))
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
paths = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,20}(\.[A-Za-z0-9_-]{1,20}){0,2}", fullmatch=True).filter(
    lambda path: path not in ("document.sha256", "certificate.number")
)
numbers = st.integers(0, 10**15 - 1).map(number_from_random)

facts = st.one_of(
    st.builds(Fact, path=paths, value=st.one_of(texts, st.booleans(), st.integers(-(2**53) + 1, 2**53 - 1))),
    st.builds(Fact, path=st.just("document.sha256"), value=digests.map(bytes.hex)),
    st.builds(Fact, path=st.just("certificate.number"), value=numbers),
)
disclosures = st.builds(disclose, facts, st.binary(min_size=16, max_size=16))

steps = st.builds(ProcessStep, id=st.from_regex(r"[!#-\[\]-~]{1,128}", fullmatch=True), seq=st.integers(1, 2**53 - 1))
windows = st.one_of(
    st.tuples(st.none(), st.none()),
    st.tuples(instants, st.none()),
    st.tuples(st.none(), instants),
    st.tuples(instants, instants).map(sorted).filter(lambda pair: pair[0] < pair[1]).map(tuple),
)


@st.composite
def records(draw: st.DrawFn) -> Record:
    valid_from, valid_until = draw(windows)
    return Record(
        agency=draw(agencies),
        commitment=draw(digests),
        facts=draw(st.sampled_from(COUNTS)),
        kind=draw(
            st.one_of(
                st.sampled_from(sorted(KINDS)),
                st.from_regex(r"[a-z0-9-]{1,20}(/[a-z0-9-]{1,20}){0,2}", fullmatch=True),
            )
        ),
        recorded_at=draw(instants),
        batch=draw(st.none() | positives),
        erases=draw(st.none() | naturals.map(LogIndex)),
        supersedes=draw(st.none() | naturals.map(LogIndex)),
        process=draw(st.none() | steps),
        valid_from=valid_from,
        valid_until=valid_until,
    )


checkpoints = st.builds(Checkpoint, origin=origins, size=naturals.map(TreeSize), root=digests.map(Root))


def _receipt(origin: str, size: int, root: bytes, signed_at: int, within: int) -> Receipt:
    last = parse_instant("9999-12-31T23:59:59Z")
    return Receipt(
        origin=origin,
        size=TreeSize(size),
        root=Root(root),
        signed_at=Instant(signed_at),
        deadline=Instant(min(signed_at + within, last)),
    )


receipts = st.builds(_receipt, origins, positives, digests, instants, st.integers(0, 604800))
statuses = st.sampled_from(list(Status))
status_notes = st.builds(
    StatusNote,
    origin=origins,
    index=naturals.map(LogIndex),
    status=statuses,
    batch_status=st.none() | statuses,
    chain_id=naturals,
    genesis=digests,
    block_number=naturals,
    block_time=instants,
)
note_texts = (
    st.text(st.characters(codec="utf-8", min_codepoint=32, exclude_characters="\x7f"), min_size=1, max_size=60)
    | st.just("one\n\ntwo")
).map(lambda text: text + "\n")
signed_notes = st.builds(
    lambda text, count: parse_note(sign_note(text, SIGNERS[:count])), note_texts, st.integers(1, len(SIGNERS))
)
tlog_proofs = st.builds(
    TlogProof,
    index=naturals.map(LogIndex),
    path=st.lists(digests, max_size=53).map(tuple),
    checkpoint=st.builds(lambda head: sign_note(format_checkpoint(head), SIGNERS[:1]), checkpoints),
)
references = st.builds(
    Reference, block=naturals, chain_id=naturals, genesis=digests, registry=addresses, transaction=digests
)
renewals = st.builds(Renewal, size=naturals.map(TreeSize), path=st.lists(digests, max_size=8).map(tuple))

leaves_json = st.one_of(texts, st.booleans(), st.integers(-(2**53) + 1, 2**53 - 1))
unknown_parts = st.dictionaries(texts, leaves_json | st.lists(leaves_json, max_size=3), max_size=3).map(
    lambda members: {**members, "format": "moonlight/v9"}
)
parts = st.one_of(
    references.map(Reference.to_part), renewals.map(Renewal.to_part), texts.map(status_part), unknown_parts
)
part_lists = st.lists(parts, max_size=3).map(tuple)


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    count = draw(st.sampled_from((1, 2, 4)))
    shown = st.one_of(disclosures, st.builds(Withheld, leaf_hash=digests.map(LeafHash)))
    return Evidence(
        leaf=draw(st.one_of(records().map(encode_record), st.binary(max_size=40))),
        facts=tuple(draw(shown) for _ in range(count)),
        log=draw(tlog_proofs.map(format_tlog_proof) | texts),
        chain=draw(part_lists),
        status=draw(part_lists),
        keys=draw(part_lists),
        tokens=draw(part_lists),
        renewals=draw(part_lists),
    )


spans = st.one_of(st.tuples(naturals, st.none()), st.tuples(naturals, naturals).filter(lambda p: p[0] < p[1]))
registries = st.builds(
    lambda address, span: TrustedRegistry(address=address, from_=span[0], until=span[1]), addresses, spans
)
public_keys = st.sampled_from([signer.public for signer in SIGNERS])
validator_sets = st.builds(
    lambda keys, power, span: ValidatorSet(
        validators=tuple((key, power) for key in keys), from_=span[0], until=span[1]
    ),
    st.lists(public_keys, min_size=1, unique=True),
    positives,
    spans,
)
chains = st.builds(
    lambda chain_id, genesis, found, name, sets: TrustedChain(
        chain_id=chain_id,
        genesis=genesis,
        registries=tuple(found),
        name=name,
        validators=None if name is None else tuple(sets),
    ),
    naturals,
    digests,
    st.lists(registries, max_size=2),
    st.none() | st.sampled_from(["9001", "서울"]),
    st.lists(validator_sets, max_size=2),
)


def _key(public: bytes, name: str | None, times: list[int], shape: int) -> TrustedKey:
    return TrustedKey(
        key=KeyId(public),
        vkey=None if name is None else make_vkey(name, public),
        from_=Instant(min(times)),
        until=Instant(max(times)) if shape & 1 else None,
        compromised_since=Instant(times[0]) if shape & 2 else None,
    )


@st.composite
def logs(draw: st.DrawFn, origin: str) -> TrustedLog:
    times = st.lists(instants, min_size=2, max_size=2)
    shapes = st.integers(0, 3)
    return TrustedLog(
        origin=origin,
        agency=AgencyCode(origin.split("/")[1]),
        chains=tuple(draw(st.lists(digests, max_size=2, unique=True))),
        max_delay_s=draw(naturals),
        note_keys=tuple(_key(s.public, origin, draw(times), draw(shapes)) for s in SIGNERS[:2]),
        receipt_keys=(_key(SIGNERS[2].public, receipt_name(origin), draw(times), draw(shapes)),),
        anchor_keys=(_key(draw(addresses).rjust(32, b"\0"), None, draw(times), draw(shapes)),),
        witnesses=(),
        quorum=0,
    )


@st.composite
def trust_files(draw: st.DrawFn) -> TrustFile:
    names = draw(st.lists(origins, max_size=2, unique=True))
    return TrustFile(
        sequence=draw(naturals),
        previous=draw(st.none() | digests),
        issued_at=draw(instants),
        signers=Signers(keys=tuple(make_vkey(s.name, s.public) for s in SIGNERS), quorum=draw(st.integers(1, 4))),
        chains=tuple(draw(st.lists(chains, max_size=2, unique_by=lambda chain: chain.genesis))),
        logs=tuple(draw(logs(origin)) for origin in names),
        pins=tuple(
            Pin(
                chain=draw(digests),
                registry=draw(addresses),
                origin=origin,
                size=TreeSize(draw(positives)),
                root=Root(sha256(origin.encode())),
                until=draw(naturals),
            )
            for origin in names
        ),
    )

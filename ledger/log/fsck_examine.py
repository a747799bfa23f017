"""What one record says for itself, beside what its row says: leaf, row, sealed facts. Needs no store.

It is the dearer half of `fsck`, so it can be done in another process (`ledger.log.fsck_helper`): what goes in and out
is made of what `marshal` carries.
"""

from __future__ import annotations

import marshal
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from ledger.errors import EvidenceError, FormatError
from ledger.hashing.encodings import b64u_encode, hex_encode
from ledger.log.fsck_findings import Finding, Kind, Severity, error, finding, warning
from ledger.log.sealing import open_lines
from ledger.merkle.nodes import leaf_hash
from ledger.merkle.tree import tree_head
from ledger.records.disclosure import NUMBER_PATH, SALT_BYTES, SHA256_PATH
from ledger.records.record import Record, parse_record
from ledger.values import Digest32

# A fact's text is the base64 of `["<salt>","<path>",<value>]`. Salts have one length, so every path begins at the
# same place; that is a multiple of three bytes, as these two paths with what follows are, so both are found unread.
_PATH_BEGINS: Final = len('["","') + len(b64u_encode(bytes(SALT_BYTES)))
_BEGIN: Final = _PATH_BEGINS * 4 // 3
_SHA256: Final = b64u_encode(f'{SHA256_PATH}","'.encode()).encode()
_NUMBER: Final = b64u_encode(f'{NUMBER_PATH}","'.encode()).encode()
_END: Final = b'"]'

_COLUMNS: Final = ("agency", "kind", "batch", "process", "seq")
"""What a record's row repeats of its leaf."""

Identity = tuple[Digest32 | None, str | None]


class Given(NamedTuple):
    """One record as the store has it: its index, and digest and number by which it is found."""

    at: int
    leaf: bytes
    kind: str
    batch: int | None
    process_id: str | None
    process_seq: int | None
    sealed_facts: bytes | None
    key: bytes | None
    sha256: Digest32 | None
    number: str | None


class Piece(NamedTuple):
    """Neighbouring records of one log; `opened`: whether keys are at hand, so that facts are opened."""

    origin: str
    agency: str
    opened: bool
    records: Sequence[Given]


class Examined(NamedTuple):
    """What came of a piece: findings, records of each batch, and (index, process, seq) of its steps, in order."""

    findings: list[Finding]
    members: dict[int, int]
    steps: list[tuple[int, str, int]]


def examine(piece: Piece) -> Examined:
    """Examine each record by itself."""
    findings: list[Finding] = []
    members: Counter[int] = Counter()
    steps: list[tuple[int, str, int]] = []
    for one in piece.records:
        where = f"{piece.origin}, record {one.at}"
        try:
            record = parse_record(one.leaf)
        except FormatError as problem:
            findings.append(error(Kind.RECORD_MALFORMED, problem.what, where))
            continue
        findings += _row(piece.agency, one, record, where)
        if piece.opened:
            findings += _facts(one, record, where)
        if record.batch is not None:
            members[record.batch] += 1
        if record.process is not None:
            steps.append((one.at, record.process.id, record.process.seq))
    return Examined(findings, dict(members), steps)


def dump_piece(piece: Piece) -> bytes:
    """A piece for the pipe."""
    return marshal.dumps((*piece[:3], [tuple(one) for one in piece.records]))


def load_piece(data: bytes) -> Piece:
    """A piece from the pipe."""
    origin, agency, opened, records = marshal.loads(data)  # noqa: S302 (our own other end)
    return Piece(origin, agency, opened, [Given._make(one) for one in records])


def dump_examined(found: Examined) -> bytes:
    """What came of a piece, for the pipe."""
    findings = [(one.severity.value, one.kind.value, one.what, one.where) for one in found.findings]
    return marshal.dumps((findings, found.members, found.steps))


def load_examined(data: bytes) -> Examined:
    """What came of a piece, from the pipe."""
    findings, members, steps = marshal.loads(data)  # noqa: S302 (our own other end)
    made = [finding(Severity(severity), Kind(kind), what, where) for severity, kind, what, where in findings]
    return Examined(made, members, steps)


def _row(agency: str, one: Given, record: Record, where: str) -> Iterator[Finding]:
    step = (record.process.id, record.process.seq) if record.process else (None, None)
    leaf = (record.agency, record.kind, record.batch, *step)
    row = (agency, one.kind, one.batch, one.process_id, one.process_seq)
    if leaf != row:
        for name, said, kept in zip(_COLUMNS, leaf, row, strict=True):
            if said != kept:
                yield error(Kind.RECORD_ROW, f"The store says {name} {kept!r}, the record {said!r}.", where)
    for name, index in (("supersedes", record.supersedes), ("erases", record.erases)):
        if index is not None and index >= one.at:
            yield error(Kind.RECORD_MALFORMED, f"It {name} record {index}, which does not come before it.", where)


def _facts(one: Given, record: Record, where: str) -> Iterator[Finding]:
    identity = one.sha256, one.number
    if one.sealed_facts is None:
        return
    if one.key is None:
        if identity != (None, None):
            yield error(Kind.FACTS_KEY, "The key of its facts is not there, and it was not erased.", where)
        else:
            yield warning(Kind.FACTS_KEY, "It was erased, and its sealed facts are still on disk.", where)
        return
    try:
        lines = open_lines(one.sealed_facts, key=one.key, commitment=record.commitment)
    except EvidenceError as problem:
        yield error(Kind.FACTS_SEALED, problem.what, where)
        return
    digest = Digest32(tree_head([leaf_hash(line) for line in lines]))
    if digest != record.commitment or len(lines) != record.facts:
        what = f"Its facts commit to {hex_encode(digest)}, its leaf to {hex_encode(record.commitment)}."
        yield error(Kind.FACTS_COMMITMENT, what, where)
    elif identity != _identity_in(lines):
        yield error(Kind.FACTS_IDENTITY, "Its number or digest in the store is not that of its facts.", where)


def _identity_in(lines: Sequence[bytes]) -> Identity:
    """Document digest and number as the facts state them; neither needs an escape in JSON.

    The texts were read strictly before they were hashed, and the commitment says that they are still those: so only
    the two are decoded, and without the strictness of a verifier.
    """
    digest, number = None, None
    for line in lines:
        if line.startswith(_SHA256, _BEGIN):
            digest = Digest32(bytes.fromhex(_value(line, _SHA256)))
        elif line.startswith(_NUMBER, _BEGIN):
            number = _value(line, _NUMBER)
    return digest, number


def _value(line: bytes, path: bytes) -> str:
    rest = line[_BEGIN + len(path) :]
    return b64decode(rest + b"=" * (-len(rest) % 4), altchars=b"-_").removesuffix(_END).decode("ascii")

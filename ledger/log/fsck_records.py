"""Records against everything that the store says about them: leaf, row, look-up tables, sealed facts."""

from __future__ import annotations

from base64 import b64decode
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ledger.errors import EvidenceError, FormatError
from ledger.hashing.encodings import b64u_encode, hex_encode
from ledger.log.fsck_findings import Finding, Kind, error, warning
from ledger.log.sealing import open_lines
from ledger.merkle.nodes import leaf_hash
from ledger.merkle.tree import tree_head
from ledger.ports.keys import RecordKeys
from ledger.ports.records import ONE_RECORD_KINDS, LogInfo, RecordStore, StoredRecord
from ledger.records.disclosure import NUMBER_PATH, SALT_BYTES, SHA256_PATH
from ledger.records.record import Record, parse_record
from ledger.values import Digest32, LogIndex

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


class RecordChecks:
    """Checks the records of one agency, in order of their indexes."""

    def __init__(self, records: RecordStore, record_keys: RecordKeys | None) -> None:
        """Without `record_keys` the sealed facts are not opened."""
        self._records = records
        self._record_keys = record_keys
        self._steps: dict[str, int] = {}
        self._members: Counter[int] = Counter()
        self._digests: Counter[int] = Counter()
        self._numbers: Counter[int] = Counter()

    def piece(self, log: LogInfo, stored: Sequence[StoredRecord]) -> Iterator[Finding]:
        """Check neighbouring records of one log."""
        first, count = stored[0].index, len(stored)
        identities = self._records.identities(log.log_no, first, count)
        yield from self._lookups(log, stored, identities)
        keys: Mapping[LogIndex, bytes] = {}
        if self._record_keys is not None:
            keys = self._record_keys.get(log.log_no, [one.index for one in stored])
        for one in stored:
            where = f"{log.origin}, record {one.index}"
            try:
                record = parse_record(one.leaf)
            except FormatError as problem:
                yield error(Kind.RECORD_MALFORMED, problem.what, where)
                continue
            yield from self._row(log, one, record, where)
            identity = identities.get(one.index, (None, None))
            if self._record_keys is not None:
                yield from self._facts(one, record, keys.get(one.index), identity, where)

    def end(self, logs: Sequence[LogInfo]) -> Iterator[Finding]:
        """After all records of these logs (one agency's): the counts."""
        for batch, members in sorted(self._members.items()):
            kept = self._records.batch_members(logs[-1].log_no, batch)
            if kept != members:
                what = f"Batch {batch} has {members} records, and the store counts {kept}."
                yield error(Kind.BATCH_COUNT, what, logs[-1].origin)
        for log in logs:
            digests, numbers = self._records.identity_counts(log.log_no)
            for name, kept, found in (
                ("digests", digests, self._digests[log.log_no]),
                ("numbers", numbers, self._numbers[log.log_no]),
            ):
                if kept > found:
                    what = f"{kept - found} {name} point at records that do not have them."
                    yield error(Kind.INDEX_ORPHAN, what, log.origin)

    def _lookups(
        self, log: LogInfo, stored: Sequence[StoredRecord], identities: Mapping[LogIndex, Identity]
    ) -> Iterator[Finding]:
        """Can each record be found by its number and its digest?"""
        kinds = {one.index: one.kind for one in stored}
        numbers = {number: index for index, (_, number) in identities.items() if number is not None}
        digests = [(digest, index) for index, (digest, _) in identities.items() if digest is not None]
        self._numbers[log.log_no] += len(numbers)
        self._digests[log.log_no] += len(digests)
        by_number = self._records.find_numbers(list(numbers))
        for number, index in numbers.items():
            if by_number.get(number) != (log.log_no, index):
                where = f"{log.origin}, record {index}"
                yield error(Kind.NUMBER_INDEX, "The record is not found by its number.", where)
        by_digest = self._records.find_digests(log.log_no, [digest for digest, _ in digests])
        for digest, index in digests:
            found = by_digest.get(digest)
            if found is None or (found != index and kinds.get(index) in ONE_RECORD_KINDS):
                where = f"{log.origin}, record {index}"
                yield error(Kind.DIGEST_INDEX, "The record is not found by its document's digest.", where)

    def _row(self, log: LogInfo, one: StoredRecord, record: Record, where: str) -> Iterator[Finding]:
        step = (record.process.id, record.process.seq) if record.process else (None, None)
        leaf = (record.agency, record.kind, record.batch, *step)
        row = (log.agency, one.kind, one.batch, one.process_id, one.process_seq)
        if leaf != row:
            for name, said, kept in zip(_COLUMNS, leaf, row, strict=True):
                if said != kept:
                    yield error(Kind.RECORD_ROW, f"The store says {name} {kept!r}, the record {said!r}.", where)
        for name, index in (("supersedes", record.supersedes), ("erases", record.erases)):
            if index is not None and index >= one.index:
                yield error(Kind.RECORD_MALFORMED, f"It {name} record {index}, which does not come before it.", where)
        if record.batch is not None:
            self._members[record.batch] += 1
        if record.process is not None:
            before = self._steps.get(record.process.id, 0)
            if record.process.seq <= before:
                what = f"Step {record.process.seq} of {record.process.id} comes after step {before}."
                yield error(Kind.PROCESS_ORDER, what, where)
            self._steps[record.process.id] = max(before, record.process.seq)

    def _facts(
        self, one: StoredRecord, record: Record, key: bytes | None, identity: Identity, where: str
    ) -> Iterator[Finding]:
        if one.sealed_facts is None:
            return
        if key is None:
            if identity != (None, None):
                yield error(Kind.FACTS_KEY, "The key of its facts is not there, and it was not erased.", where)
            else:
                yield warning(Kind.FACTS_KEY, "It was erased, and its sealed facts are still on disk.", where)
            return
        try:
            lines = open_lines(one.sealed_facts, key=key, commitment=record.commitment)
        except EvidenceError as problem:
            yield error(Kind.FACTS_SEALED, problem.what, where)
            return
        digest = Digest32(tree_head([leaf_hash(line) for line in lines]))
        if digest != record.commitment or len(lines) != record.facts:
            what = f"Its facts commit to {hex_encode(digest)}, its leaf to {hex_encode(record.commitment)}."
            yield error(Kind.FACTS_COMMITMENT, what, where)
        elif identity != identity_in(lines):
            yield error(Kind.FACTS_IDENTITY, "Its number or digest in the store is not that of its facts.", where)


def identity_in(lines: Sequence[bytes]) -> Identity:
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

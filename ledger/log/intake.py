"""What a clerk submits, parsed: from then on a `Submission` is something that can become a record.

JSON: {"kind", "sha256"?, "number"?, "facts"? {path: value}, "process"? {"id", "seq"?, "gap"?}, "validFrom"?,
"validUntil"?, "supersedes"?}. The digest and the number have members of their own, because they are looked up; they
become the facts `document.sha256` and `certificate.number`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NoReturn

from ledger.errors import FormatError, InputError
from ledger.hashing.digests import sha256
from ledger.hashing.encodings import hex_decode
from ledger.log.limits import MAX_FACTS, MAX_LINE_BYTES
from ledger.ports.records import ONE_RECORD_KINDS
from ledger.records.disclosure import NUMBER_PATH, SHA256_PATH, Fact, check_fact, normalise
from ledger.records.kinds import ERASURE, KINDS
from ledger.records.number import parse_number
from ledger.records.record import ProcessStep, Record, encode_record
from ledger.values import MAX_INTEGER, AgencyCode, Digest32, Instant, LogIndex, parse_instant

_MEMBERS: Final = {"kind", "sha256", "number", "facts", "process", "validFrom", "validUntil", "supersedes"}
_RESERVED: Final = {
    SHA256_PATH: "Give it as the member sha256.",
    NUMBER_PATH: "Give it as the member number.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedStep:
    """The place in a process that a clerk asks for. `seq` None: the next one. `gap`: numbers may be left out."""

    id: str
    seq: int | None
    gap: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One thing to be recorded, well formed.

    Attributes:
        sha256: digest of the document's exact bytes; None for what is only facts (a plan, an activity).
        number: the document number, with a right check digit; None: one is drawn where the kind has one.
        facts: in NFC, without digest and number.
        supersedes: index of the record that this one corrects.
    """

    kind: str
    sha256: Digest32 | None = None
    number: str | None = None
    facts: tuple[Fact, ...] = ()
    process: SubmittedStep | None = None
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    supersedes: LogIndex | None = None

    def digest(self) -> Digest32:
        """Digest of the request as it was meant: order of members and white space change nothing.

        It stays on this machine, to tell a retry from another request under the same key.
        """
        step = self.process
        meant = [
            self.kind,
            self.sha256.hex() if self.sha256 else None,
            self.number,
            sorted((fact.path, fact.value) for fact in self.facts),
            [step.id, step.seq, step.gap] if step else None,
            self.valid_from,
            self.valid_until,
            self.supersedes,
        ]
        return sha256(json.dumps(meant, separators=(",", ":")).encode("ascii"))


def parse_line(line: bytes) -> Submission:
    """Read one line of bulk input.

    Raises:
        FormatError: too long, or not a JSON object.
        InputError: what `parse_submission` refuses.
    """
    if len(line) > MAX_LINE_BYTES:
        raise FormatError(f"The line is longer than {MAX_LINE_BYTES} bytes.", fix="Keep facts short.")
    try:
        data = json.loads(line, object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise FormatError("The line is not JSON.", fix="Write one JSON object a line, in UTF-8.") from error
    if not isinstance(data, dict):
        raise FormatError("The line is not a JSON object.")
    return parse_submission(data)


def parse_submission(data: Mapping[str, object]) -> Submission:
    """Read a submission.

    Raises:
        InputError: a member is missing, unknown or out of its form; `where` names it.
    """
    if strange := data.keys() - _MEMBERS:
        raise FormatError("A submission has no such member.", where=min(strange)[:40])
    kind = _kind(data.get("kind"))
    digest = _sha256(data.get("sha256"))
    if digest is None and kind in ONE_RECORD_KINDS:
        raise FormatError(f"A {kind} needs the SHA-256 of its document.", where="sha256")
    number = data.get("number")
    if number is not None and kind not in ONE_RECORD_KINDS:
        raise FormatError(f"A {kind} has no document number.", where="number")
    valid_from, valid_until = _instant(data, "validFrom"), _instant(data, "validUntil")
    if valid_from is not None and valid_until is not None and valid_from >= valid_until:
        raise FormatError("validFrom is not before validUntil.", where="validUntil")
    facts = _facts(data.get("facts"))
    if digest is None and not facts:
        raise FormatError("There is nothing to record.", where="facts", fix="Give a digest, or facts.")
    supersedes = data.get("supersedes")
    return Submission(
        kind=kind,
        sha256=digest,
        number=None if number is None else parse_number(_text(number, "number")),
        facts=facts,
        process=_process(data.get("process")),
        valid_from=valid_from,
        valid_until=valid_until,
        supersedes=None if supersedes is None else LogIndex(_natural(supersedes, "supersedes", least=0)),
    )


def _kind(value: object) -> str:
    kind = _text(value, "kind")
    if kind not in KINDS:
        raise FormatError(f"{kind[:64]!r} is not a kind of record.", where="kind", fix="docs/spec lists the kinds.")
    if kind == ERASURE:
        raise FormatError("An erasure is recorded by the service when it erases.", where="kind")
    return kind


def _sha256(value: object) -> Digest32 | None:
    if value is None:
        return None
    return Digest32(hex_decode(_text(value, "sha256"), length=32, where="sha256"))


def _facts(value: object) -> tuple[Fact, ...]:
    if value is None:
        return ()
    if not isinstance(value, dict):
        raise FormatError("facts is an object of paths and values.", where="facts")
    # Two places are kept for the digest and the number.
    if len(value) > MAX_FACTS - 2:
        raise FormatError(f"{len(value)} facts are too many; at most {MAX_FACTS - 2} are taken.", where="facts")
    facts = []
    for path, item in value.items():
        if not isinstance(item, (str, bool, int)):
            raise FormatError(
                "A fact is a string, an integer or a boolean.", where=f"facts.{path[:64]}", fix="Write money as text."
            )
        if path in _RESERVED:
            raise FormatError("This fact is not given so.", where=f"facts.{path}", fix=_RESERVED[path])
        if path.startswith("pad."):
            raise FormatError("Facts named pad are the service's own.", where=f"facts.{path[:64]}")
        fact = normalise(Fact(path=path, value=item))
        check_fact(fact.path, fact.value)
        facts.append(fact)
    return tuple(facts)


def _process(value: object) -> SubmittedStep | None:
    if value is None:
        return None
    if not isinstance(value, dict) or value.keys() - {"id", "seq", "gap"}:
        raise FormatError("A process has an id, a seq and perhaps gap.", where="process")
    name, seq, gap = value.get("id"), value.get("seq"), value.get("gap", False)
    if not isinstance(gap, bool):
        raise FormatError("gap is true or false.", where="process.gap")
    step = SubmittedStep(
        id=_text(name, "process.id"),
        seq=None if seq is None else _natural(seq, "process.seq", least=1),
        gap=gap,
    )
    check_process_id(step.id)
    return step


def check_process_id(name: str) -> None:
    """Refuse an id that a record has no place for, by the record's own encoder.

    Raises:
        FormatError: not 1 to 128 visible ASCII characters, or with a quote or a backslash.
    """
    trial = ProcessStep(id=name, seq=1)
    encode_record(
        Record(
            agency=AgencyCode("0000000"),
            commitment=Digest32(bytes(32)),
            facts=1,
            kind="activity",
            recorded_at=Instant(0),
            process=trial,
        )
    )


def _instant(data: Mapping[str, object], name: str) -> Instant | None:
    value = data.get(name)
    if value is None:
        return None
    try:
        return parse_instant(_text(value, name))
    except FormatError:
        raise
    except InputError as error:
        raise FormatError(error.what, where=name, fix=error.fix) from error


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise FormatError("This member is missing." if value is None else "This is not a string.", where=where)
    return value


def _natural(value: object, where: str, *, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= MAX_INTEGER:
        raise FormatError(f"This is not an integer from {least} to 2^53 - 1.", where=where)
    return value


def _no_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise FormatError("A member is there twice.")
    return members


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")

"""The evidence file: everything that a reader needs to recompute a verdict (formats.md, section 7).

Inner texts are kept raw (disclosures as they were hashed, the proof's text, the leaf's bytes), and parts of a format
that isn't known here are kept as they came, so that encode(parse(data)) == data and a verifier can say "not run".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ledger.errors import FormatError, UnknownVersionError
from ledger.hashing.canonical import Json, encode, parse
from ledger.hashing.encodings import b64u_decode, b64u_encode
from ledger.records.commitment import COUNTS
from ledger.records.disclosure import Disclosure, parse_disclosure
from ledger.records.parts import Part, Reference
from ledger.values import LeafHash

MAX_BYTES: Final = 256 * 1024
"""Most bytes of an evidence file: 64 facts of the longest kind, and a proof of each kind."""
MAX_PARTS: Final = 16
VERSION: Final = "evidence/v1"
MEDIA_TYPE: Final = "application/vnd.sillok.evidence.v1+json"

__all__ = [
    "MAX_BYTES",
    "MEDIA_TYPE",
    "Evidence",
    "Malformed",
    "Part",
    "Reference",
    "Withheld",
    "encode_evidence",
    "parse_evidence",
    "part_format",
]

_REQUIRED: Final = {"facts", "log", "record", "sillok"}
_LISTS: Final = ("chain", "status", "keys", "tokens", "renewals")


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """A fact that the holder keeps back; only its leaf hash is shown."""

    leaf_hash: LeafHash


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed:
    """A disclosure that is none: kept as it came, for the check of the facts to name."""

    text: str
    problem: FormatError


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """An evidence file that is well formed; what it claims is for the numbered checks.

    Attributes:
        leaf: the record's bytes; not parsed here, so that a record of another version can be named as such.
        facts: each disclosed, withheld or malformed, as they stand in the file.
        log: the `tlog-proof@v1` text; not parsed here.
        chain, status, keys, tokens, renewals: parts as they came, of known formats and others; empty where absent.
    """

    leaf: bytes
    facts: tuple[Disclosure | Withheld | Malformed, ...]
    log: str
    chain: tuple[Part, ...] = ()
    status: tuple[Part, ...] = ()
    keys: tuple[Part, ...] = ()
    tokens: tuple[Part, ...] = ()
    renewals: tuple[Part, ...] = ()


def encode_evidence(evidence: Evidence) -> bytes:
    """The evidence file, RFC 8785.

    Raises:
        FormatError: it would be longer than 256 KiB, or holds something that the format has no place for.
    """
    members: dict[str, Json] = {
        "facts": [_encode_fact(fact) for fact in evidence.facts],
        "log": evidence.log,
        "record": b64u_encode(evidence.leaf),
        "sillok": VERSION,
    }
    for name, parts in (
        ("chain", evidence.chain),
        ("status", evidence.status),
        ("keys", evidence.keys),
        ("tokens", evidence.tokens),
        ("renewals", evidence.renewals),
    ):
        if parts:
            members[name] = _check_parts(parts, name)
    _check_count(len(evidence.facts))
    data = encode(members, where="evidence")
    if len(data) > MAX_BYTES:
        raise FormatError(f"The evidence has {len(data)} bytes; at most {MAX_BYTES} are allowed.", where="evidence")
    return data


def parse_evidence(data: bytes) -> Evidence:
    """Read an evidence file.

    Raises:
        UnknownVersionError: canonical JSON with `sillok` of another version of evidence.
        FormatError: too long, not canonical, or out of the format; `where` names the member. Leaf, proof, parts and
            the texts of disclosures are checks of their own: a malformed disclosure comes back as `Malformed`.
    """
    members = parse(data, limit=MAX_BYTES, where="evidence")
    if not isinstance(members, dict):
        raise FormatError("Evidence is a JSON object.", where="evidence")
    version = members.get("sillok")
    if version != VERSION:
        if isinstance(version, str) and version.startswith("evidence/v"):
            raise UnknownVersionError(f"{version[:40]!r} is not known here.", where="sillok")
        raise FormatError("This is not evidence.", where="sillok")
    if missing := _REQUIRED - members.keys():
        raise FormatError("A member is missing.", where=min(missing))
    if strange := members.keys() - _REQUIRED - set(_LISTS):
        raise FormatError("Evidence has no such member.", where=min(strange)[:40])
    record, log, facts = members["record"], members["log"], members["facts"]
    if not isinstance(record, str) or not isinstance(log, str):
        raise FormatError("record and log are strings.", where="record")
    if not isinstance(facts, list):
        raise FormatError("facts is a list.", where="facts")
    _check_count(len(facts))
    lists = {name: _parse_parts(members.get(name), name) for name in _LISTS}
    return Evidence(
        leaf=b64u_decode(record, where="record"),
        facts=tuple(_parse_fact(fact, f"facts[{place}]") for place, fact in enumerate(facts)),
        log=log,
        chain=lists["chain"],
        status=lists["status"],
        keys=lists["keys"],
        tokens=lists["tokens"],
        renewals=lists["renewals"],
    )


def part_format(part: Part) -> str:
    """The format that a part says it has.

    Raises:
        FormatError: it says none.
    """
    name = part.get("format")
    if not isinstance(name, str):
        raise FormatError("A part says its format.", where="format")
    return name


def _encode_fact(fact: Disclosure | Withheld | Malformed) -> Json:
    if isinstance(fact, Withheld):
        return {"h": b64u_encode(fact.leaf_hash)}
    return {"d": fact.text}


def _parse_fact(fact: Json, where: str) -> Disclosure | Withheld | Malformed:
    match fact:
        case {"d": str(text), **rest} if not rest:
            try:
                return parse_disclosure(text, where=where)
            except FormatError as problem:
                return Malformed(text=text, problem=problem)
        case {"h": str(text), **rest} if not rest:
            return Withheld(leaf_hash=LeafHash(b64u_decode(text, length=32, where=where)))
    raise FormatError("A fact is disclosed as d or withheld as h.", where=where)


def _parse_parts(value: Json | None, name: str) -> tuple[Part, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise FormatError("This is a list of objects.", where=name)
    return _check_parts(value, name)


def _check_parts(value: Sequence[Json], name: str) -> tuple[Part, ...]:
    if not 1 <= len(value) <= MAX_PARTS:
        raise FormatError(f"This list has 1 to {MAX_PARTS} objects, or is left out.", where=name)
    parts: list[Part] = []
    for place, part in enumerate(value):
        if not isinstance(part, dict) or not isinstance(part.get("format"), str):
            raise FormatError("This is an object with a member format.", where=f"{name}[{place}]")
        parts.append(part)
    return tuple(parts)


def _check_count(count: int) -> None:
    if count not in COUNTS:
        raise FormatError("A record has 1, 2, 4, 8, 16, 32 or 64 facts.", where="facts")

"""The evidence file: everything that a reader needs to recompute a verdict (formats.md, section 7).

Inner texts are kept raw (disclosures as they were hashed, the proof's text, the leaf's bytes), and parts of a format
that isn't known here are kept as they came, so that encode(parse(data)) == data and a verifier can say "not run".
"""

from __future__ import annotations

from collections.abc import Sequence
from json.encoder import encode_basestring
from typing import Final

from ledger.errors import FormatError, UnknownVersionError
from ledger.hashing.canonical import Json, check_text, encode, load, parse
from ledger.hashing.encodings import b64u_decode, b64u_encode
from ledger.plain import dataclass
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

    The outer form is written by hand, since one is written for each record of a batch; a property test proves it
    equal to `rfc8785`.

    Raises:
        FormatError: it would be longer than 256 KiB, or holds something that the format has no place for.
    """
    _check_count(len(evidence.facts))
    facts = b",".join([_encode_fact(fact) for fact in evidence.facts])
    # The members in RFC 8785's order.
    data = b"".join(
        (
            b"{",
            _encode_parts(evidence.chain, "chain"),
            b'"facts":[' + facts + b"],",
            _encode_parts(evidence.keys, "keys"),
            b'"log":' + _encode_text(evidence.log, "log"),
            f',"record":"{b64u_encode(evidence.leaf)}",'.encode("ascii"),
            _encode_parts(evidence.renewals, "renewals"),
            f'"sillok":"{VERSION}",'.encode("ascii"),
            _encode_parts(evidence.status, "status"),
            _encode_parts(evidence.tokens, "tokens"),
        )
    )
    data = data[:-1] + b"}"
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
    members = load(data, limit=MAX_BYTES, where="evidence")
    if not isinstance(members, dict):
        raise FormatError("Evidence is a JSON object.", where="evidence")
    version = members.get("sillok")
    if version != VERSION:
        if isinstance(version, str) and version.startswith("evidence/v"):
            parse(data, limit=MAX_BYTES, where="evidence")  # bytes that no version could mean are malformed
            raise UnknownVersionError(f"{version[:40]!r} is not known here.", where="sillok")
        raise FormatError("This is not evidence.", where="sillok")
    if missing := _REQUIRED - members.keys():
        raise FormatError("A member is missing.", where=min(missing))
    if strange := members.keys() - _REQUIRED - set(_LISTS):
        raise FormatError("Evidence has no such member.", where=min(strange)[:40])
    record, log, facts = members["record"], members["log"], members["facts"]
    if not isinstance(record, str):
        raise FormatError("record is a string.", where="record")
    if not isinstance(log, str):
        raise FormatError("log is a string.", where="log")
    if not isinstance(facts, list):
        raise FormatError("facts is a list.", where="facts")
    _check_count(len(facts))
    lists = {name: _parse_parts(members[name], name) if name in members else () for name in _LISTS}
    evidence = Evidence(
        leaf=b64u_decode(record, where="record"),
        facts=tuple(_parse_fact(fact, f"facts[{place}]") for place, fact in enumerate(facts)),
        log=log,
        chain=lists["chain"],
        status=lists["status"],
        keys=lists["keys"],
        tokens=lists["tokens"],
        renewals=lists["renewals"],
    )
    if encode_evidence(evidence) != data:
        raise FormatError(
            "The evidence is not in canonical form (RFC 8785).",
            where="evidence",
            fix="Hand the file on exactly as it was received.",
        )
    return evidence


def part_format(part: Part) -> str:
    """The format that a part says it has.

    Raises:
        FormatError: it says none.
    """
    name = part.get("format")
    if not isinstance(name, str):
        raise FormatError("A part says its format.", where="format")
    return name


def _encode_fact(fact: Disclosure | Withheld | Malformed) -> bytes:
    if isinstance(fact, Disclosure):
        return f'{{"d":"{fact.text}"}}'.encode("ascii")
    if isinstance(fact, Withheld):
        return f'{{"h":"{b64u_encode(fact.leaf_hash)}"}}'.encode("ascii")
    return b'{"d":' + _encode_text(fact.text, "facts") + b"}"


def _encode_text(text: str, where: str) -> bytes:
    """A JSON string; Python's escapes are RFC 8785's."""
    check_text(text, where)
    return encode_basestring(text).encode("utf-8")


def _encode_parts(parts: Sequence[Part], name: str) -> bytes:
    """A list of parts as a member with a comma behind it; nothing where there are none."""
    return encode({name: _check_parts(parts, name)}, where=name)[1:-1] + b"," if parts else b""


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


def _parse_parts(value: Json, name: str) -> tuple[Part, ...]:
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

"""The trust file as one line of canonical JSON: reading and writing (formats.md, section 8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ledger.errors import FormatError, UnknownVersionError
from ledger.hashing.canonical import Json, encode, parse
from ledger.hashing.encodings import b64u_decode, b64u_encode
from ledger.records import lines
from ledger.records.ed25519 import load_key
from ledger.records.members import Members, natural
from ledger.records.note import LIMIT, Algorithm, VerifierKey, parse_vkey
from ledger.records.origin import parse_origin, receipt_name
from ledger.records.trust_values import (
    Pin,
    Signers,
    TrustedChain,
    TrustedKey,
    TrustedLog,
    TrustedRegistry,
    TrustFile,
    ValidatorSet,
)
from ledger.values import Address, AgencyCode, KeyId, Origin, Root, TreeSize, format_instant

VERSION: Final = "trust/v1"
MANY: Final = 4096
"""Most items of any list: more agencies, keys or validators than any country has in one file."""
_NAME_BYTES: Final = 128


def format_trust(trust: TrustFile) -> str:
    """The note's text: one line of RFC 8785 JSON and a newline.

    Raises:
        FormatError: the file says something that the format has no place for.
    """
    members: dict[str, Json] = {
        "chains": [_chain_json(chain) for chain in trust.chains],
        "issuedAt": format_instant(trust.issued_at),
        "logs": [_log_json(log) for log in trust.logs],
        "pins": [_pin_json(pin) for pin in trust.pins],
        "sequence": trust.sequence,
        "signers": {"keys": [key.text for key in trust.signers.keys], "quorum": trust.signers.quorum},
        "sillok": VERSION,
    }
    if trust.previous is not None:
        members["previous"] = trust.previous.hex()
    text = encode(members, where="trust").decode("utf-8") + "\n"
    parse_trust_text(text)
    return text


def parse_trust_text(text: str) -> TrustFile:
    """Read the text of a trust note, without its signatures: see `trust` for whom to believe.

    Raises:
        UnknownVersionError: canonical JSON with `sillok` of another version.
        FormatError: not one line of canonical JSON, or a member out of the format; `where` names it.
    """
    line = lines.split_lines(text, 1, "trust file")[0]
    try:
        data = line.encode("utf-8")
    except UnicodeEncodeError as error:
        raise FormatError("A trust file holds a lone surrogate.", where="trust") from error
    top = Members(parse(data, limit=LIMIT, where="trust"), "trust")
    version = top.text("sillok")
    if version != VERSION:
        if version.startswith("trust/v"):
            raise UnknownVersionError(f"{version[:40]!r} is not known here.", where="trust.sillok")
        raise FormatError("This is not a trust file.", where="trust.sillok")
    trust = TrustFile(
        sequence=top.integer("sequence"),
        previous=top.digest("previous") if "previous" in top else None,
        issued_at=top.instant("issuedAt"),
        signers=_signers(Members(top.take("signers"), "trust.signers")),
        chains=tuple(_chain(Members(*item)) for item in top.list("chains", MANY)),
        logs=tuple(_log(Members(*item)) for item in top.list("logs", MANY)),
        pins=tuple(_pin(Members(*item)) for item in top.list("pins", MANY)),
    )
    top.end()
    _check_unique([chain.genesis for chain in trust.chains], "trust.chains")
    _check_unique([log.origin for log in trust.logs], "trust.logs")
    return trust


def _signers(members: Members) -> Signers:
    keys = _vkeys(members, "keys", Algorithm.ED25519)
    quorum = members.integer("quorum", 1)
    members.end()
    if quorum > len(keys):
        raise FormatError("The quorum is larger than the number of signers.", where="trust.signers.quorum")
    _check_unique([key.public for key in keys], "trust.signers.keys")
    return Signers(keys=keys, quorum=quorum)


def _chain(members: Members) -> TrustedChain:
    if ("name" in members) != ("validators" in members):
        raise FormatError("name and validators stand together, or neither does.", where=members.where)
    name = members.text("name") if "name" in members else None
    if name is not None and not 1 <= len(name.encode("utf-8")) <= _NAME_BYTES:
        raise FormatError(f"A chain's name has 1 to {_NAME_BYTES} bytes.", where=members.at("name"))
    sets = members.list("validators", MANY) if "validators" in members else None
    chain = TrustedChain(
        chain_id=members.integer("chainId"),
        genesis=members.digest("genesis"),
        name=name,
        validators=None if sets is None else tuple(_validators(Members(*item)) for item in sets),
        registries=tuple(_registry(Members(*item)) for item in members.list("registries", MANY)),
    )
    members.end()
    return chain


def _registry(members: Members) -> TrustedRegistry:
    address, (from_, until) = Address(members.hex("address", 20)), _blocks(members)
    members.end()
    return TrustedRegistry(address=address, from_=from_, until=until)


def _validators(members: Members) -> ValidatorSet:
    from_, until = _blocks(members)
    found: list[tuple[bytes, int]] = []
    for item, where in members.list("set", MANY):
        match item:
            case [str(key), power]:
                public = b64u_decode(key, length=32, where=where)
                load_key(public)
                found.append((public, natural(power, where, 1)))
            case _:
                raise FormatError("A validator is a key and its power.", where=where)
    members.end()
    if not found:
        raise FormatError("A validator set is empty.", where=members.where)
    _check_unique([key for key, _ in found], members.at("set"))
    return ValidatorSet(validators=tuple(found), from_=from_, until=until)


def _blocks(members: Members) -> tuple[int, int | None]:
    from_, until = members.integer("from"), members.integer_or_none("until")
    if until is not None and until <= from_:
        raise FormatError("until is not after from.", where=members.at("until"))
    return from_, until


def _log(members: Members) -> TrustedLog:
    name = parse_origin(members.text("origin"))
    log = TrustedLog(
        origin=name.origin,
        agency=AgencyCode(members.text("agency")),
        chains=tuple(lines.hex32(*item) for item in members.texts("chains", MANY)),
        max_delay_s=members.integer("maxDelay"),
        note_keys=tuple(_note_key(Members(*item), name.origin) for item in members.list("noteKeys", MANY)),
        receipt_keys=tuple(
            _note_key(Members(*item), receipt_name(name.origin)) for item in members.list("receiptKeys", MANY)
        ),
        anchor_keys=tuple(_anchor_key(Members(*item)) for item in members.list("anchorKeys", MANY)),
        witnesses=_vkeys(members, "witnesses", Algorithm.COSIGNATURE),
        quorum=members.integer("quorum"),
    )
    members.end()
    if log.agency != name.agency:
        raise FormatError("The agency is not that of the origin.", where=members.at("agency"))
    if log.quorum > len(log.witnesses):
        raise FormatError("The quorum is larger than the number of witnesses.", where=members.at("quorum"))
    _check_unique(log.chains, members.at("chains"))
    # A key that stood twice, once as the log's and once as a witness's, would let the log witness itself.
    keys = (*log.note_keys, *log.receipt_keys, *log.anchor_keys)
    _check_unique([*(key.key for key in keys), *(vkey.public for vkey in log.witnesses)], members.where)
    return log


def _note_key(members: Members, name: str) -> TrustedKey:
    vkey = parse_vkey(members.text("key"), where=members.at("key"))
    if vkey.name != name or vkey.algorithm is not Algorithm.ED25519:
        raise FormatError(f"This is not an Ed25519 key with the name {name}.", where=members.at("key"))
    return _key(members, KeyId(vkey.public), vkey)


def _anchor_key(members: Members) -> TrustedKey:
    key = members.hex("key", 32)
    if any(key[:12]):
        raise FormatError("An anchor key is an address, left-padded with zeros.", where=members.at("key"))
    return _key(members, KeyId(key), None)


def _key(members: Members, key: KeyId, vkey: VerifierKey | None) -> TrustedKey:
    found = TrustedKey(
        key=key,
        vkey=vkey,
        from_=members.instant("from"),
        until=members.instant_or_none("until"),
        compromised_since=members.instant_or_none("compromisedSince"),
    )
    members.end()
    if found.until is not None and found.until < found.from_:
        raise FormatError("until is before from.", where=members.at("until"))
    return found


def _pin(members: Members) -> Pin:
    pin = Pin(
        chain=members.digest("chain"),
        registry=Address(members.hex("registry", 20)),
        origin=Origin(parse_origin(members.text("origin")).origin),
        size=TreeSize(members.integer("size", 1)),
        root=Root(members.hex("root", 32)),
        until=members.integer("until"),
    )
    members.end()
    return pin


def _vkeys(members: Members, name: str, algorithm: Algorithm) -> tuple[VerifierKey, ...]:
    keys = tuple(parse_vkey(text, where=where) for text, where in members.texts(name, MANY))
    if any(key.algorithm is not algorithm for key in keys):
        raise FormatError(f"A key is not of the kind {algorithm.name.lower()}.", where=members.at(name))
    return keys


def _check_unique(values: Sequence[bytes] | Sequence[str], where: str) -> None:
    if len(set(values)) != len(values):
        raise FormatError("One of these stands there twice.", where=where)


def _chain_json(chain: TrustedChain) -> Json:
    found: dict[str, Json] = {
        "chainId": chain.chain_id,
        "genesis": chain.genesis.hex(),
        "registries": [
            {"address": registry.address.hex(), **_range_json(registry.from_, registry.until)}
            for registry in chain.registries
        ],
    }
    if chain.name is not None:
        found["name"] = chain.name
    if chain.validators is not None:
        found["validators"] = [
            {
                "set": [[b64u_encode(key), power] for key, power in validators.validators],
                **_range_json(validators.from_, validators.until),
            }
            for validators in chain.validators
        ]
    return found


def _range_json(from_: int, until: int | None) -> dict[str, Json]:
    return {"from": from_} if until is None else {"from": from_, "until": until}


def _log_json(log: TrustedLog) -> Json:
    return {
        "agency": log.agency,
        "anchorKeys": [_key_json(key) for key in log.anchor_keys],
        "chains": [genesis.hex() for genesis in log.chains],
        "maxDelay": log.max_delay_s,
        "noteKeys": [_key_json(key) for key in log.note_keys],
        "origin": log.origin,
        "quorum": log.quorum,
        "receiptKeys": [_key_json(key) for key in log.receipt_keys],
        "witnesses": [vkey.text for vkey in log.witnesses],
    }


def _key_json(key: TrustedKey) -> Json:
    found: dict[str, Json] = {
        "from": format_instant(key.from_),
        "key": key.key.hex() if key.vkey is None else key.vkey.text,
    }
    if key.until is not None:
        found["until"] = format_instant(key.until)
    if key.compromised_since is not None:
        found["compromisedSince"] = format_instant(key.compromised_since)
    return found


def _pin_json(pin: Pin) -> Json:
    return {
        "chain": pin.chain.hex(),
        "origin": pin.origin,
        "registry": pin.registry.hex(),
        "root": pin.root.hex(),
        "size": pin.size,
        "until": pin.until,
    }

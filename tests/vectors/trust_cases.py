"""Vectors of the trust file's text: one line of canonical JSON."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from tests.vectors import json_cases
from tests.vectors.note_cases import LOG, OTHER, WITNESS, vkey
from tests.vectors.text_cases import GENESIS, ORIGIN, bad, good

REGISTRY = "e92e800f19c8b9b12cea8d9258f758d7c05c5f50"
SINCE = "2026-11-01T00:00:00Z"


def plain() -> dict[str, Any]:
    return {
        "sillok": "trust/v1",
        "sequence": 1,
        "issuedAt": "2026-11-23T00:00:00Z",
        "signers": {"keys": [vkey(OTHER.name, OTHER.public)], "quorum": 1},
        "chains": [{"chainId": 9002, "genesis": GENESIS, "registries": [{"address": REGISTRY, "from": 1}]}],
        "logs": [
            {
                "agency": "6110000",
                "anchorKeys": [{"from": SINCE, "key": "00" * 12 + "7e5f4552091a69125d5dfcb7b8c2659029395bdf"}],
                "chains": [GENESIS],
                "maxDelay": 3600,
                "noteKeys": [{"from": SINCE, "key": vkey(ORIGIN, LOG.public)}],
                "origin": ORIGIN,
                "quorum": 0,
                "receiptKeys": [{"from": SINCE, "key": vkey(f"{ORIGIN}/receipt", OTHER.public)}],
                "witnesses": [vkey(WITNESS.name, WITNESS.public, 4)],
            }
        ],
        "pins": [],
    }


def _changed(change: Callable[[dict[str, Any]], None]) -> str:
    trust = copy.deepcopy(plain())
    change(trust)
    return json_cases.jcs(trust).decode() + "\n"


def trust_files() -> list[dict[str, Any]]:
    def log(**members: Any) -> Callable[[dict[str, Any]], None]:
        return lambda trust: trust["logs"][0].update(members)

    def chain(**members: Any) -> Callable[[dict[str, Any]], None]:
        return lambda trust: trust["chains"][0].update(members)

    def top(**members: Any) -> Callable[[dict[str, Any]], None]:
        return lambda trust: trust.update(members)

    def key(**members: Any) -> Callable[[dict[str, Any]], None]:
        return lambda trust: trust["logs"][0]["noteKeys"][0].update(members)

    validators = [{"from": 1, "set": [[json_cases.b64u(LOG.public), 10], [json_cases.b64u(OTHER.public), 1]]}]
    pin = {"chain": GENESIS, "origin": ORIGIN, "registry": REGISTRY, "root": "ab" * 32, "size": 7, "until": 100}
    witness = vkey(WITNESS.name, WITNESS.public, 4)
    fine: dict[str, Callable[[dict[str, Any]], None]] = {
        "one agency": top(),
        "nothing trusted": top(chains=[], logs=[]),
        "a later sequence": top(sequence=2, previous="cd" * 32),
        "a key that ended and was stolen": key(until="2026-12-01T00:00:00Z", compromisedSince="2026-11-20T00:00:00Z"),
        "a chain of several": chain(name="9001", validators=validators),
        "a registry that ended": chain(registries=[{"address": REGISTRY, "from": 1, "until": 9}]),
        "a pin": top(pins=[pin]),
        "a witness asked for": log(quorum=1),
    }
    broken: dict[str, Callable[[dict[str, Any]], None]] = {
        "another sillok": top(sillok="evidence/v1"),
        "a member more": top(extra=1),
        "a member less": lambda trust: trust.pop("pins"),
        "sequence negative": top(sequence=-1),
        "previous of 31 bytes": top(previous="cd" * 31),
        "quorum 0 of the signers": top(signers={"keys": [vkey(OTHER.name, OTHER.public)], "quorum": 0}),
        "quorum above the signers": top(signers={"keys": [vkey(OTHER.name, OTHER.public)], "quorum": 2}),
        "a signer twice": top(
            signers={"keys": [vkey(OTHER.name, OTHER.public), vkey("other.name", OTHER.public)], "quorum": 1}
        ),
        "a witness key for a signer": top(signers={"keys": [witness], "quorum": 1}),
        "a chain twice": lambda trust: trust["chains"].append(trust["chains"][0]),
        "a log twice": lambda trust: trust["logs"].append(trust["logs"][0]),
        "a name without validators": chain(name="9001"),
        "validators without a name": chain(validators=validators),
        "a chain with an empty name": chain(name="", validators=validators),
        "a chain with a name of 129 bytes": chain(name="가" * 43, validators=validators),
        "an empty validator set": chain(name="9001", validators=[{"from": 1, "set": []}]),
        "a validator twice": chain(name="9001", validators=[{"from": 1, "set": [validators[0]["set"][0]] * 2}]),
        "a validator without power": chain(
            name="9001", validators=[{"from": 1, "set": [[json_cases.b64u(LOG.public), 0]]}]
        ),
        "a registry that ends before it begins": chain(registries=[{"address": REGISTRY, "from": 9, "until": 9}]),
        "an address of 19 bytes": chain(registries=[{"address": REGISTRY[2:], "from": 1}]),
        "an address with 0x": chain(registries=[{"address": "0x" + REGISTRY, "from": 1}]),
        "the agency of another origin": log(agency="6110001"),
        "a note key under another name": key(key=vkey("other.name", LOG.public)),
        "a note key for receipts": log(receiptKeys=[{"from": SINCE, "key": vkey(ORIGIN, OTHER.public)}]),
        "a witness key for a note key": key(key=vkey(ORIGIN, LOG.public, 4)),
        "a note key for a witness": log(witnesses=[vkey("w.example", WITNESS.public)]),
        "a log that witnesses itself": log(witnesses=[vkey("w.example", LOG.public, 4)]),
        "one witness under two names": log(witnesses=[witness, vkey("w2.example", WITNESS.public, 4)]),
        "a note key that signs receipts too": log(
            receiptKeys=[{"from": SINCE, "key": vkey(f"{ORIGIN}/receipt", LOG.public)}]
        ),
        "quorum above the witnesses": log(quorum=2),
        "an anchor key of 20 bytes": log(anchorKeys=[{"from": SINCE, "key": "7e" * 20}]),
        "an anchor key that is no address": log(anchorKeys=[{"from": SINCE, "key": "7e" * 32}]),
        "a key that ends before it begins": key(until="2026-10-01T00:00:00Z"),
        "a key of small order": key(key=vkey(ORIGIN, (1).to_bytes(32, "little"))),
        "a pin of size 0": top(pins=[{**pin, "size": 0}]),
        "a pin without until": top(pins=[{k: v for k, v in pin.items() if k != "until"}]),
        "an instant with an offset": top(issuedAt="2026-11-23T00:00:00+00:00"),
    }
    text = _changed(top())
    return [
        *(good(name, _changed(change)) for name, change in fine.items()),
        *(bad(name, _changed(change)) for name, change in broken.items()),
        bad("another version", _changed(top(sillok="trust/v2")), "unknown-version"),
        bad("two lines", text + text),
        bad("no newline at the end", text[:-1]),
        bad("white space", text.replace(",", ", ", 1)),
        bad("empty", ""),
    ]

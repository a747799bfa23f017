"""JSON form of what chain and service answered: it travels inside a report.

Digests and addresses are lower-case hex without `0x`, instants are text, what is not there is left out. Reading is
strict: an answer that is not understood whole is refused, for half an answer could hide a revocation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from ledger.errors import FormatError
from ledger.hashing.canonical import Json
from ledger.hashing.encodings import b64u_decode, b64u_encode, hex_decode
from ledger.values import (
    MAX_INTEGER,
    Address,
    Digest32,
    Instant,
    KeyId,
    Reason,
    Role,
    Root,
    Status,
    TreeSize,
    format_instant,
    parse_instant,
)
from ledger.verification.answers import (
    ActFact,
    AnchorFact,
    Answers,
    ChainFacts,
    KeyFact,
    Link,
    PendingAct,
    StatusFacts,
)

T = TypeVar("T")


def answers_to_json(answers: Answers) -> dict[str, Json]:
    """Both answers; one that was not given is left out."""
    out: dict[str, Json] = {}
    if answers.chain is not None:
        out["chain"] = _chain_to_json(answers.chain)
    if answers.status is not None:
        out["status"] = _status_to_json(answers.status)
    return out


def answers_from_json(value: object) -> Answers:
    """Read what `answers_to_json` wrote at a service; whatever it says is that service's word.

    Raises:
        FormatError: a member is missing or of another form; names it.
    """
    members = _Members(value, "answers")
    chain, status = members.optional("chain"), members.optional("status")
    return Answers(
        chain=None if chain is None else _chain_from_json(chain),
        status=None if status is None else _status_from_json(status),
    )


def _present(members: Mapping[str, Json | None]) -> dict[str, Json]:
    return {name: value for name, value in members.items() if value is not None}


def _when(moment: Instant | None) -> str | None:
    return None if moment is None else format_instant(moment)


def _chain_to_json(facts: ChainFacts) -> dict[str, Json]:
    return _present(
        {
            "chainId": facts.chain_id,
            "genesis": facts.genesis.hex(),
            "development": facts.development,
            "block": facts.block,
            "at": format_instant(facts.at),
            "anchors": [
                {
                    "block": anchor.block,
                    "time": format_instant(anchor.time),
                    "transaction": anchor.transaction.hex(),
                    "registry": anchor.registry.hex(),
                    "size": anchor.size,
                    "root": anchor.root.hex(),
                    "previousSize": anchor.previous_size,
                    "keyId": anchor.key_id.hex(),
                }
                for anchor in facts.anchors
            ],
            "keys": [
                _present(
                    {
                        "keyId": key.key_id.hex(),
                        "role": key.role.name,
                        "notBefore": format_instant(key.not_before),
                        "notAfter": _when(key.not_after),
                        "compromisedSince": _when(key.compromised_since),
                    }
                )
                for key in facts.keys
            ],
            "due": _when(facts.due),
            "link": None
            if facts.link is None
            else {"size": facts.link.size, "path": [b64u_encode(node) for node in facts.link.path]},
        }
    )


def _status_to_json(facts: StatusFacts) -> dict[str, Json]:
    return {
        "block": facts.block,
        "at": format_instant(facts.at),
        "erased": facts.erased,
        "acts": [
            _present(
                {
                    "time": format_instant(act.time),
                    "batch": act.batch,
                    "after": act.after.name.lower(),
                    "retroactive": act.retroactive,
                    "reason": act.reason.word,
                    "compromisedSince": _when(act.compromised_since),
                }
            )
            for act in facts.acts
        ],
        "pending": [
            {
                "batch": act.batch,
                "after": act.after.name.lower(),
                "retroactive": act.retroactive,
                "acceptedAt": format_instant(act.accepted_at),
            }
            for act in facts.pending
        ],
    }


class _Members:
    """Members of one JSON object, read one by one with errors that name them."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, Mapping):
            raise FormatError("An object is needed.", where=where)
        self._value, self._where = value, where

    def place(self, name: str) -> str:
        return f"{self._where}.{name}"

    def optional(self, name: str) -> object | None:
        found: object | None = self._value.get(name)
        return found

    def _need(self, name: str, kind: type[T]) -> T:
        value = self._value.get(name)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise FormatError(f"A member of type {kind.__name__} is needed.", where=self.place(name))
        return value

    def integer(self, name: str) -> int:
        value = self._need(name, int)
        if not 0 <= value <= MAX_INTEGER:
            raise FormatError("An integer from 0 to 2^53 - 1 is needed.", where=self.place(name))
        return value

    def flag(self, name: str) -> bool:
        return self._need(name, bool)

    def hex(self, name: str, length: int = 32) -> bytes:
        return hex_decode(self._need(name, str), length=length, where=self.place(name))

    def instant(self, name: str) -> Instant:
        return parse_instant(self._need(name, str))

    def instant_or_none(self, name: str) -> Instant | None:
        return None if self.optional(name) is None else self.instant(name)

    def word(self, name: str, words: Mapping[str, T]) -> T:
        text = self._need(name, str)
        if text not in words:
            raise FormatError(f"{text[:40]!r} is not known here.", where=self.place(name))
        return words[text]

    def digests(self, name: str) -> tuple[Digest32, ...]:
        value = self._value.get(name)
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            raise FormatError("A list of hashes is needed.", where=self.place(name))
        return tuple(Digest32(b64u_decode(text, length=32, where=self.place(name))) for text in value)

    def rows(self, name: str, read: Callable[[_Members], T]) -> tuple[T, ...]:
        value = self._value.get(name)
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise FormatError("A list is needed.", where=self.place(name))
        return tuple(read(_Members(row, f"{self.place(name)}[{n}]")) for n, row in enumerate(value))


_STATUSES = {status.name.lower(): status for status in Status}
_REASONS = {reason.word: reason for reason in Reason}
_ROLES = {role.name: role for role in Role}


def _chain_from_json(value: object) -> ChainFacts:
    members = _Members(value, "answers.chain")
    return ChainFacts(
        by_service=True,
        chain_id=members.integer("chainId"),
        genesis=Digest32(members.hex("genesis")),
        development=members.flag("development"),
        block=members.integer("block"),
        at=members.instant("at"),
        anchors=members.rows("anchors", _anchor_from_json),
        keys=members.rows("keys", _key_from_json),
        due=members.instant_or_none("due"),
        link=None if (link := members.optional("link")) is None else _link_from_json(link),
    )


def _link_from_json(value: object) -> Link:
    link = _Members(value, "answers.chain.link")
    return Link(size=TreeSize(link.integer("size")), path=link.digests("path"))


def _anchor_from_json(row: _Members) -> AnchorFact:
    return AnchorFact(
        block=row.integer("block"),
        time=row.instant("time"),
        transaction=Digest32(row.hex("transaction")),
        registry=Address(row.hex("registry", 20)),
        size=TreeSize(row.integer("size")),
        root=Root(row.hex("root")),
        previous_size=TreeSize(row.integer("previousSize")),
        key_id=KeyId(row.hex("keyId")),
    )


def _key_from_json(row: _Members) -> KeyFact:
    return KeyFact(
        key_id=KeyId(row.hex("keyId")),
        role=row.word("role", _ROLES),
        not_before=row.instant("notBefore"),
        not_after=row.instant_or_none("notAfter"),
        compromised_since=row.instant_or_none("compromisedSince"),
    )


def _status_from_json(value: object) -> StatusFacts:
    members = _Members(value, "answers.status")
    return StatusFacts(
        block=members.integer("block"),
        at=members.instant("at"),
        erased=members.flag("erased"),
        acts=members.rows("acts", _act_from_json),
        pending=members.rows("pending", _pending_from_json),
    )


def _act_from_json(row: _Members) -> ActFact:
    return ActFact(
        time=row.instant("time"),
        batch=row.flag("batch"),
        after=row.word("after", _STATUSES),
        retroactive=row.flag("retroactive"),
        reason=row.word("reason", _REASONS),
        compromised_since=row.instant_or_none("compromisedSince"),
    )


def _pending_from_json(row: _Members) -> PendingAct:
    return PendingAct(
        batch=row.flag("batch"),
        after=row.word("after", _STATUSES),
        retroactive=row.flag("retroactive"),
        accepted_at=row.instant("acceptedAt"),
    )

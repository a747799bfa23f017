"""Check 10: whether the checkpoint was anchored, where and when.

Three can vouch for it: the chain itself, a service that passes the chain's answer on (`ChainFacts`), or, on a chain
that one operator runs alone and with nobody asked, the office by its word (reference, status note, anchor note).
The anchored root is compared in check 11, the era in 12, the keys in 13.
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger.plain import dataclass
from ledger.records.anchor_note import ANCHOR_NOTE, AnchorNote
from ledger.records.evidence import Part, part_format
from ledger.records.parts import REFERENCE, Reference, parse_reference
from ledger.records.trust import TrustedChain, TrustedRegistry
from ledger.values import Address, Instant, KeyId, LogIndex, Root, TreeSize, Verdict, format_instant
from ledger.verification.answers import AnchorFact, ChainFacts, Link
from ledger.verification.examination import Passed, RefusedError, UnansweredError
from ledger.verification.form import Proof
from ledger.verification.notes import StatusNotes, read_anchor_note
from ledger.verification.report import Source
from ledger.verification.signatures import Issuer


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchored:
    """An anchor of the evidence's checkpoint, as far as it is known.

    Attributes:
        chain: the chain as the trust file has it.
        registry: the contract as the trust file has it.
        block: the block of the anchor.
        time: its time; None where only the office's reference is at hand, which does not say it.
        size: the anchored size: that of the checkpoint, or of a larger tree that `link` leads to.
        root: the anchored root; None where it is not known.
        key_id: the ANCHOR key; None where it is not known.
        record_time: time of the first anchor that covers the record and is not void; None where `time` is.
        record_block: the block of that anchor, or `block`.
        or_earlier: an earlier anchor may cover the record, too.
        source: whose word it is.
        link: the consistency proof from the checkpoint to `size`, where they differ.
    """

    chain: TrustedChain
    registry: TrustedRegistry
    block: int
    time: Instant | None
    size: TreeSize
    root: Root | None
    key_id: KeyId | None
    record_time: Instant | None
    record_block: int
    or_earlier: bool
    source: Source
    link: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorQuestion:
    """Everything that check 10 looks at."""

    parts: tuple[Part, ...]
    proof: Proof
    issuer: Issuer
    notes: StatusNotes
    facts: ChainFacts | None
    as_of: Instant | None


def check_anchor(question: AnchorQuestion) -> Passed[Anchored]:
    """10: the checkpoint was accepted by a registry of the trust file on a chain of the log."""
    references = [parse_reference(part) for part in question.parts if part_format(part) == REFERENCE]
    signed = [part for part in question.parts if part_format(part) == ANCHOR_NOTE]
    if len(signed) > 1:
        raise RefusedError("There is more than one anchor note.", expected="1", actual=str(len(signed)))
    word = _anchor_note(question, signed[0], references) if signed else None
    if question.facts is not None:
        anchored = _by_chain(question, question.facts, references, word)
    else:
        anchored = _by_office(question, references, word)
    known = anchored.record_time
    if question.as_of is not None and known is not None and question.as_of < known:
        raise RefusedError(
            "The record was anchored only later than the instant asked about.",
            demands=Verdict.NOT_ANCHORED_YET,
            expected=format_instant(question.as_of),
            actual=format_instant(known),
            source=anchored.source,
        )
    return Passed(value=anchored, text=_words(anchored), source=anchored.source, actual=_place(anchored))


def _words(anchored: Anchored) -> str:
    when = ""
    if anchored.record_time is not None:
        when = f" at {format_instant(anchored.record_time)}" + (" or earlier" if anchored.or_earlier else "")
    alone = ", which one operator runs alone" if anchored.chain.one_operator else ""
    whose = " by the office's word" if anchored.source is Source.OFFICE else ""
    return f"Anchored{whose}{when} on chain {anchored.chain.chain_id}{alone}."


def _place(anchored: Anchored) -> str:
    return f"size {anchored.size} in block {anchored.block}"


def _by_chain(
    question: AnchorQuestion, facts: ChainFacts, references: Sequence[Reference], word: AnchorNote | None
) -> Anchored:
    source = Source.SERVICE if facts.by_service else Source.CHAIN
    chain = _known_chain(question.issuer, facts.genesis, facts.chain_id, source)
    size, index = question.proof.checkpoint.size, question.proof.proof.index
    link = facts.link if facts.link is not None and facts.link.size > size else None
    wanted = size if link is None else link.size
    anchor = next((anchor for anchor in facts.anchors if anchor.size == wanted), None)
    if anchor is None and any(anchor.size > index for anchor in facts.anchors):
        raise UnansweredError(
            "The record is anchored in a tree of another size than this evidence proves: ask for newer evidence.",
            demands=Verdict.CANNOT_CHECK,
            source=source,
        )
    if anchor is None:
        raise RefusedError("The checkpoint is not anchored.", demands=Verdict.NOT_ANCHORED_YET, source=source)
    registry = _known_registry(chain, anchor.registry, anchor.block, source)
    if link is None:
        _compare(anchor, facts, references, word, source)
    first = _first(facts.anchors, index, void=_void_keys(question.issuer, facts)) or anchor
    return Anchored(
        chain=chain,
        registry=registry,
        block=anchor.block,
        time=anchor.time,
        size=anchor.size,
        root=anchor.root,
        key_id=anchor.key_id,
        record_time=first.time,
        record_block=first.block,
        or_earlier=first.previous_size > index,
        source=source,
        link=link,
    )


def _first(anchors: Sequence[AnchorFact], index: LogIndex, *, void: dict[KeyId, Instant]) -> AnchorFact | None:
    """The first anchor that covers the record and is not void (contracts README, "Time of a record")."""
    covering = [anchor for anchor in anchors if anchor.size > index]
    good = [anchor for anchor in covering if anchor.key_id not in void or anchor.time < void[anchor.key_id]]
    return min(good, key=lambda anchor: anchor.size, default=None)


def _void_keys(issuer: Issuer, facts: ChainFacts) -> dict[KeyId, Instant]:
    """ANCHOR keys that are declared compromised, by trust file or chain, and since when: the earlier counts."""
    since: dict[KeyId, Instant] = {}
    declared = [(key.key, key.compromised_since) for key in issuer.log.anchor_keys]
    declared += [(key.key_id, key.compromised_since) for key in facts.keys]
    for key_id, moment in declared:
        if moment is not None:
            since[key_id] = min(moment, since.get(key_id, moment))
    return since


def _compare(
    anchor: AnchorFact, facts: ChainFacts, references: Sequence[Reference], word: AnchorNote | None, source: Source
) -> None:
    """A reference, and the office's word, must say what the chain says."""
    found = (anchor.block, anchor.registry.hex(), anchor.transaction.hex())
    for reference in references:
        said = (reference.block, reference.registry.hex(), reference.transaction.hex())
        if reference.genesis == facts.genesis and (said != found or reference.chain_id != facts.chain_id):
            raise RefusedError(
                "The reference names another place than the chain does.",
                expected=" ".join(map(str, said)),
                actual=" ".join(map(str, found)),
                source=source,
            )
    if word is not None and word.genesis == facts.genesis:
        told = (word.size, word.root, word.previous_size, word.key_id, word.block_number, word.block_time)
        held = (anchor.size, anchor.root, anchor.previous_size, anchor.key_id, anchor.block, anchor.time)
        if told != held:
            raise RefusedError("The office's anchor note says something else than the chain.", source=source)


def _anchor_note(question: AnchorQuestion, part: Part, references: Sequence[Reference]) -> AnchorNote:
    """The office's signed word on the anchor; it must agree with checkpoint and references beside it."""
    newest, facts = question.notes.newest, question.facts
    if newest is None and facts is None:
        raise UnansweredError(
            "Without a status note the anchor note's key cannot be judged.", demands=Verdict.CANNOT_CHECK
        )
    moment = newest.block_time if newest is not None else facts.at if facts is not None else Instant(0)
    word = read_anchor_note(part, question.issuer, moment)
    checkpoint = question.proof.checkpoint
    if (word.origin, word.size, word.root) != (checkpoint.origin, checkpoint.size, checkpoint.root):
        raise RefusedError(
            "The anchor note is about another checkpoint.",
            expected=f"{checkpoint.origin} {checkpoint.size} {checkpoint.root.hex()}",
            actual=f"{word.origin} {word.size} {word.root.hex()}",
        )
    said = (word.chain_id, word.registry, word.transaction, word.block_number)
    beside = [
        (reference.chain_id, reference.registry, reference.transaction, reference.block)
        for reference in references
        if reference.genesis == word.genesis
    ]
    if references and (not beside or any(place != said for place in beside)):
        raise RefusedError("The reference and the office's anchor note name different places.")
    return word


def _by_office(question: AnchorQuestion, references: Sequence[Reference], word: AnchorNote | None) -> Anchored:
    if not question.parts:
        raise UnansweredError("The evidence names no anchor.", demands=Verdict.NOT_ANCHORED_YET)
    strange = [name for name in map(part_format, question.parts) if name not in (REFERENCE, ANCHOR_NOTE)]
    if strange or not references:
        # A reference must agree with any proof beside it, and whether it does cannot be told.
        known = ", ".join(strange)[:80] or "no reference"
        raise UnansweredError(f"What vouches for the anchor cannot be run: {known}.", demands=Verdict.CANNOT_CHECK)
    places = [_place_of(question.issuer, reference) for reference in references]
    reference, (chain, registry) = references[0], places[0]
    if not all(chain.one_operator for chain, _ in places):
        raise UnansweredError(
            "A reference alone proves nothing on a chain of several operators: ask the chain, or bring its proof.",
            demands=Verdict.CANNOT_CHECK,
            source=Source.TRUST_FILE,
        )
    if question.notes.on_chain(reference.genesis) is None or (word and word.genesis != reference.genesis):
        raise UnansweredError(
            "The office's word on the anchor needs a status note about the same chain beside it.",
            demands=Verdict.CANNOT_CHECK,
            source=Source.OFFICE,
        )
    return Anchored(
        chain=chain,
        registry=registry,
        block=reference.block,
        time=None if word is None else word.block_time,
        size=question.proof.checkpoint.size,
        root=None,
        key_id=None if word is None else word.key_id,
        record_time=None if word is None else word.block_time,
        record_block=reference.block,
        or_earlier=word is None or word.previous_size > question.proof.proof.index,
        source=Source.OFFICE,
    )


def _place_of(issuer: Issuer, reference: Reference) -> tuple[TrustedChain, TrustedRegistry]:
    chain = _known_chain(issuer, reference.genesis, reference.chain_id, Source.TRUST_FILE)
    return chain, _known_registry(chain, reference.registry, reference.block, Source.TRUST_FILE)


def _known_chain(issuer: Issuer, genesis: bytes, chain_id: int, source: Source) -> TrustedChain:
    chain = issuer.trust.chain(genesis)
    if chain is None or genesis not in issuer.log.chains or chain.chain_id != chain_id:
        raise UnansweredError(
            f"The trust file does not know chain {chain_id} with genesis {genesis.hex()[:16]}… for this log.",
            demands=Verdict.CANNOT_CHECK,
            source=source,
        )
    return chain


def _known_registry(chain: TrustedChain, address: Address, block: int, source: Source) -> TrustedRegistry:
    for registry in chain.registries:
        if registry.address == address and registry.counts_at(block):
            return registry
    raise UnansweredError(
        f"The trust file does not know registry {address.hex()} at block {block}.",
        demands=Verdict.CANNOT_CHECK,
        source=source,
    )

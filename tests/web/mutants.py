"""Breaks the browser's verifier on purpose, one line at a time, and asks Python's verifier to notice.

    python tests/web/mutants.py            every mutant (about two minutes)
    python tests/web/mutants.py 3 17       these only

A mutant is one replacement in one module of `api/pages/static/verify`. It is noticed where its report differs from
Python's on any question of the differential test; what no question notices is a check that can't fire, or a question
that is missing.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from support.both_verifiers import Question, by_browser, by_python, disagreements, trust_note  # noqa: E402
from support.browser_verifier import VERIFIER, BrowserVerifier  # noqa: E402
from support.mutations import bytes_spoiled, evidence_spoiled  # noqa: E402
from support.pointed import pointed_questions  # noqa: E402
from support.worlds import World  # noqa: E402

WORLDS = 1200
RARITIES = (0.02, 0.05, 0.1, 0.2)


@dataclass(frozen=True)
class Mutant:
    file: str
    before: str
    after: str


MUTANTS = [
    # 1 to 6: form, facts, commitment, tree
    Mutant(
        "evidence.js",
        "export function parseEvidence(data) {",
        "export function parseEvidence(data) {\n  data = data.slice(0, data.lastIndexOf(125) + 1);",
    ),
    Mutant("form.js", "if (fact.problem !== null) throw fact.problem;", "if (fact.problem !== null) continue;"),
    Mutant("form.js", "if (leafHashes.length !== record.facts) {", "if (false) {"),
    Mutant("form.js", "one.path >= following.path", "false"),
    Mutant("form.js", "one.path >= following.path", "one.path > following.path"),
    Mutant("form.js", "if (head !== record.commitment) {", "if (false) {"),
    Mutant("form.js", "if (checkpoint.size === 0)", "if (false)"),
    Mutant("form.js", "if (!(problem instanceof UnknownVersionError)) throw problem;", "throw problem;"),
    Mutant("form.js", "  verifyInclusion({ leafHash: leafHash(leaf), index, size, path, root });\n", ""),
    Mutant("form.js", "other >= index", "other > index"),
    Mutant("form.js", '["erases", "supersedes"]', '["supersedes"]'),
    Mutant("form.js", '["erases", "supersedes"]', '["erases"]'),
    Mutant(
        "merkle.js", 'if (found !== root) throw refuse("inclusion.root"', 'if (false) throw refuse("inclusion.root"'
    ),
    Mutant("merkle.js", "if (path.length !== needed) {", "if (false) {"),
    # 7 to 9: issuer, signatures, witnesses
    Mutant("signatures.js", "if (trust === null) {", "if (false) {"),
    Mutant("signatures.js", "if (log === undefined) {", "if (false) {"),
    Mutant("signatures.js", "if (record.agency !== agency || agency !== log.agency) {", "if (false) {"),
    Mutant("signatures.js", "if (mine.length === 0 && !log", "if (false && !log"),
    Mutant("signatures.js", "if (signedBy.length !== 1 || vkey === null) {", "if (vkey === null) {"),
    Mutant("signatures.js", "  await verifySignature(note, vkey);\n", ""),
    Mutant("signatures.js", "      await verifyCosignature(note, witness);\n", ""),
    Mutant("signatures.js", "if (count < quorum) {", "if (false) {"),
    Mutant("ed25519.js", " || !(await verifyRaw(publicKey, signature, message))", ""),
    # 10: anchor
    Mutant("anchor.js", "if (signed.length > 1) {", "if (false) {"),
    Mutant("anchor.js", "if (asOf !== null && known !== null && asOf < known) {", "if (false) {"),
    Mutant("anchor.js", "one.size === wanted", "one.size >= wanted"),
    Mutant("anchor.js", "if (anchor === undefined && facts", "if (false && facts"),
    Mutant("anchor.js", "  if (link === null) compare(anchor, facts, references, word, source);\n", ""),
    Mutant(
        "anchor.js", "return size > index && (declared === undefined || time < declared);", "return size > index;"
    ),
    Mutant("anchor.js", "since.set(key, Math.min(moment, since.get(key) ?? moment))", "since.set(key, moment)"),
    Mutant("anchor.js", "if (said !== found || reference.chainId !== facts.chainId) {", "if (false) {"),
    Mutant("anchor.js", "if (!same) throw", "if (false) throw"),
    Mutant("anchor.js", "  if (told !== wanted) throw", "  if (false) throw"),
    Mutant("anchor.js", "if (references.length > 0 && (beside.length === 0 || !agrees)) {", "if (false) {"),
    Mutant(
        "anchor.js",
        'if (parts.length === 0) throw new UnansweredError(sentence("10.no-anchor"), "not-anchored-yet");',
        "",
    ),
    Mutant("anchor.js", "if (strange.length > 0 || references.length === 0) {", "if (references.length === 0) {"),
    Mutant("anchor.js", "if (!places.every((place) => place.chain.oneOperator)) {", "if (false) {"),
    Mutant("anchor.js", "if (noteOnChain(notes, reference.genesis) === null || ", "if ("),
    Mutant("anchor.js", "chain === undefined || !issuer.log.chains.includes(genesis) || ", "chain === undefined || "),
    Mutant("anchor.js", "one.from <= block && (one.until === null || block < one.until)", "true"),
    # 11 and 12: fork, era
    Mutant("era.js", "if (anchored !== checkpoint.root) {", "if (false) {"),
    Mutant("era.js", 'sameRoot(pin.root, checkpoint, "trust-file");', ""),
    Mutant("era.js", "      sameRoot(anchored.root, checkpoint, source);\n", ""),
    Mutant("era.js", "      leadsTo(checkpoint, anchored.size, path, anchored.root);\n", ""),
    Mutant("era.js", "if (registry.until === null) {", "if (true) {"),
    Mutant("era.js", "if (pin === undefined) {", "if (false) {"),
    Mutant("era.js", "if (path === undefined && pin.size !== checkpoint.size) {", "if (false) {"),
    Mutant("era.js", "  leadsTo(checkpoint, pin.size, path ?? [], pin.root);\n", ""),
    # 13: keys
    Mutant("keys.js", "end <= latest", "end < latest"),
    Mutant("keys.js", "const ends = [noteKey.until, ", "const ends = ["),
    Mutant("keys.js", "noteKey.compromisedSince, onChain?.notAfter", "onChain?.notAfter"),
    Mutant("keys.js", "onChain?.notAfter, onChain?.compromisedSince];", "onChain?.notAfter];"),
    Mutant("keys.js", "  checkAnchorKey(anchored.keyId, latest, issuer, facts);\n", ""),
    Mutant("keys.js", "if (trusted === undefined) {", "if (false) {"),
    Mutant("keys.js", "moment <= time", "moment < time"),
    Mutant("keys.js", "if (fact === undefined) {", "if (false) {"),
    # the office's notes
    Mutant("notes.js", "if (note.origin !== origin || note.index !== proof.proof.index) {", "if (false) {"),
    Mutant("notes.js", "if ((note.batchStatus === null) !== (record.batch === null)) {", "if (false) {"),
    Mutant("notes.js", '  checkWindow(key, note.blockTime, "status note");\n', ""),
    Mutant("notes.js", '  checkWindow(key, moment, "anchor note");\n', ""),
    Mutant("notes.js", "if (chain === undefined || !issuer", "if (!issuer"),
    Mutant("notes.js", "if (chain.chainId !== note.chainId) {", "if (false) {"),
    Mutant("notes.js", "if (note.signatures.length !== 1) {", "if (false) {"),
    Mutant("notes.js", "  await verifySignature(note, key.vkey);\n", ""),
    Mutant("notes.js", "verified.sort(", "verified.concat().sort("),
    # 14 to 16: status
    Mutant("status.js", "if (notes.fault !== null) throw notes.fault;", ""),
    Mutant("status.js", "  if (early || note.blockNumber < recordBlock) {", "  if (false) {"),
    Mutant("status.js", "note.blockTime < recordTime", "note.blockTime <= recordTime"),
    Mutant("status.js", "note !== null && asked === note.blockTime &&", "note !== null &&"),
    Mutant("status.js", "facts !== null && asked <= facts.at ?", "facts !== null ?"),
    Mutant("status.js", "batchStatus === null ? status : worse(status, batchStatus)", "status"),
    Mutant(
        "status.js",
        "if (validUntil !== null && asked >= validUntil) {",
        "if (validUntil !== null && asked > validUntil) {",
    ),
    Mutant("status.js", "if (validFrom !== null && asked < validFrom) {", "if (false) {"),
    Mutant("standing.js", "SEVERITY[batch.status] > SEVERITY[record.status] ? batch : record", "record"),
    Mutant("standing.js", "one.batch === batch && !isVoid(one)", "one.batch === batch"),
    Mutant("standing.js", 'if (act.after === "revoked" && act.retroactive) {', "if (false) {"),
    Mutant("standing.js", "if (act.time <= moment)", "if (act.time < moment)"),
    Mutant("standing.js", "if (graver && (", "if (("),
    Mutant("standing.js", "act.time >= act.compromisedSince", "act.time > act.compromisedSince"),
    # 17 to 19, and the verdict
    Mutant("document.js", "if (claimed !== given) throw", "if (false) throw"),
    Mutant("document.js", "if (claimed !== number) throw", "if (false) throw"),
    Mutant("document.js", "if (erased && facts.withheld > 0) throw", "if (false) throw"),
    Mutant("document.js", "  if (strange.length > 0) {", "  if (false) {"),
    Mutant("examination.js", "if (RESTS_ON[number].some((other) => !this.passed(other))) return null;", ""),
    Mutant("report.js", '  "unknown-issuer",\n  "revoked",\n', '  "revoked",\n  "unknown-issuer",\n'),
    Mutant("report.js", '  "cannot-check",\n  "not-anchored-yet",\n', '  "not-anchored-yet",\n  "cannot-check",\n'),
    Mutant("report.js", '  "suspended",\n  "expired",\n', '  "expired",\n  "suspended",\n'),
    Mutant("report.js", "if (demanded !== undefined) return demanded;", ""),
    Mutant("verifier.js", "![2, 6, 7, 8].every(", "![2, 6, 7].every("),
    Mutant("verifier.js", "exam.passed(4) ? found.facts : null", "found.facts"),
]

CONTROL = Mutant("form.js", "export function checkFacts(", "export function checkFacts(")
"""Changes nothing: it must survive, or the verifiers disagree by themselves and nothing is proved."""


def _asked() -> Iterator[Question]:
    random = Random(7)
    yield from pointed_questions()
    for seed in range(WORLDS):
        question = World(seed, RARITIES[seed % len(RARITIES)]).question()
        if question.trust is not None and trust_note(question.trust) is None:
            continue
        yield question
        if seed % 8 == 0:
            for spoil in (evidence_spoiled, bytes_spoiled):
                yield replace(question, data=spoil(question.data, random))
        if seed % 40 == 0:
            yield replace(question, data=question.data + b"\n")


Asked = list[tuple[Question, dict[str, Any]]]
"""Questions with Python's answers, which are the same for all mutants."""


@cache
def questions() -> Asked:
    """Every question."""
    return answered(_asked())


def answered(asked: Iterable[Question]) -> Asked:
    """Each question with Python's answer."""
    return [(question, by_python(question)) for question in asked]


def killed(mutant: Mutant, asked: Asked | None = None) -> bool:
    """Whether any question is answered differently, or not at all; asks all of them unless told which."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "verify"
        shutil.copytree(VERIFIER, folder)
        (folder / "package.json").write_text('{"type": "module"}')
        path = folder / mutant.file
        path.write_text(path.read_text().replace(mutant.before, mutant.after))
        try:
            with BrowserVerifier(folder) as browser:
                return any(disagreements(python, by_browser(browser, one)) for one, python in asked or questions())
        except (AssertionError, OSError, KeyError):
            return True  # it fell over


def main(arguments: list[str]) -> int:
    """Run the mutants with these numbers, or all; returns 1 where one survived."""
    chosen = [int(argument) for argument in arguments] or range(len(MUTANTS))
    if killed(CONTROL):
        raise SystemExit("The verifiers disagree without a mutant.")
    survivors = 0
    for number in chosen:
        mutant = MUTANTS[number]
        dead = killed(mutant)
        survivors += not dead
        print(
            f"{number:3} {'killed  ' if dead else 'SURVIVED'} {mutant.file}: {mutant.before.strip()[:70]!r}",
            flush=True,
        )
    total = len(list(chosen))
    print(f"{total - survivors} of {total} mutants were noticed by {len(questions())} questions.")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Breaks `ledger/verification` on purpose, one line at a time, and asks the tests to notice.

    python tests/unit/verification/mutants.py            every mutant (minutes)
    python tests/unit/verification/mutants.py 3 17       these only

A mutant is one replacement in one file. It runs in a copy of the package that comes first on the path; a mutant that
no test notices is a check that can't fire, or a test that is missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = Path("ledger/verification")
# The fast tests: bit flips and the worked example would notice some of these too, but take longer or need ../shared.
TESTS = ["test_checks.py", "test_answers.py", "test_verdict.py"]


@dataclass(frozen=True)
class Mutant:
    file: str
    before: str
    after: str


MUTANTS = [
    # form and tree: 1 to 6
    Mutant("form.py", "if len(facts) != record.facts:", "if False:"),
    Mutant("form.py", "raise fact.problem", "continue"),
    Mutant("form.py", "if one.path >= following.path:", "if one.path > following.path:"),
    Mutant("form.py", "if one.path >= following.path:", "if one.path == following.path:"),
    Mutant("form.py", "if head != record.commitment:", "if False:"),
    Mutant("form.py", "if checkpoint.size == 0:", "if False:"),
    Mutant("form.py", "    except UnknownVersionError as error:\n", "    except ZeroDivisionError as error:\n"),
    Mutant("tree.py", "    verify_inclusion(\n", "    dict(\n"),
    Mutant("tree.py", "other >= parsed.index", "other > parsed.index"),
    Mutant("tree.py", '("erases", record.erases), ', ""),
    Mutant("tree.py", ', ("supersedes", record.supersedes)', ""),
    # issuer, signatures, witnesses: 7 to 9
    Mutant("signatures.py", "if not record.agency == agency == log.agency:", "if False:"),
    Mutant("signatures.py", "if not mine and not any(", "if False and not any("),
    Mutant("signatures.py", "if len(signed_by) != 1 or", "if len(signed_by) < 1 or"),
    Mutant("signatures.py", "    verify_signature(note, vkey)\n", ""),
    Mutant("signatures.py", "                verify_cosignature(note, witness)\n", "                pass\n"),
    Mutant("signatures.py", "    if len(seen) < quorum:", "    if False:"),
    Mutant("signatures.py", "            demands=Verdict.CANNOT_CHECK,\n", ""),
    # anchor: 10
    Mutant("anchor.py", "    if len(signed) > 1:", "    if False:"),
    Mutant("anchor.py", "question.as_of < known", "False"),
    Mutant("anchor.py", "anchor.size == wanted", "anchor.size >= wanted"),
    Mutant("anchor.py", "demands=Verdict.NOT_ANCHORED_YET, source=source)", "source=source)"),
    Mutant("anchor.py", "        _compare(anchor, facts, references, word, source)\n", "        pass\n"),
    Mutant("anchor.py", "found = (anchor.block, ", "found = (reference.block, "),
    Mutant("anchor.py", "        if told != held:", "        if False:"),
    Mutant("anchor.py", "anchor.time < void[anchor.key_id]", "True"),
    Mutant("anchor.py", "or_earlier=first.previous_size > index,", "or_earlier=False,"),
    Mutant("anchor.py", "    if strange or not references:", "    if not references:"),
    Mutant("anchor.py", "if not all(chain.one_operator for chain, _ in places):", "if False:"),
    Mutant("anchor.py", "if question.notes.on_chain(reference.genesis) is None or", "if False or"),
    Mutant("anchor.py", "any(place != said for place in beside)", "False"),
    Mutant("anchor.py", "chain is None or genesis not in issuer.log.chains or", "chain is None or"),
    Mutant("anchor.py", " or chain.chain_id != chain_id:", ":"),
    Mutant("anchor.py", "registry.address == address and registry.counts_at(block)", "registry.address == address"),
    Mutant("anchor.py", "registry.address == address and registry.counts_at(block)", "registry.counts_at(block)"),
    Mutant("anchor.py", "(word.origin, word.size, word.root) !=", "(word.origin, word.size, checkpoint.root) !="),
    # fork and era: 11 and 12
    Mutant("era.py", "    if anchored != checkpoint.root:", "    if False:"),
    Mutant("era.py", "(pin.origin, pin.size) == (checkpoint.origin, checkpoint.size)", "False"),
    Mutant("era.py", "    if registry.until is None:", "    if True:"),
    Mutant("era.py", "    if path is None and pin.size != checkpoint.size:", "    if False:"),
    Mutant("era.py", "(pin.chain, pin.registry, pin.origin) ==", "(pin.chain, registry.address, pin.origin) =="),
    Mutant("era.py", "        else:\n            verify_consistency(\n", "        else:\n            dict(\n"),
    # keys: 13
    Mutant("keys.py", "min(ends, default=latest + 1) <= latest", "min(ends, default=latest + 1) < latest"),
    Mutant("keys.py", "        if anchored.time is None:", "        if False:"),
    Mutant("keys.py", "    if trusted is None:", "    if trusted is None and False:"),
    Mutant("keys.py", "moment is not None and moment <= time", "moment is not None and moment < time"),
    Mutant("keys.py", "[trusted.compromised_since, None if", "[None, None if"),
    Mutant("keys.py", "else fact.compromised_since]", "else None]"),
    Mutant("keys.py", "ends = [key.until, key.compromised_since]", "ends = [key.until]"),
    Mutant("keys.py", "ends += [fact.not_after, fact.compromised_since]", "ends += [fact.compromised_since]"),
    Mutant("keys.py", "ends += [fact.not_after, fact.compromised_since]", "ends += [fact.not_after]"),
    # notes and status: 14 and 15
    Mutant("notes.py", "(note.origin, note.index) !=", "(note.origin, proof.proof.index) !="),
    Mutant("notes.py", "(note.batch_status is None) != (record.batch is None)", "False"),
    Mutant("notes.py", '    _check_window(key, note.block_time, "status note")\n', ""),
    Mutant("notes.py", '    _check_window(key, moment, "anchor note")\n', ""),
    Mutant("notes.py", "note.genesis not in issuer.log.chains", "False"),
    Mutant("notes.py", "    if chain.chain_id != note.chain_id:", "    if False:"),
    Mutant("notes.py", "    if len(note.signatures) != 1 or", "    if"),
    Mutant("notes.py", "    verify_signature(note, keys[0].vkey)\n", ""),
    Mutant("notes.py", "(note.block_number, note.block_time)", "(-note.block_number, note.block_time)"),
    Mutant("status.py", "        raise notes.fault\n", "        pass\n"),
    Mutant("status.py", "if early or note.block_number < anchored.record_block:", "if early:"),
    Mutant("status.py", "if early or note.block_number < anchored.record_block:", "if note.block_number < 0:"),
    Mutant("status.py", "if facts is not None and asked <= facts.at:", "if facts is not None:"),
    Mutant("status.py", "asked == note.block_time and", "True and"),
    Mutant("status.py", "note.block_time >= facts.at", "True"),
    Mutant("status.py", "note.block_time >= facts.at", "False"),
    Mutant("status.py", "worse(note.status, note.batch_status)", "note.status"),
    Mutant("status.py", "return max(moments)", "return min(moments)"),
    Mutant("status.py", "key=lambda row: SEVERITY[row[0].status]", "key=lambda row: -SEVERITY[row[0].status]"),
    # in-force: 16
    Mutant("status.py", "asked >= record.valid_until", "asked > record.valid_until"),
    Mutant("status.py", "asked < record.valid_from", "False"),
    # document and number: 17 and 18
    Mutant("document.py", "    if claimed != given:", "    if False:"),
    Mutant("document.py", "    if claimed != number:", "    if False:"),
    Mutant("document.py", "    if facts.withheld and erased:", "    if False:"),
    Mutant("document.py", "        if erased and facts.withheld:", "        if erased:"),
    Mutant("document.py", "    if strange:", "    if False:"),
    # answers
    Mutant("answers.py", "self.time >= self.compromised_since", "self.time > self.compromised_since"),
    Mutant("answers.py", "final = self.after in (Status.REVOKED, Status.SUPERSEDED)", "final = True"),
    Mutant("answers.py", "act.batch == batch and not act.void", "act.batch == batch"),
    Mutant("answers.py", "if act.after is Status.REVOKED and act.retroactive:", "if act.retroactive:"),
    Mutant("answers.py", "if act.time <= moment:", "if act.time < moment:"),
    Mutant("answers.py", "return max(lanes,", "return min(lanes,"),
    Mutant("answers.py", "(pending.accepted_at <= moment or pending.retroactive)", "(pending.accepted_at <= moment)"),
    Mutant("answers.py", "and graver and", "and"),
    # verdict, examination, verifier
    Mutant(
        "verdict.py",
        "    Verdict.ALTERED,\n    Verdict.UNKNOWN_ISSUER,\n",
        "    Verdict.UNKNOWN_ISSUER,\n    Verdict.ALTERED,\n",
    ),
    Mutant("verdict.py", "if required <= passed", "if True"),
    Mutant("verdict.py", "ALWAYS_REQUIRED | frozenset(asked)", "ALWAYS_REQUIRED"),
    Mutant("examination.py", "if any(not self.passed(other) for other in RESTS_ON[number]):", "if False:"),
    Mutant("examination.py", "row.outcome is Outcome.PASSED", "row.outcome is not Outcome.FAILED"),
    Mutant(
        "verifier.py",
        "if record is None or proof is None or not all(map(exam.passed, (2, 6, 7, 8))):",
        "if record is None or proof is None:",
    ),
    Mutant("verifier.py", "<= anchored.record_time + CLAIM_TOLERANCE_S:", "<= anchored.record_time + 10**9:"),
]


def killed(mutant: Mutant) -> bool:
    """Whether a test fails once the mutant is in place."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copytree(
            ROOT / "ledger", copy / "ledger", ignore=shutil.ignore_patterns("__pycache__", "cli", "chain")
        )
        target = copy / PACKAGE / mutant.file
        source = target.read_text()
        if source.count(mutant.before) < 1:
            raise SystemExit(f"{mutant.file} has no {mutant.before!r}: mend the list of mutants")
        target.write_text(source.replace(mutant.before, mutant.after))
        tests = [str(ROOT / "tests/unit/verification" / name) for name in TESTS]
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-qx",
                "-p",
                "no:cacheprovider",
                "-c",
                str(ROOT / "pyproject.toml"),
                "-o",
                f"pythonpath={copy} {ROOT / 'tests'}",
                *tests,
            ],
            cwd=copy,
            env={**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            check=False,
        )
        return done.returncode == 1


CONTROL = Mutant("form.py", "def check_facts(", "def check_facts(")
"""Changes nothing: it must survive, or the tests fail by themselves and prove nothing."""


def main(arguments: list[str]) -> int:
    """Run the mutants with these numbers, or all; returns 1 where one survived."""
    chosen = [int(argument) for argument in arguments] or range(len(MUTANTS))
    if killed(CONTROL):
        raise SystemExit("The tests fail without a mutant.")
    survivors = 0
    for number in chosen:
        mutant = MUTANTS[number]
        dead = killed(mutant)
        survivors += not dead
        print(
            f"{number:3} {'killed  ' if dead else 'SURVIVED'} {mutant.file}: {mutant.before.strip()[:70]!r}",
            flush=True,
        )
    print(f"{len(list(chosen)) - survivors} of {len(list(chosen))} mutants were noticed.")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

# ruff: noqa: E501
"""Breaks the contracts on purpose, one line at a time, and sees a test fail each time.

    python tests/contracts/mutants.py              all of them (about 20 s each)
    python tests/contracts/mutants.py 3 17         these only

Each mutant is a copy of the tree with one piece of a source replaced, compiled, and tested on anvil until the first
failure. Tests that compare bytes, gas or layout are left out: they would notice any change, right or wrong. Exit code 1
where a mutant lives. Not part of the suite.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ARTIFACTS = "ledger/chain/artifacts"
COPIED = ("contracts", "ledger", "scripts", "tests", "pyproject.toml")
# The test that most likely notices first; the others follow.
FIRST = {
    "AgencyRegistry": "agency_registry",
    "CheckpointRegistry": "checkpoint_registry",
    "StatusRegistry": "status_registry",
    "StatusWords": "status_registry",
    "Governor": "governor",
    "Council": "governor",
    "Rfc9162": "checkpoint_registry",
    "Lanes": "status_registry",
    "Origin": "checkpoint_registry",
}
# The contract that a library or an abstract contract ends up in.
HOLDER = {
    "Rfc9162": "CheckpointRegistry",
    "Origin": "CheckpointRegistry",
    "Lanes": "StatusRegistry",
    "StatusWords": "StatusRegistry",
}
TESTS = (
    "agency_registry", "checkpoint_registry", "status_registry", "stories", "import", "governor", "merkle_vectors",
    "replay", "machine_agencies", "machine_checkpoints", "machine_statuses", "machine_governor",
)  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    source: str
    old: str
    new: str

    @property
    def path(self) -> str:
        folder = "libraries/" if self.source in ("Rfc9162", "Lanes", "Origin") else ""
        return f"contracts/{folder}{self.source}.sol"


MUTANTS = (
    Mutant("AgencyRegistry", 'agency[i] <= "9"', 'agency[i] <= ":"'),
    Mutant("AgencyRegistry", "require(_registered[agency] == 0, AgencyExists(agency));", ""),
    Mutant("AgencyRegistry", "notBefore > _now() ? notBefore : _now()", "notBefore"),
    Mutant("AgencyRegistry", "_now() < key.notAfter) &&", "_now() <= key.notAfter) &&"),
    Mutant("AgencyRegistry", "key.notBefore <= _now() &&", "key.notBefore < _now() &&"),
    Mutant("AgencyRegistry", "since != 0 && since <= time", "since != 0 && since < time"),
    Mutant("AgencyRegistry", "was == 0 || since < was", "was == 0 || since <= was"),
    Mutant("AgencyRegistry", "since != 0 && since < _now()", "since != 0 && since <= _now()"),
    Mutant("AgencyRegistry", "require(key.notAfter == 0 || _now() < key.notAfter, KeyEnded", "require(true, KeyEnded"),
    Mutant("AgencyRegistry", "key.role == role &&", "key.role >= role &&"),
    Mutant("AgencyRegistry", "(notAfter > notBefore && notAfter >= _now())", "(notAfter > notBefore)"),
    Mutant("AgencyRegistry", "function declareCompromisedSince(bytes32 keyId, uint64 since) external restricted",
           "function declareCompromisedSince(bytes32 keyId, uint64 since) external"),
    Mutant("CheckpointRegistry", "require(size > log.size, SizeNotGrown", "require(size >= log.size, SizeNotGrown"),
    Mutant("CheckpointRegistry", "require(size < _SIZE_LIMIT, SizeTooLarge(size));", ""),
    Mutant("CheckpointRegistry", "_requireDigest(logId, log.size, head);\n            Rfc9162", "Rfc9162"),
    Mutant("CheckpointRegistry", "require(proofFrom == log.size, ProofStale(logId, log.size, proofFrom));", ""),
    Mutant("CheckpointRegistry", "Rfc9162.requireConsistency(log.size, size, head.root, root, proof);", ""),
    Mutant("CheckpointRegistry", "AGENCIES.requireKey(keyId, log.agency, Role.Anchor);", ""),
    Mutant("CheckpointRegistry", "require(_isVoid(logId, size, head), AnchorNotVoid", "require(true, AnchorNotVoid"),
    Mutant("CheckpointRegistry", "require(!void, AnchorIsVoid", "require(void || true, AnchorIsVoid"),
    Mutant("CheckpointRegistry", "size <= _logs[holder].start && _predecessors", "size < _logs[holder].start && _predecessors"),
    Mutant("CheckpointRegistry", "return !imported && AGENCIES", "return AGENCIES"),
    Mutant("CheckpointRegistry", "_lineages[logId] = lineageOf(predecessor);", "_lineages[logId] = predecessor;"),
    Mutant("CheckpointRegistry", "_requireHead(ICheckpointRegistry(from.registry), from.logId, LogState.Moved, log.start);", ""),
    Mutant("CheckpointRegistry", "require(log.size == size, PredecessorSize(logId, log.size, size));", ""),
    Mutant("CheckpointRegistry", "for (bytes32 each = logId; each != 0; each = _predecessors[each])",
           "for (bytes32 each = logId; each != 0; each = 0)"),
    Mutant("CheckpointRegistry", "_logs[predecessor].state = LogState.Succeeded;", ""),
    Mutant("CheckpointRegistry", "require(given == due, ImportMismatch(logId, due, given));", ""),
    Mutant("CheckpointRegistry", "require(computed == predecessor, OriginMismatch(predecessor, computed));", ""),
    Mutant("Rfc9162", "fr == oldRoot && sr == root", "sr == root"),
    Mutant("Rfc9162", "fr == oldRoot && sr == root", "fr == oldRoot"),
    Mutant("Rfc9162", "require(sn == 0, ProofLengthWrong(proof.length, proof.length + 1));\n        require(fr", "require(fr"),
    Mutant("Rfc9162", "abi.encodePacked(bytes1(0x01), left, right)", "abi.encodePacked(bytes1(0x01), right, left)"),
    Mutant("Rfc9162", "require(index < size, IndexOutside(index, size));", ""),
    Mutant("Lanes", "(1 << (2 * lanes)) - 1", "(1 << (2 * lanes + 2)) - 1"),
    Mutant("Lanes", "(a ^ (a >> 1)) >= (b ^ (b >> 1))", "a >= b"),
    Mutant("Lanes", "mask != 0 && mask & ~LOW == 0", "mask != 0"),
    Mutant("Origin", 'c == "."', 'c == "_"'),
    Mutant("StatusRegistry", "require(found == needed, StatusNot(word, found, needed));", ""),
    Mutant("StatusRegistry", "require(i == 0 || word > before, WordsNotAscending", "require(i == 0 || word >= before, WordsNotAscending"),
    Mutant("StatusRegistry", "require(_now() <= deadline, ActExpired", "require(_now() < deadline, ActExpired"),
    Mutant("StatusRegistry", "_nonces[log.agency].set(nonce);", ""),
    Mutant("StatusRegistry", "require(officer != second, SameOfficer(officer));", ""),
    Mutant("StatusRegistry", "require(signed, SignatureInvalid(approval.officer, digest));", ""),
    Mutant("StatusRegistry", "_requireAlone(act, keyId, alone);\n        } else", "} else"),
    Mutant("StatusRegistry", "require(void, ActStands(first, standing.time));", ""),
    Mutant("StatusRegistry", "fresh = !_undone[head];", "fresh = true;"),
    Mutant("StatusRegistry", "fresh && second != 0 && newest != secondNewest", "fresh && second != 0 && false"),
    Mutant("StatusRegistry", "if (secondNewest) _acts[second] = standing.secondPrevious;", ""),
    Mutant("StatusRegistry", "fresh && (act.to == Status.Revoked || act.to == Status.Superseded)", "fresh"),
    Mutant("StatusRegistry", "_requireAlone(again, keyId, alone);", ""),
    Mutant("StatusRegistry", "require(again.logId == act.logId, AgainElsewhere(again.logId, act.logId));", ""),
    Mutant("StatusRegistry", "require(successor > index, SuccessorNotLater(index, successor));", ""),
    Mutant("StatusRegistry", "(later.generation > log.generation &&", "(later.generation != log.generation &&"),
    Mutant("StatusRegistry", "act.words[0] != 0 || act.masks[0] & 3 == 0", "true"),
    Mutant("StatusRegistry", "require(!inherited, IndexOfPredecessor", "require(true, IndexOfPredecessor"),
    Mutant("StatusRegistry", "bool final_ = act.from == Status.Revoked || act.from == Status.Superseded;",
           "bool final_ = act.from == Status.Revoked;"),
    Mutant("StatusWords", "log.state >= LogState.Open", "log.state >= LogState.Moved"),
    Mutant("StatusWords", "require(index < log.size, IndexNotAnchored(logId, index, log.size));", ""),
    Mutant("StatusWords", "& open & ~inherited;", "& ~inherited;"),
    Mutant("StatusWords", "return value | (_words[logId][word] & open);", "return value | _words[logId][word];"),
    Mutant("StatusWords", "return ~(log.generation == 1 ? logId : CHECKPOINTS.lineageOf(logId));", "return ~logId;"),
    Mutant("Governor", "require(_admins != 0, LastAdmin(account));", ""),
    Mutant("Governor", "bool waits = roleId == ADMIN_ROLE || roleId == GOVERNOR;", "bool waits = roleId == ADMIN_ROLE;"),
    Mutant("Governor", "require(roleId != ADMIN_ROLE, GrantDelayForbidden(roleId));", ""),
    Mutant("Governor", "if (newMember && roleId == ADMIN_ROLE) ++_admins;", "if (roleId == ADMIN_ROLE) ++_admins;"),
    Mutant("Governor", "_setRoleGuardian(GOVERNOR, GUARDIAN);", ""),
    Mutant("Governor", "_setTargetFunctionRole(address(this), this.grantRole.selector, GOVERNOR);", ""),
    Mutant("Governor", "_grantRole(ADMIN_ROLE, council, 0, delay);", ""),
    Mutant("Council", "require(time <= deadline, ActExpired(deadline, time));", ""),
    Mutant("Council", "_useCheckedNonce(address(this), nonce);", ""),
    Mutant("Council", "require(_rawSignatureValidation(digest, signature), SignaturesInvalid(digest));", ""),
)  # fmt: skip


def copy_tree(where: Path) -> None:
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, where / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, where / name)
    (where / "node_modules").symlink_to(ROOT / "node_modules")


def test(mutant: Mutant, where: Path) -> str | None:
    """The name of the test that noticed, or None: the mutant lives."""
    path = where / mutant.path
    whole = path.read_text()
    assert whole.count(mutant.old) == 1, f"{mutant} is not in the source exactly once"
    path.write_text(whole.replace(mutant.old, mutant.new))
    environment = os.environ | {"PYTHONPATH": f"{where}:{where / 'tests'}", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        # Lenient: something is often unused now.
        compile_it = [
            sys.executable,
            "scripts/compile_contracts.py",
            "--lenient",
            HOLDER.get(mutant.source, mutant.source),
        ]
        made = subprocess.run(compile_it, cwd=where, env=environment, capture_output=True, text=True, check=False)
        if made.returncode:
            return f"does not compile: {made.stderr.strip().splitlines()[-1] if made.stderr else '?'}"
        first = FIRST[mutant.source]
        files = [f"tests/contracts/test_{name}.py" for name in (first, *(t for t in TESTS if t != first))]
        ran = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-k", "anvil", "-p", "no:cacheprovider", *files],
            cwd=where, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        path.write_text(whole)
        shutil.copytree(ROOT / ARTIFACTS, where / ARTIFACTS, dirs_exist_ok=True)
    failed = [line for line in ran.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return failed[0].split(" - ")[0] if failed else None


def main(argv: list[str]) -> int:
    chosen = [int(number) for number in argv] or list(range(len(MUTANTS)))
    living = []
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        copy_tree(where)
        for number in chosen:
            mutant = MUTANTS[number]
            noticed = test(mutant, where)
            print(f"{number:3} {mutant.source}: {mutant.old!r}\n    {noticed or 'LIVES'}", flush=True)
            if noticed is None or noticed.startswith("does not compile"):
                living.append(number)
    print(f"{len(chosen) - len(living)} of {len(chosen)} mutants were noticed", *living)
    return 1 if living else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

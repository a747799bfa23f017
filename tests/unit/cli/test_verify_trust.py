"""A machine that has seen a trust file does not go back to an older one, whoever hands it over."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.formats import SIGNERS
from support.seeded import SeededSigner

from ledger.cli.verify_trust import memory_folder, read_trust
from ledger.errors import InputError
from ledger.records.note import make_vkey
from ledger.records.trust import Signers, TrustFile, sign_trust, trust_digest
from ledger.values import parse_instant

ALICE, BOB, CAROL, DAVE = SIGNERS


def signers(quorum: int, *members: SeededSigner) -> Signers:
    return Signers(keys=tuple(make_vkey(member.name, member.public) for member in members), quorum=quorum)


def after(trust: TrustFile, **changes: object) -> TrustFile:
    return replace(trust, sequence=trust.sequence + 1, previous=trust_digest(trust), **changes)


FIRST = TrustFile(sequence=1, issued_at=parse_instant("2026-11-23T00:00:00Z"), signers=signers(1, ALICE))
SECOND = after(FIRST)
THIRD = after(SECOND, signers=signers(1, BOB))
FOURTH = after(THIRD, signers=signers(1, CAROL))


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    return tmp_path / "memory"


def read(memory: Path | None, trust: TrustFile, *by: SeededSigner) -> TrustFile:
    path = Path(memory_folder()).parent / "given.note"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(sign_trust(trust, by))
    return read_trust(path, memory=memory)


def test_an_older_file_is_refused_once_a_newer_was_seen(memory: Path) -> None:
    assert read(memory, FIRST, ALICE) == FIRST
    assert read(memory, SECOND, ALICE) == SECOND
    assert read(memory, SECOND, ALICE) == SECOND, "the same again is no news"
    with pytest.raises(InputError, match="number 1, and this machine has seen number 2"):
        read(memory, FIRST, ALICE)
    assert read(None, FIRST, ALICE) == FIRST, "without a memory nothing is compared"


def test_two_files_of_one_number_are_a_fork(memory: Path) -> None:
    read(memory, FIRST, ALICE)
    other = replace(FIRST, issued_at=parse_instant("2026-11-24T00:00:00Z"))
    with pytest.raises(InputError, match="another file with the same number 1") as refused:
        read(memory, other, ALICE)
    assert "--no-trust-memory" in (refused.value.fix or "")


def test_signers_may_change_and_the_old_ones_stay_refused(memory: Path) -> None:
    for trust, by in ((FIRST, [ALICE]), (THIRD, [ALICE, BOB]), (FOURTH, [BOB, CAROL])):
        assert read(memory, trust, *by) == trust
    for old, by in ((SECOND, [ALICE]), (THIRD, [ALICE, BOB])):
        with pytest.raises(InputError, match="this machine has seen number"):
            read(memory, old, *by)


def test_a_file_that_the_kept_signers_did_not_sign_is_refused(memory: Path) -> None:
    read(memory, replace(FIRST, signers=signers(2, ALICE, BOB)), ALICE, BOB)
    thief = replace(SECOND, sequence=9, signers=signers(1, ALICE))
    with pytest.raises(InputError, match="not signed by the signers of number 1"):
        read(memory, thief, ALICE)


def test_offices_with_other_keys_are_other_lines(memory: Path) -> None:
    read(memory, FOURTH, CAROL)
    assert read(memory, replace(FIRST, signers=signers(1, DAVE)), DAVE).sequence == 1


def test_a_damaged_memory_is_said_and_one_that_cannot_be_written_is_no_refusal(
    memory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    read(memory, FIRST, ALICE)
    [place] = memory.iterdir()
    place.write_text("not a note")
    with pytest.raises(InputError, match="seen last cannot be read"):
        read(memory, FIRST, ALICE)
    blocked = memory.parent / "file"
    blocked.write_text("in the way")
    assert read(blocked / "memory", FIRST, ALICE) == FIRST
    assert "could not be remembered" in capsys.readouterr().err

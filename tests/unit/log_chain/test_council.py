"""A council with a delay, and one of two of three: everything waits once, together; members sign on own machines."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from support.bureau import Bureau
from support.chains import RunningChain, deployed_on, running_chain

from ledger.chain.act_file import ActFolder
from ledger.chain.deployment import deployment_path
from ledger.cli import main
from ledger.council_act import parse_act_file
from ledger.errors import ChainRefusedError, FormatError, NotFoundError, Refusal
from ledger.keys.entries import Purpose
from ledger.keys.keystore import Keystore
from ledger.values import AgencyCode, Instant, Role, parse_instant

DELAY_S = 7200
PASSWORD = "a member's own"


@pytest.fixture(scope="module")
def engine() -> RunningChain:
    with running_chain("embedded") as running:
        yield running


def member_keystore(folder: Path, secret: bytes) -> Path:
    """A member's own machine: a keystore with their key, and its password in a file."""
    folder.mkdir(exist_ok=True)
    keystore = Keystore.create(folder / "keystore.json", PASSWORD)
    keystore.import_secret(Purpose.COUNCIL, "", secret)
    (folder / "password").write_text(PASSWORD)
    return folder


def begin(bureau: Bureau, code: str, refusal: Refusal) -> ChainRefusedError:
    with pytest.raises(ChainRefusedError) as caught:
        bureau.register(code)
    assert caught.value.refusal is refusal, caught.value
    return caught.value


def test_with_a_delay_everything_is_scheduled_at_once_and_the_message_says_when(
    engine: RunningChain, tmp_path: Path, keystore: Keystore, open_bureau: Callable[..., Bureau], new_code: str
) -> None:
    with deployed_on(engine, members=1, delay_s=DELAY_S) as city:
        bureau = open_bureau(city)
        before = city.ethereum.head().time
        said = begin(bureau, new_code, Refusal.DELAYED)
        ready = re.search(r"can be executed from (\S+Z) on", said.what)
        assert ready is not None, said
        assert before < parse_instant(ready[1]) <= before + DELAY_S + 60
        assert "Do the same again" in (said.fix or "")
        engine.pass_time(DELAY_S - 60)
        begin(bureau, new_code, Refusal.DELAYED)
        engine.pass_time(120)
        registered = bureau.register(new_code)
        assert registered.api_key is not None
        assert len(bureau.agencies.keys(bureau.code)) == 6, "one delay was enough for all of them"
        bureau.issue(2)
        bureau.settle()

        # A rotation uses the spare at once; only the end of the old key and the new spare wait.
        bureau.clock.ahead_s = int(city.ethereum.head().time - time.time())
        old = next(key for key in bureau.agencies.keys(bureau.code) if key.role is Role.STATUS and key.current)
        with pytest.raises(ChainRefusedError) as caught:
            bureau.agencies.rotate(bureau.code, Role.STATUS)
        assert caught.value.refusal is Refusal.DELAYED
        engine.pass_time(60)
        bureau.clock.ahead_s = int(city.ethereum.head().time - time.time())
        with pytest.raises(ChainRefusedError):
            bureau.agencies.rotate(bureau.code, Role.STATUS)
        engine.pass_time(3 * 86_400)
        bureau.clock.ahead_s = int(city.ethereum.head().time - time.time())
        new = bureau.agencies.rotate(bureau.code, Role.STATUS)
        of_role = [key for key in bureau.agencies.keys(bureau.code) if key.role is Role.STATUS]
        assert len(of_role) == 3, "asked three times, rotated once"
        (was,) = (key for key in of_role if key.key_id == old.key_id)
        assert (was.current, was.not_after is not None, new.current) == (False, True, True)

        with pytest.raises(ChainRefusedError) as caught:
            bureau.agencies.open_successor(bureau.code)
        assert caught.value.refusal is Refusal.DELAYED
        engine.pass_time(DELAY_S + 60)
        assert bureau.agencies.open_successor(bureau.code).generation == 2
        assert bureau.fsck_errors() == []


def test_members_sign_on_their_own_machines_and_the_acts_happen_in_order(
    engine: RunningChain,
    tmp_path: Path,
    open_bureau: Callable[..., Bureau],
    new_code: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with deployed_on(engine, members=3, threshold=2) as city:
        ours, theirs = city.members[0], city.members[1]
        bureau = open_bureau(replace(city, members=(ours,)))
        said = begin(bureau, new_code, Refusal.SIGNATURES)
        assert "2 signatures, and this act has 1" in said.what
        waiting = bureau.governor.waiting_acts()
        assert len(waiting) == 8, "an agency, its six keys, its log: all at once"
        begin(bureau, new_code, Refusal.SIGNATURES)
        assert bureau.governor.waiting_acts() == waiting, "asking again makes nothing new"

        elsewhere = member_keystore(tmp_path / "member", theirs._key.secret)  # type: ignore[attr-defined]
        deployment = deployment_path(city.folder, city.deployment.chain_id)
        files = [str(path) for path in sorted((tmp_path / "council").glob("act-*.json"))]
        words = ["--keystore", str(elsewhere / "keystore.json"), "--password-file", str(elsewhere / "password")]
        assert main.main(["council", "sign", *files, "--deployment", str(deployment), *words, "--yes"]) == 0
        shown = capsys.readouterr().out
        assert f"act-000000.json: AgencyRegistry.registerAgency({new_code})" in shown
        assert "CheckpointRegistry.openLog(sillok.example" in shown

        folder = ActFolder(tmp_path / "council")
        assert [len(file.signatures) for file in folder.waiting()] == [2] * 8
        assert bureau.governor.add_signatures(folder.waiting()[0]) == 8
        assert folder.waiting() == []
        assert bureau.register(new_code).api_key is not None
        bureau.issue(1)
        bureau.settle()
        with pytest.raises(NotFoundError):
            bureau.governor.add_signatures(waiting[0])


def test_what_is_not_signed_by_enough_members_never_happens(
    engine: RunningChain, tmp_path: Path, open_bureau: Callable[..., Bureau], new_code: str
) -> None:
    with deployed_on(engine, members=3, threshold=2) as city:
        bureau = open_bureau(replace(city, members=(city.members[0],)))
        with pytest.raises(ChainRefusedError):
            bureau.governor.register_agency(AgencyCode(new_code))
        (act,) = bureau.governor.waiting_acts()
        stranger = engine.new_signer()
        assert bureau.governor.add_signatures(act.merged({stranger.address: bytes(65)})) == 0
        forged = act.merged({city.members[1].address: b"\x01" * 64 + b"\x1b"})
        with pytest.raises(ChainRefusedError, match="Not enough members"):
            bureau.governor.add_signatures(forged)
        ActFolder(tmp_path / "council").keep(act)
        assert (
            bureau.ethereum.read_or_refusal("AgencyRegistry", "requireAgency", new_code.encode()) == "AgencyUnknown"
        )

        # Its time is over: it is taken out, and made anew when somebody asks again.
        late = replace(act, act=replace(act.act, deadline=Instant(city.ethereum.head().time)))
        ActFolder(tmp_path / "council").keep(late)
        assert bureau.governor.waiting_acts() == []


def test_a_member_signs_only_what_their_own_deployment_names(
    engine: RunningChain, tmp_path: Path, open_bureau: Callable[..., Bureau], new_code: str
) -> None:
    with deployed_on(engine, members=2, threshold=2) as city, deployed_on(engine) as other:
        bureau = open_bureau(replace(city, members=(city.members[0],)))
        with pytest.raises(ChainRefusedError):
            bureau.governor.register_agency(AgencyCode(new_code))
        (path,) = (tmp_path / "council").glob("act-*.json")
        elsewhere = member_keystore(tmp_path / "member", city.members[1]._key.secret)  # type: ignore[attr-defined]
        words = [
            "--keystore",
            str(elsewhere / "keystore.json"),
            "--password-file",
            str(elsewhere / "password"),
            "--yes",
        ]
        foreign, own = (str(deployment_path(one.folder, one.deployment.chain_id)) for one in (other, city))
        before = path.read_bytes()
        assert main.main(["council", "sign", str(path), "--deployment", foreign, *words]) == 2
        path.write_bytes(
            before.replace(city.deployment.contracts["AgencyRegistry"].address.hex().encode(), b"ab" * 20)
        )
        assert main.main(["council", "sign", str(path), "--deployment", own, *words]) == 2
        for broken in (b"", b"[]", b"{}", before[:-5], before.replace(b'"nonce": 0', b'"nonce": -1'), b"[" * 70_000):
            path.write_bytes(broken)
            with pytest.raises(FormatError):
                parse_act_file(broken)
            assert main.main(["council", "sign", str(path), "--deployment", own, *words]) == 2


def test_a_member_draws_a_key_and_hands_over_its_address(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "password").write_text(PASSWORD)
    words = ["--keystore", str(tmp_path / "mine.json"), "--password-file", str(tmp_path / "password")]
    assert main.main(["council", "key", *words]) == 0
    first = capsys.readouterr().out
    assert main.main(["council", "key", *words]) == 0
    assert capsys.readouterr().out == first
    assert first.startswith("0x")
    assert len(first) == 43

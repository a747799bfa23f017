"""The keystore keeps every key, gives none away, and never loses the file."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from ledger.errors import KeystoreError, StoreError
from ledger.keys.entries import KeyState, Purpose
from ledger.keys.keystore import Keystore
from ledger.keys.password import ensure_password_file, read_password
from ledger.ports.chain import ChainIdentity
from ledger.ports.keys import KeyMaker, Keyring
from ledger.values import Address, AgencyCode, Digest32, KeyId, Origin, Role

SEOUL = AgencyCode("6110000")
BUSAN = AgencyCode("6260000")
LOG = Origin("sillok.example/6110000")
PASSWORD = "correct horse battery staple"


def identity(*, development: bool) -> ChainIdentity:
    return ChainIdentity(chain_id=1, genesis=Digest32(b"\1" * 32), development=development)


@pytest.fixture
def store(tmp_path: Path) -> Keystore:
    return Keystore.create(tmp_path / "keystore.json", PASSWORD)


def test_it_is_what_the_services_want(store: Keystore) -> None:
    keyring: Keyring = store
    maker: KeyMaker = store
    assert keyring.governor_signers() == []
    assert maker.kept_keys(SEOUL) == []


def test_every_kind_of_key_signs_the_same_after_the_file_is_opened_again(store: Keystore, tmp_path: Path) -> None:
    for role in (Role.ANCHOR, Role.STATUS):
        store.add_chain_key(SEOUL, role)
        store.add_chain_key(BUSAN, role)
    for role in (Role.NOTE, Role.RECEIPT):
        store.add_note_key(LOG, role)
    store.add_council_key()
    store.add_council_key()
    store.add_deployer_key()
    store.add_trust_key("sillok.example/trust")
    again = Keystore.open(tmp_path / "keystore.json", PASSWORD)
    digest = Digest32(b"\7" * 32)
    for role in (Role.ANCHOR, Role.STATUS):
        first = store.chain_signer(SEOUL, role)
        assert first.sign_digest(digest) == again.chain_signer(SEOUL, role).sign_digest(digest)
        assert first.address != store.chain_signer(BUSAN, role).address
    assert again.note_signer(LOG, Role.NOTE).sign(b"m") == store.note_signer(LOG, Role.NOTE).sign(b"m")
    assert again.note_signer(LOG, Role.NOTE).name == LOG
    assert again.note_signer(LOG, Role.RECEIPT).name == LOG + "/receipt"
    assert again.trust_signer().name == "sillok.example/trust"
    assert [s.address for s in again.governor_signers()] == [s.address for s in store.governor_signers()]
    assert len(again.governor_signers()) == 2
    assert again.deployer_signer().address == store.deployer_signer().address
    assert again.list() == store.list()
    assert [(k.role, k.origin, k.current) for k in again.kept_keys(SEOUL)] == [
        (Role.ANCHOR, None, True),
        (Role.STATUS, None, True),
        (Role.NOTE, LOG, True),
        (Role.RECEIPT, LOG, True),
    ]


def test_rotation_puts_the_spare_in_place_and_keeps_the_old_key(store: Keystore, tmp_path: Path) -> None:
    first, second, third = (store.add_chain_key(SEOUL, Role.ANCHOR) for _ in range(3))
    assert store.chain_signer(SEOUL, Role.ANCHOR).address == first[12:]
    assert store.rotate(SEOUL, Role.ANCHOR) == second
    again = Keystore.open(tmp_path / "keystore.json", PASSWORD)
    assert again.chain_signer(SEOUL, Role.ANCHOR).address == second[12:]
    assert [(info.key_id, info.state) for info in again.list()] == [
        (first, KeyState.ENDED),
        (second, KeyState.CURRENT),
        (third, KeyState.SPARE),
    ]
    # What the old key signed may still be on its way: its transactions must be replaceable.
    assert again.chain_signer_of(Address(first[12:])).address == first[12:]


def test_an_ended_key_never_signs_again_and_rotation_wants_a_spare(store: Keystore) -> None:
    only = store.add_note_key(LOG, Role.NOTE)
    with pytest.raises(KeystoreError, match="no spare NOTE key"):
        store.rotate(LOG, Role.NOTE)
    store.end(only)
    with pytest.raises(KeystoreError, match="no note key of"):
        store.note_signer(LOG, Role.NOTE)
    with pytest.raises(KeystoreError, match="has ended"):
        store.make_current(only)
    with pytest.raises(KeystoreError, match="does not have this key"):
        store.end(KeyId(b"\0" * 32))


def test_a_council_key_that_ended_signs_no_acts(store: Keystore) -> None:
    first, second = store.add_council_key(), store.add_council_key()
    store.end(first)
    assert [signer.address for signer in store.governor_signers()] == [second[12:]]


@pytest.mark.parametrize("role", [Role.OFFICER, Role.NOTE])
def test_only_anchor_and_status_keys_sign_transactions(store: Keystore, role: Role) -> None:
    with pytest.raises(KeystoreError, match=role.name):
        store.add_chain_key(SEOUL, role)
    with pytest.raises(KeystoreError, match=role.name):
        store.chain_signer(SEOUL, role)


@pytest.mark.parametrize("role", [Role.OFFICER, Role.ANCHOR])
def test_only_note_and_receipt_keys_sign_notes(store: Keystore, role: Role) -> None:
    with pytest.raises(KeystoreError, match=role.name):
        store.add_note_key(LOG, role)


def test_a_wrong_password_is_told_from_a_damaged_file(store: Keystore, tmp_path: Path) -> None:
    path = tmp_path / "keystore.json"
    store.add_chain_key(SEOUL, Role.ANCHOR)
    with pytest.raises(KeystoreError, match="password does not open") as wrong:
        Keystore.open(path, PASSWORD + "x")
    assert PASSWORD not in str(wrong.value)
    document = json.loads(path.read_text())
    flipped = dict(
        document, ciphertext=("0" if document["ciphertext"][0] != "0" else "1") + document["ciphertext"][1:]
    )
    nonce = dict(document, cipher=dict(document["cipher"], nonce="00" * 12))
    weaker = dict(document, kdf=dict(document["kdf"], n=1024))
    for bad in (json.dumps(flipped), json.dumps(nonce), json.dumps(weaker), path.read_text()[:-40], "[]", ""):
        path.write_text(bad)
        with pytest.raises(KeystoreError, match="damaged"):
            Keystore.open(path, PASSWORD)
    path.write_text(json.dumps(dict(document, sillok="keystore/v2")))
    with pytest.raises(KeystoreError, match="version is 'keystore/v2'"):
        Keystore.open(path, PASSWORD)


def test_there_is_one_file_and_it_is_ones_own(store: Keystore, tmp_path: Path) -> None:
    with pytest.raises(KeystoreError, match="already"):
        Keystore.create(tmp_path / "keystore.json", PASSWORD)
    with pytest.raises(KeystoreError, match="no keystore"):
        Keystore.open(tmp_path / "other.json", PASSWORD)
    with pytest.raises(KeystoreError, match="empty"):
        Keystore.create(tmp_path / "third.json", "")
    store.add_deployer_key()
    assert (tmp_path / "keystore.json").stat().st_mode & 0o777 == 0o600


def test_a_planted_secret_is_seen_nowhere(
    store: Keystore, tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = bytes.fromhex("c0ffee" * 10 + "c0de")
    caplog.set_level(logging.DEBUG)
    store.import_secret(Purpose.ANCHOR, SEOUL, secret)
    store.import_secret(Purpose.NOTE, LOG, bytes(reversed(secret)))
    text = repr(store) + str(store.list()) + str(store._entries) + repr(store._key)
    text += repr(store.chain_signer(SEOUL, Role.ANCHOR)) + repr(store.note_signer(LOG, Role.NOTE))
    try:
        store.import_secret(Purpose.ANCHOR, SEOUL, secret)
    except KeystoreError as error:
        text += str(error) + "".join(traceback.format_exception(error))
    out = capsys.readouterr()
    text += caplog.text + out.out + out.err
    text += "".join(path.read_text(errors="replace") for path in tmp_path.iterdir())
    for planted in (secret, bytes(reversed(secret)), store._key.secret):
        assert planted.hex() not in text.lower()
        assert str(planted) not in text
        assert str(int.from_bytes(planted, "big")) not in text
    assert PASSWORD not in text


def test_no_process_shows_the_password_in_its_arguments(tmp_path: Path) -> None:
    """A child that opens the keystore gets the password through a file; nothing of it stands in the process list."""
    password = ensure_password_file(tmp_path / "keystore.password")
    assert (tmp_path / "keystore.password").stat().st_mode & 0o777 == 0o600
    assert ensure_password_file(tmp_path / "keystore.password") == password
    Keystore.create(tmp_path / "keystore.json", password)
    program = (
        "import sys; from pathlib import Path; from ledger.keys.keystore import Keystore;"
        "from ledger.keys.password import read_password; d = Path(sys.argv[1]);"
        "Keystore.open(d / 'keystore.json', read_password(file=d / 'keystore.password'));"
        "sys.stdout.buffer.write(Path('/proc/self/cmdline').read_bytes() + Path('/proc/self/environ').read_bytes())"
    )
    shown = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, check=True).stdout
    assert str(tmp_path).encode() in shown
    assert password.encode() not in shown


def test_passwords_come_from_file_then_caller_then_prompt(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("from file \n")
    assert read_password(file=file, given="given", prompt=lambda: "asked") == "from file "
    assert read_password(given="given", prompt=lambda: "asked") == "given"
    assert read_password(prompt=lambda: "asked") == "asked"
    with pytest.raises(KeystoreError, match="needs its password"):
        read_password()
    file.write_text("\n")
    with pytest.raises(KeystoreError, match="empty"):
        read_password(file=file)
    with pytest.raises(KeystoreError, match="cannot be read"):
        read_password(file=tmp_path / "nowhere")


def test_well_known_keys_are_for_development_chains_only(store: Keystore) -> None:
    anvil_first = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
    store.add_chain_key(SEOUL, Role.STATUS)
    store.refuse_well_known(identity(development=False))
    key_id = store.import_secret(Purpose.ANCHOR, SEOUL, anvil_first)
    store.refuse_well_known(identity(development=True))
    with pytest.raises(KeystoreError, match="f39fd6e51aad88f6f4ce6ab8827279cfffb92266 is a well-known") as refused:
        store.refuse_well_known(identity(development=False))
    assert anvil_first.hex() not in str(refused.value)
    store.end(key_id)
    store.refuse_well_known(identity(development=False))
    store.import_secret(Purpose.NOTE, LOG, bytes(range(32)))
    with pytest.raises(KeystoreError, match="well-known"):
        store.refuse_well_known(identity(development=False))


def test_two_processes_do_not_overwrite_each_other(store: Keystore, tmp_path: Path) -> None:
    other = Keystore.open(tmp_path / "keystore.json", PASSWORD)
    mine = store.add_chain_key(SEOUL, Role.ANCHOR)
    with pytest.raises(KeystoreError, match="Another process changed"):
        other.add_chain_key(BUSAN, Role.ANCHOR)
    assert [info.key_id for info in Keystore.open(tmp_path / "keystore.json", PASSWORD).list()] == [mine]


def test_a_write_is_synced_before_it_replaces_and_the_folder_after(
    store: Keystore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash cannot show a missing fsync (the page cache survives `kill -9`), so the order itself is watched."""
    seen: list[str] = []
    fsync, rename = os.fsync, Path.replace

    def watch_fsync(handle: int) -> None:
        seen.append(f"fsync {Path(os.readlink(f'/proc/self/fd/{handle}')).name}")
        fsync(handle)

    def watch_replace(self: Path, target: Path) -> Path:
        seen.append(f"replace {target.name}")
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", watch_fsync)
    monkeypatch.setattr(Path, "replace", watch_replace)
    store.add_deployer_key()
    assert seen == ["fsync keystore.json.new", "replace keystore.json", f"fsync {tmp_path.name}"]


def test_a_failed_write_changes_neither_file_nor_memory(
    store: Keystore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add_chain_key(SEOUL, Role.ANCHOR)
    before, listed = (tmp_path / "keystore.json").read_bytes(), store.list()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StoreError, match="No space left"):
            store.add_chain_key(SEOUL, Role.ANCHOR)
    assert (tmp_path / "keystore.json").read_bytes() == before
    assert store.list() == listed
    store.add_chain_key(SEOUL, Role.ANCHOR)
    assert len(Keystore.open(tmp_path / "keystore.json", PASSWORD).list()) == 2

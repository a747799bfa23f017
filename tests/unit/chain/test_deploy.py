"""Deploying is done once, goes on after a crash, and refuses what would be wrong or weak."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from eth_keyfile.keyfile import create_keyfile_json
from support.chains import ROOT, RunningChain, deployed_on, running_chain

from ledger.chain import deploy as deploy_module
from ledger.chain.deploy import PRODUCTION_DELAY_S, deploy, require_strong
from ledger.chain.deployment import Terms, load_deployment
from ledger.chain.identity import NodeIdentity
from ledger.chain.journal import Journal
from ledger.errors import ChainError, ChainRefusedError, InputError, Refusal
from ledger.keys.signers import FileChainSigner, draw_secret
from ledger.ports.chain import ChainIdentity, SignedTransaction
from ledger.values import Address, Digest32
from scripts.deploy import main


class Crash(BaseException):
    """Stands for the process being killed: nothing catches it."""


def one_of_one(signer: FileChainSigner) -> Terms:
    return Terms(members=(signer.address,), threshold=1, minimum_delay_s=0)


def nonce_of(chain: RunningChain, signer: FileChainSigner) -> int:
    return int(str(chain.rpc("eth_getTransactionCount", "0x" + signer.address.hex(), "latest")), 16)


def test_a_second_run_changes_nothing(engine: RunningChain, tmp_path: Path) -> None:
    signer = engine.new_signer()
    first = deploy(engine.url, signer, tmp_path, one_of_one(signer))
    files = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()}
    block, nonce = engine.rpc("eth_blockNumber"), nonce_of(engine, signer)
    assert nonce == 5
    told: list[str] = []
    assert deploy(engine.url, signer, tmp_path, one_of_one(signer), progress=told.append) == first
    assert told == []
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()} == files
    assert (engine.rpc("eth_blockNumber"), nonce_of(engine, signer)) == (block, nonce)
    assert load_deployment(tmp_path / f"{first.chain_id}.json") == first


CRASHES = [(moment, place) for moment in ("before-signing", "before-sending") for place in range(5)]


@pytest.mark.parametrize(("moment", "place"), [*CRASHES, ("before-the-file", 5)])
def test_a_crash_anywhere_is_resumed_and_nothing_is_deployed_twice(
    engine: RunningChain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str, place: int
) -> None:
    signer = engine.new_signer()
    done: list[str] = []

    def crash_at(words: str) -> None:
        done.append(words)
        if moment == "before-signing" and len(done) == place + 1:
            raise Crash

    add = Journal.add

    def crash_after_add(self: Journal, contract: str, transaction: SignedTransaction) -> None:
        add(self, contract, transaction)
        if moment == "before-sending" and len(done) == place + 1:
            raise Crash

    def crash_before_file(path: Path, deployment: object) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "add", crash_after_add)
        if moment == "before-the-file":
            patch.setattr(deploy_module, "save_deployment", crash_before_file)
        with pytest.raises(Crash):
            deploy(engine.url, signer, tmp_path, one_of_one(signer), progress=crash_at)
    assert [path.name.endswith(".journal.json") for path in tmp_path.iterdir()] == [True]
    told: list[str] = []
    deployment = deploy(engine.url, signer, tmp_path, one_of_one(signer), progress=told.append)
    assert nonce_of(engine, signer) == 5
    assert told[: len(done)] == done, "the addresses are those that were announced before the crash"
    assert [path.name for path in tmp_path.iterdir()] == [f"{deployment.chain_id}.json"]


def begun(chain: RunningChain, folder: Path, signer: FileChainSigner) -> Path:
    """A deployment that was killed before its third contract; its journal."""

    def crash(words: str) -> None:
        if words.startswith("AgencyRegistry"):
            raise Crash

    with pytest.raises(Crash):
        deploy(chain.url, signer, folder, one_of_one(signer), progress=crash)
    return next(folder.glob("*.journal.json"))


def test_an_unfinished_deployment_goes_on_only_as_it_was_begun(engine: RunningChain, tmp_path: Path) -> None:
    signer, other = engine.new_signer(), engine.new_signer()
    journal = begun(engine, tmp_path, signer)
    with pytest.raises(ChainError, match="another members was begun"):
        deploy(engine.url, signer, tmp_path, one_of_one(other))
    with pytest.raises(ChainError, match="another deployer, members was begun"):
        deploy(engine.url, other, tmp_path, one_of_one(other))
    document = json.loads(journal.read_text())
    for damage in (journal.read_text()[:-20], "[]", json.dumps({**document, "firstNonce": "x"}), '{"sillok":"x"}'):
        journal.write_text(damage)
        with pytest.raises(ChainError, match="journal of a deployment cannot be read"):
            deploy(engine.url, signer, tmp_path, one_of_one(signer))


def test_a_key_used_for_something_else_meanwhile_is_noticed(engine: RunningChain, tmp_path: Path) -> None:
    signer = engine.new_signer()
    begun(engine, tmp_path / "one", signer)
    # The same key deploys elsewhere and takes the nonces that the first deployment counts on.
    deploy(engine.url, signer, tmp_path / "two", one_of_one(signer))
    with pytest.raises(ChainError, match="was used for something else"):
        deploy(engine.url, signer, tmp_path / "one", one_of_one(signer))


def edit(path: Path, change: Callable[[dict[str, dict[str, dict[str, str]]]], None]) -> None:
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def test_changed_code_and_changed_sources_are_refused_by_name(engine: RunningChain, tmp_path: Path) -> None:
    signer = engine.new_signer()
    deployment = deploy(engine.url, signer, tmp_path, one_of_one(signer))
    path = tmp_path / f"{deployment.chain_id}.json"
    good = path.read_text()

    def again() -> None:
        deploy(engine.url, signer, tmp_path, one_of_one(signer))

    edit(path, lambda document: document["contracts"]["Governor"].update(sources="00" * 32))
    with pytest.raises(ChainError, match="compiled from other sources") as refused:
        again()
    assert refused.value.where == f"Governor at 0x{deployment.contracts['Governor'].address.hex()}"
    path.write_text(good)
    edit(path, lambda document: document["contracts"]["StatusRegistry"].update(code="00" * 32))
    with pytest.raises(ChainError, match="not the code that was deployed"):
        again()
    path.write_text(good)
    edit(path, lambda document: document["contracts"]["Council"].update(address="11" * 20))
    with pytest.raises(ChainError, match="not on this chain any more"):
        again()
    path.write_text(good)
    edit(path, lambda document: document["contracts"].pop("Council") and None)
    with pytest.raises(ChainError, match="other contracts"):
        again()
    for damage in ("", "{}", '{"sillok":"deployment/v1"}', good.replace(deployment.genesis.hex(), "00")):
        path.write_text(damage)
        with pytest.raises(InputError, match=r"damaged|cannot be read"):
            again()
    path.write_text(good.replace("deployment/v1", "deployment/v9"))
    with pytest.raises(InputError, match="another version"):
        again()


def test_code_that_changed_on_the_chain_itself_is_refused(anvil: RunningChain, tmp_path: Path) -> None:
    signer = anvil.new_signer()
    deployment = deploy(anvil.url, signer, tmp_path, one_of_one(signer))
    address = "0x" + deployment.contracts["CheckpointRegistry"].address.hex()
    code = str(anvil.rpc("eth_getCode", address, "latest"))
    anvil.rpc("anvil_setCode", address, code[:-2] + ("00" if code[-2:] != "00" else "01"))
    with pytest.raises(ChainError, match="not the code that was deployed"):
        deploy(anvil.url, signer, tmp_path, one_of_one(signer))


def test_wrong_wiring_is_noticed(anvil: RunningChain, tmp_path: Path) -> None:
    """Two deployments' contracts mixed: each has the right code, and points at others."""
    signer = anvil.new_signer()
    one = deploy(anvil.url, signer, tmp_path / "one", one_of_one(signer))
    two = deploy(anvil.url, signer, tmp_path / "two", one_of_one(signer))
    theirs = two.contracts["StatusRegistry"]

    def mix(document: dict[str, dict[str, dict[str, str]]]) -> None:
        document["contracts"]["StatusRegistry"].update(address=theirs.address.hex(), code=theirs.code.hex())

    edit(tmp_path / "one" / f"{one.chain_id}.json", mix)
    with pytest.raises(ChainError, match=r"not wired as they must be: Governor\.statuses"):
        deploy(anvil.url, signer, tmp_path / "one", one_of_one(signer))


def test_another_chain_is_refused_even_with_the_same_id(embedded: RunningChain, tmp_path: Path) -> None:
    signer = embedded.new_signer()
    deploy(embedded.url, signer, tmp_path, one_of_one(signer))
    with running_chain("embedded") as other:
        with pytest.raises(ChainError, match="on a chain with genesis"):
            deploy(other.url, signer, tmp_path, one_of_one(signer))
        with pytest.raises(ChainError, match="not 1"):
            deploy(other.url, signer, tmp_path / "new", one_of_one(signer), chain_id=1)
        assert not (tmp_path / "new").exists()


def test_another_key_and_other_terms_are_refused_where_contracts_are(engine: RunningChain, tmp_path: Path) -> None:
    signer, other = engine.new_signer(), engine.new_signer()
    terms = one_of_one(signer)
    deploy(engine.url, signer, tmp_path, terms)
    with pytest.raises(ChainRefusedError, match="has no say here"):
        deploy(engine.url, other, tmp_path, terms)
    with pytest.raises(ChainError, match="another council, delay or guardian"):
        deploy(engine.url, signer, tmp_path, one_of_one(other))
    guarded = Terms(members=terms.members, threshold=1, minimum_delay_s=0, guardian=other.address)
    with pytest.raises(ChainError, match="another council, delay or guardian"):
        deploy(engine.url, signer, tmp_path, guarded)


def test_a_key_without_coin_is_refused_before_anything_is_sent(anvil: RunningChain, tmp_path: Path) -> None:
    signer = FileChainSigner(draw_secret())
    with pytest.raises(ChainRefusedError, match="has 0 wei") as refused:
        deploy(anvil.url, signer, tmp_path, one_of_one(signer))
    assert refused.value.refusal is Refusal.NO_FUNDS
    assert list(tmp_path.iterdir()) == []


def test_well_known_keys_deploy_on_development_chains_only(tmp_path: Path) -> None:
    known = FileChainSigner((1).to_bytes(32, "big"))
    with running_chain("embedded", dev=False) as real:
        fresh = real.new_signer()
        for signer, member in ((known, fresh), (fresh, known)):
            with pytest.raises(ChainRefusedError, match="well-known test key"):
                deploy(real.url, signer, tmp_path, one_of_one(member))
        assert list(tmp_path.iterdir()) == []
        deploy(real.url, fresh, tmp_path, one_of_one(fresh))


def node(*, embedded: bool = False, development: bool = False) -> NodeIdentity:
    identity = ChainIdentity(chain_id=7, genesis=Digest32(bytes(32)), development=development)
    return NodeIdentity(identity=identity, client="besu/24", embedded=embedded)


MEMBERS = tuple(Address(bytes([number]) * 20) for number in range(1, 6))


@pytest.mark.parametrize(
    ("members", "threshold", "delay", "problem"),
    [
        (MEMBERS[:1], 1, PRODUCTION_DELAY_S, "1 of 1 members is too weak"),
        (MEMBERS[:3], 1, PRODUCTION_DELAY_S, "1 of 3 members is too weak"),
        (MEMBERS[:2], 2, PRODUCTION_DELAY_S, "2 of 2 members is too weak"),
        (MEMBERS[:3], 2, PRODUCTION_DELAY_S - 1, "delay of 172799 s is too short"),
        (MEMBERS[:3], 4, PRODUCTION_DELAY_S, "cannot be"),
        (MEMBERS[:3], 0, PRODUCTION_DELAY_S, "cannot be"),
        ((*MEMBERS[:2], MEMBERS[0]), 2, PRODUCTION_DELAY_S, "cannot be"),
        ((), 0, PRODUCTION_DELAY_S, "cannot be"),
        (MEMBERS[:3], 2, PRODUCTION_DELAY_S, None),
        (MEMBERS[:5], 3, 2 * PRODUCTION_DELAY_S, None),
    ],
)
def test_production_wants_two_of_three_and_two_days(
    members: tuple[Address, ...], threshold: int, delay: int, problem: str | None
) -> None:
    terms = Terms(members=members, threshold=threshold, minimum_delay_s=delay)
    if problem is None:
        require_strong(node(), terms)
        return
    with pytest.raises(InputError, match=problem):
        require_strong(node(), terms)
    if problem == "cannot be":
        with pytest.raises(InputError, match=problem):
            require_strong(node(embedded=True), terms)
    else:
        require_strong(node(embedded=True), terms)
        require_strong(node(development=True), terms)


def test_two_of_three_and_two_days_are_wired_as_said(engine: RunningChain) -> None:
    with deployed_on(engine, members=3, threshold=2, delay_s=PRODUCTION_DELAY_S) as ours:
        again = deploy(engine.url, ours.deployer, ours.folder, ours.deployment.terms)
        assert again == ours.deployment
        assert again.terms.minimum_delay_s == PRODUCTION_DELAY_S
        assert again.guardian == again.contracts["Council"].address


def script(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The script as a person runs it."""
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "deploy.py"), *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def key_file(folder: Path, secret: bytes) -> Path:
    path = folder / "key.json"
    path.write_text(json.dumps(create_keyfile_json(secret, b"opens it", iterations=2)))
    return path


def test_the_script_deploys_and_says_so(engine: RunningChain, tmp_path: Path) -> None:
    secret = draw_secret()
    engine.fund(FileChainSigner(secret).address)
    password = tmp_path / "password"
    password.write_text("opens it\n")
    key = ["--key", str(key_file(tmp_path, secret)), "--password-file", str(password)]
    done = script("--rpc", engine.url, "--out", str(tmp_path / "out"), *key)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith("Deployed: ")
    assert secret.hex() not in done.stdout


def test_the_script_says_what_there_is_to_do_and_never_the_key(
    embedded: RunningChain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secret, other = draw_secret(), draw_secret()
    keyfile, password = key_file(tmp_path, secret), tmp_path / "password"
    password.write_text("does not")
    bad = "ab" * 31 + "zz"
    url = ["--rpc", embedded.url, "--out", str(tmp_path / "out")]

    def run(key: str, *more: str) -> tuple[int, str]:
        monkeypatch.setenv("SILLOK_DEPLOY_KEY", key)
        code = main([*url, *more])
        out = capsys.readouterr()
        for planted in (secret.hex(), other.hex(), bad):
            assert planted not in out.out + out.err
        return code, out.out + out.err

    for words, code, (found, said) in (
        ("No key was given", 3, run("")),
        ("This is not a key", 3, run(bad)),
        ("key file can't be opened", 3, run("", "--key", str(keyfile), "--password-file", str(password))),
        ("key file can't be read", 3, run("", "--key", str(tmp_path / "nowhere"))),
        ("is not an address", 2, run(secret.hex(), "--council", "0x12")),
        ("is not an address", 2, run(secret.hex(), "--council", "0xF39fd6e51aad88F6F4ce6aB8827279cffFb92266")),
        ("cannot be", 2, run(secret.hex(), "--threshold", "2")),
        ("not 5", 3, run(secret.hex(), "--chain-id", "5")),
        ("connection refused", 3, run(secret.hex(), "--rpc", "http://127.0.0.1:9")),
    ):
        assert (words in said, found) == (True, code), said
    assert not (tmp_path / "out").exists()
    assert run(secret.hex())[0] == 0
    assert run("0x" + secret.hex())[1].startswith("Nothing to do")
    code, said = run(other.hex())
    assert (code, "has no say here" in said, "to do: Use the deployer's key" in said) == (3, True, True)

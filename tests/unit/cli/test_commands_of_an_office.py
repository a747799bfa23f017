"""Commands that speak to a running office: evidence of what was there before, and undoing a stolen key's acts."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.service import SEOUL, Office, running_office

from ledger.cli import main
from ledger.ports.chain import StatusAct
from ledger.values import LogIndex, Reason, Role, Status, Verdict
from ledger.verification.verifier import verify_evidence


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running_office(tmp_path_factory.mktemp("commands")) as running:
        yield running


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, office: Office) -> None:
    monkeypatch.chdir(tmp_path)
    for role in ("clerk", "operator"):
        Path(f"{role}.key").write_text(office.keys[role])


def sillok(office: Office, *words: str, role: str = "clerk") -> int:
    return main.main([*words, "--url", office.url, "--agency", SEOUL, "--key-file", f"{role}.key"])


def test_evidence_of_a_job_is_written_for_documents_that_were_there_before_too(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two", "three"):
        Path(f"{name}.txt").write_text(f"{name} of the first job")
    assert sillok(office, "anchor", "one.txt", "two.txt", "--job", "first", "--no-wait") == 0
    assert sillok(office, "anchor", "one.txt", "two.txt", "three.txt", "--job", "second", "--evidence", "all") == 0
    assert "Evidence: 3 files" in capsys.readouterr().out
    trust = office.services.trust.current(office.services.loop.state.at)
    written = sorted(Path("all").iterdir())
    assert [path.name for path in written] == ["one.txt.evidence", "three.txt.evidence", "two.txt.evidence"]
    assert {verify_evidence(path.read_bytes(), trust=trust).verdict for path in written} == {Verdict.VALID}

    # A job that added nothing at all, from a list: named by number, as the list's own records are.
    lines = [json.dumps({"path": f"{name}.txt", "kind": "document"}) for name in ("one", "three")]
    Path("list.ndjson").write_text("\n".join(lines) + "\n")
    assert sillok(office, "anchor", "list.ndjson", "--job", "third", "--evidence", "again") == 0
    assert len(list(Path("again").iterdir())) == 2


def test_evidence_is_asked_for_by_batch_or_by_places_and_not_by_both(office: Office) -> None:
    office.issue({"kind": "document", "sha256": "aa" * 32})
    path = f"/v1/agencies/{SEOUL}/evidence"
    for query in ("", "?batch=1&index=0"):
        answer = office.get(path + query, role="clerk")
        assert (answer.status_code, answer.json()["where"]) == (422, "batch, index")
    rows = [json.loads(line) for line in office.get(f"{path}?index=1&index=0&index=1", role="clerk").iter_lines()]
    assert [row["index"] for row in rows] == [0, 1]
    assert office.get(f"{path}?index=0").status_code == 401


def test_a_stolen_status_keys_acts_are_declared_void_and_undone(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    record = office.issue({"kind": "document", "sha256": "bb" * 32})
    index = LogIndex(int(str(record["index"])))
    office.wait_anchored(index + 1)
    services = office.services
    log = services.lookup.log_of(SEOUL)
    signer = services.keyring.chain_signer(SEOUL, Role.STATUS)
    before = services.chain.head().time
    while int(time.time()) <= before:
        time.sleep(0.05)
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    (call,) = services.chain.status_calls(
        StatusAct(
            log_id=log.log_id,
            batches=False,
            before=Status.ACTIVE,
            after=Status.REVOKED,
            reason=Reason.UNSPECIFIED,
            retroactive=True,
            indexes=(index,),
        )
    )
    services.chain.send([services.chain.sign(call, signer, services.chain.next_nonce(signer.address))])
    verdicts = []
    key_id = signer.address.rjust(32, b"\0").hex()
    until = time.monotonic() + 30
    while not verdicts or verdicts[-1] != "revoked":
        assert time.monotonic() < until
        verdicts.append(office.get(f"/v1/verifications?sha256={'bb' * 32}").json()["verdict"])
    assert sillok(office, "key", "undo", key_id, role="operator") == 2, "nobody declared it"
    while time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()) == since:
        time.sleep(0.05)
    assert sillok(office, "key", "compromised", key_id, "--since", since, "--yes", role="operator") == 0
    assert f"sillok key undo {key_id}" in capsys.readouterr().out
    assert office.get(f"/v1/verifications?sha256={'bb' * 32}").json()["verdict"] == "valid"
    evidence = office.get(f"/v1/agencies/{SEOUL}/records/{index}/evidence").content
    trust = services.trust.current(services.loop.state.at)
    assert verify_evidence(evidence, trust=trust).verdict is Verdict.VALID
    assert services.chain.statuses(log.log_id, [(index, 0)])[0][0] is Status.REVOKED, "the contract still holds it"

    assert sillok(office, "key", "undo", key_id) == 2, "a clerk may not"
    assert sillok(office, "key", "undo", key_id, role="operator") == 0
    assert "Undone: 1." in capsys.readouterr().out
    assert services.chain.statuses(log.log_id, [(index, 0)])[0][0] is Status.ACTIVE
    assert office.get(f"/v1/verifications?sha256={'bb' * 32}").json()["verdict"] == "valid"


def test_an_operator_adds_people_and_lets_in_again_who_lost_a_password(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    def account(*words: str, password: str | None = None) -> int:
        given = ()
        if password is not None:
            Path("password").write_text(f"{password}\n")
            given = ("--password-file", "password")
        return sillok(office, "account", *words, *given, role="operator")

    first, second = "넓은 들 푸른 소나무 하나", "맑은 물 높은 산 그리고 둘"
    accounts = office.services.accounts
    assert account("add", "hong", "--name", "홍길동", password=first) == 0
    signed = accounts.sign_in("hong", first)
    assert signed is not None
    assert account("reset", "hong", password="short") == 2
    assert "12 to 200 characters" in capsys.readouterr().err
    assert account("reset", "hong") == 2
    assert "--password-file" in capsys.readouterr().err, "nobody can be asked here"
    assert account("reset", "hung", password=second) == 2
    assert "sillok account list" in capsys.readouterr().err
    assert accounts.signed_in(signed.token) is not None, "what was refused changed nothing"

    assert account("reset", "hong", password=second) == 0
    assert "every session of it has ended" in capsys.readouterr().out
    assert accounts.signed_in(signed.token) is None
    assert accounts.sign_in("hong", first) is None
    assert accounts.sign_in("hong", second) is not None

    number = str(signed.account.account_no)
    assert account("disable", number) == 0
    assert account("list") == 0
    assert "disabled" in capsys.readouterr().out
    assert account("reset", "hong", password=first) == 2
    assert "Add the person anew" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["trust", "--out", "nowhere/trust.note"], ["nowhere/trust.note", "No such file", "another place"]),
        (["anchor", "one.txt", "--evidence", "one.txt/evidence"], ["one.txt/evidence", "Not a directory"]),
        (["anchor", "one.txt", "--kind", "Bad"], ["The first that was refused: one.txt: ", "'Bad' is not a kind"]),
        (["show", "cd" * 32], ["cd" * 32, "No record has this SHA-256"]),
        (["key", "undo", "abc"], ["'abc' is no key's id", "64 hex digits", "sillok key list"]),
        (["key", "compromised", "AB" * 32, "--yes"], ["no key's id"]),
        (["key", "compromised", "ab" * 32, "--yes", "--since", "yesterday"], ["'yesterday'", "YYYY-MM-DD"]),
        (["account", "add", "hong", "--name", "x", "--password-file", "key.bin"], ["key.bin", "no UTF-8 text"]),
        (["account", "add", "hong", "--name", "x", "--password-file", "none"], ["none", "No such file"]),
        *(
            (["account", "list", "--key-file", name], [name, "no API key in this file", "--key-file"])
            for name in ("key.bin", "key.lines", "key.korean", "key.empty")
        ),
        (["account", "list", "--key-file", "none"], ["none", "No such file", "--key-file"]),
    ],
)
def test_what_was_typed_wrong_is_told_with_its_place_and_what_to_do(
    office: Office, capsys: pytest.CaptureFixture[str], words: list[str], told: list[str]
) -> None:
    Path("one.txt").write_text("one")
    Path("key.bin").write_bytes(b"\xff\xfe")
    for name, text in (("lines", "one\ntwo"), ("korean", "열쇠"), ("empty", " \n")):
        Path(f"key.{name}").write_text(text)
    where = ["--url", office.url]
    where += ["--agency", SEOUL] if words[0] != "trust" else []
    if words[0] not in ("trust", "show") and "--key-file" not in words:
        where += ["--key-file", "clerk.key" if words[0] == "anchor" else "operator.key"]
    assert main.main([*words, *where]) != 0
    err = capsys.readouterr().err
    assert [part for part in told if part not in err] == [], err


def test_without_an_agency_the_folder_is_named_that_has_no_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["account", "list", "--data", str(tmp_path / "nothing")]) == 2
    err = capsys.readouterr().err
    assert f"{tmp_path / 'nothing'}: Which agency is meant?" in err
    assert "--data" in err


def test_an_operator_hands_over_what_a_member_signed_elsewhere(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The service's machine holds no member's key here; the member's machine has the keystore and no service."""
    monkeypatch.setattr(office.services.governor._council, "_signers", ())  # type: ignore[attr-defined]
    council = ("--url", office.url, "--key-file", "operator.key")
    agency = {"code": "2800000", "nameKo": "인천광역시", "nameEn": "Incheon", "contact": "032-120"}
    refused = office.call("POST", "/v1/agencies", role="operator", json=agency)
    assert (refused.status_code, refused.json()["type"].rsplit("/", 1)[-1]) == (409, "chain-refused")
    assert "sillok council sign" in refused.json()["fix"]
    assert main.main(["council", "list", "--out", "acts", *council]) == 0
    assert "0 of 1 signatures" in capsys.readouterr().out
    files = [str(path) for path in sorted(Path("acts").iterdir())]
    assert len(files) == 8
    assert main.main(["council", "send", files[0], *council]) == 0
    assert "happened: 0" in capsys.readouterr().out

    data = office.settings.data
    (deployment,) = (data / "deployments").glob("*.json")
    keys = ("--keystore", str(data / "keystore.json"), "--password-file", str(data / "keystore.password"))
    assert main.main(["council", "sign", *files, "--deployment", "elsewhere.json", *keys, "--yes"]) == 2
    assert "elsewhere.json: There is no deployment file here." in capsys.readouterr().err
    assert main.main(["council", "sign", *files, "--deployment", str(deployment), *keys, "--yes"]) == 0
    assert main.main(["council", "send", *files[::-1], *council]) == 0
    assert "happened: 8. Acts that still wait for signatures: 0." in capsys.readouterr().out
    assert office.call("POST", "/v1/agencies", role="operator", json=agency).status_code == 201
    assert main.main(["council", "list", *council]) == 0
    assert "No act waits" in capsys.readouterr().out
    assert main.main(["council", "send", files[0], *council]) == 2, "it happened already"

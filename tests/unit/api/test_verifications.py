"""Verification and status over HTTP: a negative verdict is an answer, an unreadable question is not."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from support.service import SEOUL, Office

from api.limits import VERIFYING_AT_ONCE
from ledger.errors import ChainError
from ledger.ports.chain import Block
from ledger.verification.gathering import HEAD_AGE_S

A = f"/v1/agencies/{SEOUL}"


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture(scope="module")
def issued(office: Office) -> dict[str, object]:
    record = office.issue({"kind": "certificate", "sha256": sha256("to verify"), "facts": {"holder.name": "홍길동"}})
    office.wait_anchored(int(str(record["index"])) + 1)
    return record


def change(office: Office, body: dict[str, object], key: str) -> dict[str, object]:
    response = office.call("POST", f"{A}/status", role="clerk", json=body, headers={"Idempotency-Key": key})
    assert response.status_code == 202, response.text
    act: dict[str, object] = response.json()
    end = time.monotonic() + 60
    while act["state"] not in ("final", "refused"):
        assert time.monotonic() < end, act
        time.sleep(0.05)
        act = office.get(f"{A}/status/{act['act']}").json()
    assert act["state"] == "final", act
    return act


def test_the_same_file_is_valid_and_every_check_is_listed(office: Office, issued: dict[str, object]) -> None:
    report = office.get(f"/v1/verifications?sha256={sha256('to verify')}").json()
    assert report["verdict"] == "valid"
    assert [check["number"] for check in report["checks"]] == list(range(1, 20))
    assert report["asOf"]
    assert report["about"]["agency"] == SEOUL


def test_another_file_with_its_number_is_altered_and_without_it_not_found(
    office: Office, issued: dict[str, object]
) -> None:
    other = sha256("something else")
    altered = office.get(f"/v1/verifications?number={issued['number']}&sha256={other}")
    assert (altered.status_code, altered.json()["verdict"]) == (200, "altered")
    unknown = office.get(f"/v1/verifications?sha256={other}")
    assert (unknown.status_code, unknown.json()["verdict"]) == (200, "not-found")


def test_evidence_in_hand_is_verified_with_its_file(office: Office, issued: dict[str, object]) -> None:
    evidence = office.get(f"{A}/records/{issued['index']}/evidence").content
    address = f"/v1/verifications?sha256={sha256('to verify')}&number={issued['number']}"
    assert office.call("POST", address, content=evidence).json()["verdict"] == "valid"
    flipped = bytes([*evidence[:500], evidence[500] ^ 1, *evidence[501:]])
    answer = office.call("POST", address, content=flipped)
    assert answer.status_code in (200, 422)
    if answer.status_code == 200:
        assert answer.json()["verdict"] != "valid"
    assert office.call("POST", address, content=b"x" * 300_000).status_code == 413


def test_a_question_that_cannot_be_read_has_no_verdict(office: Office) -> None:
    for query in ("", "?number=1234", "?sha256=xyz", f"?sha256={'0' * 64}&asOf=yesterday", "?sha256=" + "A" * 64):
        response = office.get(f"/v1/verifications{query}")
        assert response.status_code == 422, query
        assert "verdict" not in response.json()


def test_suspended_resumed_revoked_and_the_history_tells_it(office: Office) -> None:
    record = office.issue({"kind": "certificate", "sha256": sha256("to revoke")})
    index = int(str(record["index"]))
    office.wait_anchored(index + 1)
    question = f"/v1/verifications?sha256={sha256('to revoke')}"
    change(office, {"to": "suspended", "reason": "legal-order", "numbers": [record["number"]]}, "s1")
    assert office.get(question).json()["verdict"] == "suspended"
    change(office, {"to": "active", "indexes": [index]}, "s2")
    assert office.get(question).json()["verdict"] == "valid"
    before = office.get(question).json()["asOf"]
    time.sleep(1.1)
    act = change(office, {"to": "revoked", "reason": "issued-in-error", "indexes": [index]}, "s3")
    assert act["touched"] == 1
    assert office.get(question).json()["verdict"] == "revoked"
    assert office.get(f"{question}&asOf={before}").json()["verdict"] == "valid", "a withdrawal leaves the past valid"
    history = office.get(f"{A}/records/{index}/history").json()
    steps = [(act["from"], act["to"], act["reason"]) for act in history["acts"]]
    assert steps == [
        ("active", "suspended", "legal-order"),
        ("suspended", "active", "unspecified"),
        ("active", "revoked", "issued-in-error"),
    ]
    assert history["status"]["worse"] == "revoked"
    again = office.call("POST", f"{A}/status", role="clerk", json={"to": "suspended", "indexes": [index]})
    assert again.status_code == 409, "nothing follows revoked"


def test_a_retried_act_is_the_same_act_and_another_body_a_conflict(office: Office) -> None:
    record = office.issue({"kind": "certificate", "sha256": sha256("to suspend")})
    office.wait_anchored(int(str(record["index"])) + 1)
    body: dict[str, object] = {"to": "suspended", "indexes": [record["index"]]}
    first = change(office, body, "same")
    headers = {"Idempotency-Key": "same"}
    assert office.call("POST", f"{A}/status", role="clerk", json=body, headers=headers).json()["act"] == first["act"]
    other = {**body, "to": "revoked"}
    assert office.call("POST", f"{A}/status", role="clerk", json=other, headers=headers).status_code == 409


@pytest.mark.parametrize(
    "body",
    [
        {"to": "gone", "indexes": [0]},
        {"to": "revoked"},
        {"to": "revoked", "indexes": [0], "numbers": ["0000-0000-0000-0000"]},
        {"to": "revoked", "indexes": [-1]},
        {"to": "revoked", "indexes": [0], "because": "a name"},
        {"to": "suspended", "indexes": [0], "retroactive": True},
        {"to": "revoked", "numbers": ["1234-5678-9012-3456"]},
    ],
)
def test_an_act_that_contradicts_itself_is_refused(office: Office, body: dict[str, object]) -> None:
    response = office.call("POST", f"{A}/status", role="clerk", json=body)
    assert response.status_code == 422, response.text


def test_acts_of_another_agency_are_not_told(office: Office) -> None:
    assert office.get("/v1/agencies/6260000/status/1").status_code == 404
    assert office.get(f"{A}/status/999999").status_code == 404


class Crowd:
    """Counts how many threads are in a function at one moment, and how many at most."""

    def __init__(self) -> None:
        self.inside = self.most = 0
        self._counting = threading.Lock()

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            with self._counting:
                self.inside += 1
                self.most = max(self.most, self.inside)
            try:
                time.sleep(0.01)
                return function(*args, **kwargs)
            finally:
                with self._counting:
                    self.inside -= 1

        return counted


def test_many_who_ask_at_one_moment_are_answered_in_turn(
    office: Office, issued: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    verification, asking, reading = office.services.verification, Crowd(), Crowd()
    monkeypatch.setattr(verification, "by_digest", asking.around(verification.by_digest))
    monkeypatch.setattr(verification, "_look_up", reading.around(verification._look_up))
    question = f"/v1/verifications?sha256={sha256('to verify')}"
    with ThreadPoolExecutor(12) as people:
        answers = list(people.map(lambda _: office.get(question).json()["verdict"], range(24)))
    assert answers == ["valid"] * 24
    assert asking.most == VERIFYING_AT_ONCE
    assert reading.most == 1


def test_while_the_chain_is_silent_everybody_is_told_so_after_one_try_or_two(
    office: Office, issued: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not after a try for each who stood in line before them."""
    tries: list[float] = []

    def silent() -> Block:
        tries.append(time.monotonic())
        time.sleep(0.5)
        raise ChainError("The chain does not answer.")

    monkeypatch.setattr(office.services.chain, "head", silent)
    time.sleep(HEAD_AGE_S)
    question = f"/v1/verifications?sha256={sha256('to verify')}"
    with ThreadPoolExecutor(12) as people:
        told = [people.submit(office.get, question) for _ in range(12)]
        assert {one.result().status_code for one in told} == {503}
    assert len(tries) <= 4

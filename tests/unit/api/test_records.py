"""Records over HTTP: what a clerk gets back, what a retry gets, what strangers see."""

from __future__ import annotations

import hashlib
import json
import threading
from base64 import urlsafe_b64decode

import pytest
from support.service import BUSAN, SEOUL, Office

from api.limits import MAX_RECORD_BYTES
from ledger.log.limits import MAX_BODY_BYTES, MAX_LINE_BYTES
from ledger.merkle.nodes import leaf_hash
from ledger.merkle.verify import verify_inclusion
from ledger.records.note import parse_note
from ledger.records.number import check_digit, parse_number
from ledger.records.receipt import parse_receipt

A = f"/v1/agencies/{SEOUL}"


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_record_comes_back_with_a_receipt_that_proves_it(office: Office) -> None:
    answer = office.issue({"kind": "certificate", "sha256": sha256("proved"), "facts": {"holder.name": "홍길동"}})
    assert parse_number(str(answer["number"]))
    receipt = parse_receipt(parse_note(str(answer["receipt"])).text)
    assert receipt.size == answer["size"]
    leaf = json.dumps(answer["record"], separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()
    path = [urlsafe_b64decode(node + "=" * (-len(node) % 4)) for node in answer["proof"]]  # type: ignore[attr-defined]
    verify_inclusion(
        leaf_hash=leaf_hash(leaf),
        index=answer["index"],  # type: ignore[arg-type]
        size=receipt.size,
        path=path,  # type: ignore[arg-type]
        root=receipt.root,
    )


def test_a_retry_gets_the_same_record_and_another_body_a_conflict(office: Office) -> None:
    submission = {"kind": "certificate", "sha256": sha256("retry"), "facts": {"holder.name": "성춘향"}}
    headers = {"Idempotency-Key": "retry-1"}
    first = office.call("POST", f"{A}/records", role="clerk", json=submission, headers=headers)
    again = office.call("POST", f"{A}/records", role="clerk", json=submission, headers=headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert {**again.json(), "created": True} == first.json()
    other = office.call("POST", f"{A}/records", role="clerk", json={**submission, "facts": {}}, headers=headers)
    assert other.status_code == 409
    assert other.json()["type"] == "/problems/conflict"


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"", None),
        (b"[]", None),
        (b'{"kind":"certificate","kind":"document"}', None),
        (b'{"kind":"certificate","sha256":"AB"}', "sha256"),
        (b'{"kind":"nothing"}', "kind"),
        (b'{"kind":"document","sha256":"' + b"0" * 64 + b'","number":"1234-5678-9012-3456"}', None),
        (b'{"kind":"document","sha256":"' + b"0" * 64 + b'","extra":1}', "extra"),
        (b'{"kind":"activity","facts":{"a":1.5}}', "facts.a"),
        (b'{"kind":"activity","facts":{"a":NaN}}', None),
    ],
)
def test_what_cannot_be_read_is_422_and_says_where(office: Office, body: bytes, where: str | None) -> None:
    response = office.call("POST", f"{A}/records", role="clerk", content=body)
    assert response.status_code == 422, response.text
    if where is not None:
        assert response.json()["where"] == where


def test_single_and_bulk_take_the_same_sizes() -> None:
    assert MAX_RECORD_BYTES == MAX_BODY_BYTES == MAX_LINE_BYTES


def test_64_clerks_at_once_get_64_records(office: Office) -> None:
    answers: list[int] = []

    def issue(number: int) -> None:
        answers.append(int(str(office.issue({"kind": "document", "sha256": sha256(f"clerk {number}")})["index"])))

    threads = [threading.Thread(target=issue, args=(number,)) for number in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(answers)) == 64


def test_strangers_see_of_a_person_s_record_its_digest_and_number_only(office: Office) -> None:
    digest = sha256("person")
    issued = office.issue({"kind": "certificate", "sha256": digest, "facts": {"holder.name": "임꺽정", "x": 1}})
    by_number = office.get(f"/v1/records?number={issued['number']}")
    by_digest = office.get(f"/v1/records?sha256={digest}")
    by_index = office.get(f"{A}/records/{issued['index']}")
    assert by_number.json() == by_index.json() == by_digest.json()["records"][0]
    assert by_number.json()["facts"] == [
        {"path": "certificate.number", "value": issued["number"]},
        {"path": "document.sha256", "value": digest},
        {"withheld": 6},
    ]
    for response in (by_number, by_digest, by_index, office.get(f"{A}/records/{issued['index']}/evidence")):
        assert response.headers["cache-control"] == "no-store"
        assert "임꺽정" not in response.text
    whole = office.get(f"{A}/records/{issued['index']}/evidence?disclose=all", role="clerk")
    assert whole.headers["content-type"] == "application/vnd.sillok.evidence.v1+json"
    assert len([fact for fact in whole.json()["facts"] if "d" in fact]) == 8


def test_everybody_sees_all_of_a_public_record(office: Office) -> None:
    issued = office.issue({"kind": "procurement/plan", "facts": {"plan.amount": "11600000000"}})
    facts = office.get(f"{A}/records/{issued['index']}").json()["facts"]
    assert facts == [{"path": "plan.amount", "value": "11600000000"}]
    evidence = office.get(f"{A}/records/{issued['index']}/evidence?disclose=all")
    assert evidence.status_code == 200


def test_a_number_may_be_typed_without_dashes_and_a_wrong_one_is_told_from_an_unknown_one(office: Office) -> None:
    issued = office.issue({"kind": "certificate", "sha256": sha256("typed")})
    typed = str(issued["number"]).replace("-", " ")
    assert office.get(f"/v1/records?number={typed}").json()["index"] == issued["index"]
    unused = f"000000000000001{check_digit('000000000000001')}"
    assert office.get(f"/v1/records?number={unused}").status_code == 404
    wrong = unused[:-1] + str((int(unused[-1]) + 1) % 10)
    assert office.get(f"/v1/records?number={wrong}").status_code == 422
    assert office.get("/v1/records").status_code == 422
    assert office.get(f"/v1/records?number={unused}&sha256={'0' * 64}").status_code == 422
    assert office.get(f"/v1/records?sha256={'0' * 64}").json() == {"records": []}
    assert office.get(f"{A}/records/99999999").status_code == 404
    assert office.get(f"/v1/agencies/{BUSAN}/records/0").status_code == 404
    assert office.get("/v1/agencies/1234567/records/0").status_code == 404
    assert office.get("/v1/agencies/seoul/records/0").status_code == 422


def test_a_bulk_job_answers_each_line_resumes_and_downloads_its_evidence(office: Office) -> None:
    lines = [json.dumps({"kind": "document", "sha256": sha256(f"bulk {n}")}) for n in range(1, 1201)]
    lines[6] = "null"
    lines[7] = ""
    lines[8] = "x" * (MAX_LINE_BYTES + 10)
    path = f"{A}/records:bulk?job=may"
    first = [
        json.loads(line)
        for line in office.call("POST", path, role="clerk", content="\n".join(lines[:800])).iter_lines()
    ]
    assert [answer["line"] for answer in first[:-1]] == list(range(1, 801))
    assert [answer["line"] for answer in first[:-1] if "problem" in answer] == [7, 8, 9]
    assert first[8]["problem"]["where"] == "line 9"
    assert set(first[8]["problem"]) == {"type", "title", "status", "detail", "where", "fix", "instance"}
    assert first[-1] == {"done": True, "batch": first[-1]["batch"], "accepted": 797, "created": 797, "failed": 3}
    # The connection broke and nobody knows where: sent again from line 700 on, each line keeps its record.
    resumed = [
        json.loads(line)
        for line in office.call(
            "POST", f"{path}&firstLine=700", role="clerk", content="\n".join(lines[699:])
        ).iter_lines()
    ]
    assert [answer["line"] for answer in resumed[:-1]] == list(range(700, 1201))
    assert resumed[0] == {**first[699], "created": False}
    assert resumed[-1]["accepted"] == 501
    assert resumed[-1]["created"] == 400
    office.wait_anchored(resumed[-2]["index"] + 1)
    rows, after = [], -1
    while page := list(
        office.get(f"{A}/evidence?batch={first[-1]['batch']}&after={after}&limit=500", role="clerk").iter_lines()
    ):
        rows += [json.loads(line) for line in page]
        after = rows[-1]["index"]
    assert len(rows) == 1197
    assert rows[0]["sha256"] == sha256("bulk 1")
    assert rows[0]["number"] == first[0]["number"]
    report = office.call("POST", f"/v1/verifications?sha256={rows[0]['sha256']}", content=rows[0]["evidence"]).json()
    assert report["verdict"] == "valid"


def test_a_process_is_traced_step_by_step_and_exported(office: Office) -> None:
    process = "ocds-213czf-000/00001"
    for kind, amount in (("procurement/plan", "100"), ("procurement/award", "90")):
        office.issue({"kind": kind, "process": {"id": process}, "facts": {"plan.amount": amount}})
    address = "/v1/processes/ocds-213czf-000/00001"
    trace = office.get(address).json()
    assert [step["seq"] for step in trace["steps"]] == [1, 2]
    last = office.issue({"kind": "procurement/contract", "process": {"id": process}, "facts": {"plan.amount": "91"}})
    office.wait_anchored(int(str(last["index"])) + 1)
    export = office.get(f"{address}?export=true")
    assert export.headers["content-type"] == "application/json"
    assert len(export.json()["steps"]) == 3
    assert office.get("/v1/processes/ocds-nothing").status_code == 404


def test_a_job_needs_a_name_and_a_key_before_a_line_is_read(office: Office) -> None:
    line = json.dumps({"kind": "document", "sha256": sha256("never")})
    assert office.call("POST", f"{A}/records:bulk", role="clerk", content=line).status_code == 422
    assert office.call("POST", f"{A}/records:bulk?job=a b", role="clerk", content=line).status_code in (200, 422)
    assert office.call("POST", f"{A}/records:bulk?job=x", content=line).status_code == 401
    assert office.get(f"/v1/records?sha256={sha256('never')}").json() == {"records": []}

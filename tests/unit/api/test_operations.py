"""What the operator sees, and what nobody may see: health, numbers, limits, and a log without a single number."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import httpx
import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families
from support.service import SEOUL, Office, running_office

from api.logs import configure_logs
from ledger.errors import ChainError
from ledger.log.health import Component, Snapshot, State

A = f"/v1/agencies/{SEOUL}"


def test_health_names_each_component_and_numbers_are_prometheus_text(office: Office) -> None:
    office.issue({"kind": "document", "sha256": hashlib.sha256(b"healthy").hexdigest()})
    health = office.get("/healthz")
    assert health.status_code == 200
    names = {component["name"] for component in health.json()["components"]}
    assert {"store", "chain", "sequencers", "outbox"} <= names
    families = {family.name: family for family in text_string_to_metric_families(office.get("/metrics").text)}
    sizes = {sample.labels["log"]: sample.value for sample in families["sillok_log_records"].samples}
    assert sizes[f"sillok.example/{SEOUL}"] >= 1
    assert "sillok_log_receipt_late_seconds" in families
    assert office.get("/readyz").json() == {"ready": True}


def test_a_missed_deadline_is_503_with_its_words(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    late = Component(name="anchoring x", state=State.FAILING, text="A receipt's deadline passed 7 s ago.")
    snapshot = Snapshot(at=office.services.health.snapshot().at, state=State.FAILING, components=(late,), metrics=())
    monkeypatch.setattr(office.services.health, "snapshot", lambda: snapshot)
    health = office.get("/healthz")
    assert health.status_code == 503
    assert health.json()["components"][0]["text"] == late.text


def test_no_answer_from_the_chain_is_503_and_no_verdict(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    record = office.issue({"kind": "certificate", "sha256": hashlib.sha256(b"chain away").hexdigest()})

    def away(*_: object) -> None:
        raise ChainError("The chain does not answer.")

    for name in ("identity", "head", "finalized", "block", "events", "statuses"):
        monkeypatch.setattr(office.services.chain, name, away)
    response = office.get(f"/v1/verifications?number={record['number']}")
    if response.status_code == 200:
        assert response.json()["verdict"] in ("cannot-check", "not-anchored-yet")
    else:
        assert (response.status_code, response.json()["type"]) == (503, "/problems/chain")
        assert "verdict" not in response.json()
        page = office.get(f"/r/{record['number']}", accept="text/html")
        assert page.status_code == 503
        assert "문서가 잘못되었다는 뜻이 아닙니다" in page.text


def test_nothing_that_names_a_document_or_a_person_reaches_the_log(tmp_path: Path) -> None:
    stream = io.StringIO()
    digest, name, process = hashlib.sha256(b"marker").hexdigest(), "표지이름", "ocds-marker-77"
    try:
        with running_office(tmp_path / "quiet") as office:
            configure_logs(stream, delayed=False)
            issued = office.issue(
                {"kind": "certificate", "sha256": digest, "facts": {"holder.name": name}, "process": {"id": process}}
            )
            number = str(issued["number"])
            markers = [number, number.replace("-", ""), digest, name, process, office.keys["clerk"]]
            index = issued["index"]
            for path in (
                f"/v1/records?number={number}",
                f"/v1/records?sha256={digest}",
                f"/v1/verifications?number={number}&sha256={digest}",
                f"/r?number={number}",
                f"/r/{number}",
                f"/r/{number}x",
                f"/nothing/{number}",
                f"/v1/processes/{process}",
                f"{A}/records/{index}/evidence",
                f"/v1/records?number={number}&lang={digest}",
            ):
                office.get(path, role="clerk", referer=f"{office.url}/r/{number}")
            office.call("POST", "/check", content=f"sha256={digest}&number={number}")
            office.call("POST", f"{A}/records", role="clerk", json={"kind": name})
            line = json.dumps({"kind": "document", "sha256": digest, "facts": {"holder.name": name}})
            office.call("POST", f"{A}/records:bulk?job={process}", role="clerk", content=line)
            httpx.get(office.url + "/v1/records", headers={"Authorization": f"Bearer {number}"})
            httpx.request("BREW", office.url + f"/r/{number}")
    finally:
        structlog.reset_defaults()
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert len([line for line in lines if line.get("event") == "request"]) >= 14
    assert {"/r/{number}", "/v1/records", f"{A}/records".replace(SEOUL, "{agency}")} <= {
        line.get("route") for line in lines
    }
    for marker in markers:
        assert marker not in stream.getvalue(), "the log names a document or a person"


def test_who_walks_through_numbers_is_told_to_wait_and_a_clerk_is_not(tmp_path: Path) -> None:
    with running_office(tmp_path / "limited", lookups_per_s=1.0, writes_per_s=1000.0) as office:
        question = f"/v1/records?sha256={'00' * 32}"
        statuses = [office.get(question).status_code for _ in range(8)]
        assert statuses.count(200) in (4, 5)
        assert statuses[-1] == 429
        refused = office.get(question)
        assert int(refused.headers["retry-after"]) >= 1
        assert refused.json()["type"] == "/problems/rate-limited"
        assert office.get(f"/r/{'0' * 16}", accept="text/html").status_code == 429
        assert all(office.get(question, role="clerk").status_code == 200 for _ in range(20))
        assert office.get(f"/log/{SEOUL}/checkpoint").status_code in (200, 404), "the log itself is open"
        assert office.get("/healthz").status_code == 200


def test_who_tries_keys_out_is_told_to_wait_too(tmp_path: Path) -> None:
    with running_office(tmp_path / "guessed", lookups_per_s=1.0) as office:
        office.keys["guess"] = "x" * 43
        statuses = [office.get(f"{A}/evidence?batch=1", role="guess").status_code for _ in range(8)]
        assert set(statuses) == {401, 429}

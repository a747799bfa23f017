"""A process is put in order by seq, changes are named, and completeness is claimed only as far as was read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.office import T0, Office, digest

from ledger.errors import FormatError, UnknownVersionError
from ledger.hashing.canonical import encode
from ledger.procurement.export import (
    Export,
    ExportedStep,
    Head,
    Listed,
    encode_export,
    parse_export,
)
from ledger.procurement.recheck import recheck
from ledger.procurement.trace import Claim, Entry, Reading, trace
from ledger.records.record import ProcessStep
from ledger.values import Instant, LogIndex, TreeSize, Verdict

OCID = "ocds-213czf-000-00001"
STORY: list[tuple[str, dict[str, Any]]] = [
    ("procurement/plan", {"plan.amount": "900000000", "plan.currency": "KRW"}),
    ("procurement/tender", {"tender.amount": "850000000", "tender.currency": "KRW", "tender.closes": "2026-12-01"}),
    ("procurement/award", {"award.amount": "702000000", "award.currency": "KRW", "award.supplier": "한강전산"}),
    ("procurement/contract", {"contract.amount": "702000000", "contract.currency": "KRW"}),
    ("procurement/amendment", {"contract.amount": "770000000", "contract.currency": "KRW"}),
    ("procurement/payment", {"payment.amount": "100000000", "payment.currency": "KRW"}),
]


@pytest.fixture
def office() -> Office:
    office = Office()
    office.issue({"document.sha256": digest("another matter").hex()})
    for seq, (kind, facts) in enumerate(STORY, start=1):
        office.issue(facts, kind=kind, process=ProcessStep(id=OCID, seq=seq))
    office.anchor(block=42, time=60)
    return office


def entries(office: Office, **changes: Any) -> list[Entry]:
    settings: dict[str, Any] = {
        "accepted_at": Instant(T0 + 1),
        "anchored_at": Instant(T0 + 60),
        "or_earlier": False,
        "max_delay_s": 3600,
    }
    return [
        Entry(
            origin=office.origin,
            index=LogIndex(one.index),
            record=one.record,
            disclosed=one.disclosures,
            **(settings | changes),
        )
        for one in office.issued
        if one.record.process is not None
    ]


def export_of(office: Office) -> Export:
    steps = tuple(
        ExportedStep(
            place=Listed(seq=one.record.process.seq, origin=office.origin, index=LogIndex(one.index)),
            accepted_at=Instant(T0 + 1),
            evidence=office.evidence(one.index),
        )
        for one in office.issued
        if one.record.process is not None
    )
    return Export(
        process_id=OCID,
        steps=steps,
        listed=tuple(step.place for step in steps),
        heads=(Head(origin=office.origin, checkpoint=office.checkpoint(office.size)),),
    )


def test_steps_stand_in_order_with_amounts_and_what_changed(office: Office) -> None:
    told = trace(OCID, entries(office)[::-1])
    assert [step.seq for step in told.steps] == [1, 2, 3, 4, 5, 6]
    assert [step.amounts[0].value for step in told.steps] == [facts[next(iter(facts))] for _, facts in STORY]
    assert {step.amounts[0].currency for step in told.steps} == {"KRW"}
    changed = {step.seq: [(c.path, c.before, c.after, c.before_seq) for c in step.changes] for step in told.steps}
    assert changed.pop(5) == [("contract.amount", "702000000", "770000000", 4)]
    assert not any(changed.values())
    assert told.claim is Claim.NO_GAP
    assert "no gap up to step 6" in told.sentence


@pytest.mark.parametrize("gone", [1, 2, 5])
def test_a_missing_number_is_named(office: Office, gone: int) -> None:
    told = trace(OCID, [entry for entry in entries(office) if entry.record.process != ProcessStep(id=OCID, seq=gone)])
    assert told.missing == (gone,)
    assert told.claim is Claim.GAPS
    assert f"step {gone}" in told.sentence


def test_the_last_step_is_missed_only_where_something_says_that_it_was_there(office: Office) -> None:
    without_last = entries(office)[:-1]
    assert trace(OCID, without_last).missing == ()
    assert trace(OCID, without_last, expected=range(1, 7)).missing == (6,)


def test_completeness_is_claimed_only_after_reading_everything(office: Office) -> None:
    read = [Reading(origin=office.origin, size=TreeSize(7), anchored_at=Instant(T0 + 60))]
    assert trace(OCID, entries(office), readings=read).claim is Claim.ALL
    assert trace(OCID, entries(office), readings=read, problems=["x"]).claim is Claim.NO_GAP
    assert trace(OCID, entries(office)[1:], readings=read).claim is Claim.GAPS
    assert trace(OCID, [], readings=read).claim is Claim.NOTHING
    assert "outside the ledger" in trace(OCID, entries(office), readings=read).sentence


def test_a_claimed_time_far_from_the_anchor_is_flagged(office: Office) -> None:
    claimed = office.issued[1].record.recorded_at
    for at, flagged in ((-301, True), (-300, False), (3600, False), (3601, True)):
        told = trace(OCID, entries(office, anchored_at=Instant(claimed + at))[:1])
        assert told.steps[0].lags is flagged
    assert not trace(OCID, entries(office, anchored_at=None)).steps[0].lags


def test_the_trace_is_plain_json_without_pads(office: Office) -> None:
    told = json.loads(json.dumps(trace(OCID, entries(office)).to_json(), ensure_ascii=False))
    assert [fact["path"] for fact in told["steps"][1]["facts"]] == [
        "tender.amount",
        "tender.closes",
        "tender.currency",
    ]
    assert told["steps"][4]["changes"] == [
        {"path": "contract.amount", "before": "702000000", "after": "770000000", "beforeSeq": 4}
    ]


def test_an_export_is_rechecked_offline(office: Office) -> None:
    data = encode_export(export_of(office))
    again = recheck(parse_export(data), office.trust())
    assert again.holds
    assert [report.verdict for report in again.reports] == [Verdict.VALID] * 6
    assert [step.seq for step in again.trace.steps] == [1, 2, 3, 4, 5, 6]
    assert {step.entry.anchored_at for step in again.trace.steps} == {T0 + 60}
    assert again.trace.claim is Claim.NO_GAP


@pytest.mark.parametrize("gone", range(6))
def test_one_step_deleted_from_an_export_is_named(office: Office, gone: int) -> None:
    value = json.loads(encode_export(export_of(office)))
    del value["steps"][gone]
    again = recheck(parse_export(encode(value)), office.trust())
    assert not again.holds
    assert again.trace.missing == (gone + 1,)
    assert any(f"Step {gone + 1} " in problem for problem in again.trace.problems)


def test_a_step_of_another_process_or_place_is_named(office: Office) -> None:
    value = json.loads(encode_export(export_of(office)))
    value["steps"][2]["evidence"] = value["steps"][3]["evidence"]
    again = recheck(parse_export(encode(value)), office.trust())
    assert "The evidence of step 3 is of another record." in again.trace.problems
    assert not again.holds


def test_a_changed_amount_in_an_export_is_altered(office: Office) -> None:
    export = export_of(office)
    step = ExportedStep(place=export.steps[2].place, accepted_at=None, evidence=export.steps[2].evidence[:-1])
    again = recheck(
        Export(process_id=OCID, steps=(*export.steps[:2], step, *export.steps[3:]), listed=export.listed, heads=()),
        office.trust(),
    )
    assert again.reports[2].verdict is Verdict.ALTERED
    assert again.trace.missing == (3,)


def test_a_head_that_the_log_did_not_sign_is_named(office: Office) -> None:
    value = json.loads(encode_export(export_of(office)))
    value["heads"][0]["checkpoint"] = value["heads"][0]["checkpoint"].replace("\n7\n", "\n9\n")
    again = recheck(parse_export(encode(value)), office.trust())
    assert not again.holds
    assert any("head" in problem for problem in again.trace.problems)


def test_without_a_trust_file_nothing_holds(office: Office) -> None:
    again = recheck(export_of(office), None)
    assert not again.holds
    assert {report.verdict for report in again.reports} == {Verdict.UNKNOWN_ISSUER}


def test_an_export_is_read_strictly(office: Office) -> None:
    value = json.loads(encode_export(export_of(office)))
    for change in (
        {"sillok": "process-export/v9"},
        {"sillok": "evidence/v1"},
        {"more": 1},
        {"steps": {}},
        {"listed": [{"seq": 0, "origin": "x", "index": 0}]},
        {"listed": [{"seq": 1, "origin": "x", "index": -1}]},
        {"process": 3},
        {"heads": [{"origin": "x"}]},
    ):
        with pytest.raises(FormatError):
            parse_export(encode({**value, **change}))
    with pytest.raises(UnknownVersionError):
        parse_export(encode({**value, "sillok": "process-export/v9"}))
    with pytest.raises(FormatError):
        parse_export(encode([1]))

"""The vectors that Python reads (tests/vectors), read by the browser's verifier."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.browser_verifier import ROOT, BrowserVerifier

VECTORS = ROOT / "tests/vectors"
FORMS = (
    "numbers.json",
    "origins.json",
    "checkpoints.json",
    "receipts.json",
    "status-notes.json",
    "keys.json",
    "tlog-proofs.json",
    "trust-files.json",
    "disclosures.json",
    "records.json",
    "evidence.json",
)
Case = dict[str, Any]


def cases(name: str) -> list[Case]:
    found: list[Case] = json.loads((VECTORS / name).read_text(encoding="utf-8"))
    assert found
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[BrowserVerifier]:
    with BrowserVerifier() as running:
        yield running


@pytest.mark.parametrize("name", FORMS)
def test_good_forms_come_out_as_they_went_in_and_bad_ones_are_refused(browser: BrowserVerifier, name: str) -> None:
    for case in cases(name):
        given = {key: case[key] for key in ("text", "b64") if key in case}
        answer = browser.ask("form", file=name, **given)
        if case["valid"]:
            # Records and evidence go as bytes, which JSON cannot carry back: that they were taken is enough.
            assert "ok" in answer, case["name"]
            assert "b64" in given or answer["ok"] == case["text"], case["name"]
        else:
            unknown = case.get("error") == "unknown-version"
            assert answer.get("error") == ("UnknownVersionError" if unknown else "FormatError"), case["name"]


def test_a_disclosure_holds_what_it_says(browser: BrowserVerifier) -> None:
    for case in cases("disclosures.json"):
        if case["valid"]:
            found = browser.ask("disclosure", text=case["text"])["ok"]
            wanted = {key: case[key] for key in ("path", "value", "leafHash")}
            assert found == wanted, case["name"]
            assert type(found["value"]) is type(wanted["value"])


def test_a_record_has_its_leaf_hash(browser: BrowserVerifier) -> None:
    for case in cases("records.json"):
        if case["valid"]:
            assert browser.ask("leafHash", b64=case["b64"])["ok"] == case["leafHash"], case["name"]


def test_an_origin_has_its_parts(browser: BrowserVerifier) -> None:
    for case in cases("origins.json"):
        if case["valid"]:
            found = browser.ask("origin", text=case["text"])["ok"]
            assert (found["name"], found["agency"], found["generation"]) == (
                case["log"],
                case["agency"],
                case["generation"],
            )


def test_a_commitment_is_the_tree_head_over_its_disclosures(browser: BrowserVerifier) -> None:
    for case in cases("commitments.json"):
        in_order = sorted(case["disclosures"], key=lambda text: browser.ask("disclosure", text=text)["ok"]["path"])
        leaves = [base64.b64encode(text.encode()).decode() for text in in_order]
        assert browser.ask("head", leaves=leaves)["ok"] == case["digest"], case["name"]


def test_notes(browser: BrowserVerifier) -> None:
    for case in cases("notes.json"):
        answer = browser.ask("note", text=case["note"], vkey=case["vkey"])
        if case["valid"]:
            assert answer["ok"] == case["note"], case["name"]
        else:
            malformed = case.get("error") == "format"
            assert answer.get("error") == ("FormatError" if malformed else "EvidenceError"), case["name"]


def test_tree_heads(browser: BrowserVerifier) -> None:
    for case in cases("merkle-heads.json"):
        leaves = [base64.b64encode(leaf.encode()).decode() for leaf in case["leaves"]]
        assert browser.ask("head", leaves=leaves)["ok"] == case["root"], case["name"]


@pytest.mark.parametrize("proof", ["inclusion", "consistency"])
def test_merkle_proofs(browser: BrowserVerifier, proof: str) -> None:
    for case in cases(f"merkle-{proof}.json"):
        claim = {key: value for key, value in case.items() if key not in ("name", "valid", "error", "what")}
        answer = browser.ask(proof, **claim)
        assert answer.get("error") == (None if case["valid"] else "EvidenceError"), case["name"]


def test_every_vector_that_a_browser_needs_is_read() -> None:
    read = {*FORMS, "commitments.json", "notes.json", "merkle-heads.json"}
    read |= {"merkle-inclusion.json", "merkle-consistency.json"}
    tiles = {"tiles.json"}  # a browser never serves a log
    assert {path.name for path in Path(VECTORS).glob("*.json")} == read | tiles

"""Python's verifier and the browser's, side by side, on evidence that is good, spoiled or no evidence at all.

python tests/web/differential.py 100000      as many more questions, for as long as it takes
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from support.both_verifiers import Question, compare, trust_note
from support.browser_verifier import ROOT, BrowserVerifier, answers_json
from support.mutations import bytes_spoiled, each_byte_spoiled, evidence_spoiled, text_spoiled, written
from support.office import DOCUMENT, NUMBER, digest, small_office
from support.pointed import pointed_questions
from support.shared import shared
from support.worlds import World

from api.pages.assets import script_words
from api.pages.sentences import translate
from api.pages.words import load_words
from ledger.errors import EvidenceError, FormatError, InputError, UnknownVersionError
from ledger.hashing.canonical import parse
from ledger.hashing.encodings import b64_decode, b64u_decode, hex_decode
from ledger.records.checkpoint import parse_checkpoint
from ledger.records.disclosure import parse_disclosure
from ledger.records.ed25519 import load_key
from ledger.records.evidence import parse_evidence
from ledger.records.note import parse_vkey
from ledger.records.number import parse_number, read_number
from ledger.records.origin import parse_origin
from ledger.records.receipt import parse_receipt
from ledger.records.record import parse_record
from ledger.records.status_note import parse_status_note
from ledger.records.tlog_proof import parse_tlog_proof
from ledger.records.trust import parse_trust, parse_trust_text
from ledger.values import Verdict
from ledger.verification.answers_json import answers_from_json

RARITIES = (0.02, 0.05, 0.1, 0.2)


@pytest.fixture(scope="module")
def browser() -> Iterator[BrowserVerifier]:
    with BrowserVerifier() as running:
        yield running


def worlds(seeds: range) -> Iterator[Question]:
    """The worlds of these seeds whose trust file can be written."""
    for seed in seeds:
        question = World(seed, RARITIES[seed % len(RARITIES)]).question()
        if question.trust is None or trust_note(question.trust) is not None:
            yield question


def test_offices_in_every_state(browser: BrowserVerifier) -> None:
    verdicts = compare(browser, worlds(range(700)))
    # Each must be met, or the worlds are too poor to find a disagreement about it; `not-found` is for look-ups.
    assert set(verdicts) == {verdict.value for verdict in Verdict} - {"not-found"}


def test_questions_that_differ_from_a_good_one_in_a_single_thing(browser: BrowserVerifier) -> None:
    verdicts = compare(browser, pointed_questions())
    assert verdicts["altered"] > 8
    assert verdicts["valid"] > 1


def test_both_tell_a_korean_reader_the_same(browser: BrowserVerifier) -> None:
    book, korean = json.loads(script_words("ko").content), load_words()["ko"]
    codes = set()
    for question in worlds(range(2000, 2080)):
        note = None if question.trust is None else trust_note(question.trust)
        given = answers_json(question.chain, question.status)
        report = browser.verify(question.data, trust=note, document=question.document, answers=given)
        for said in [*report["checks"], *report["said"]]:
            told = browser.ask("sentence", book=book, said=said)["ok"]
            assert told == translate(said["text"], korean), said
            codes.add(said["code"])
    assert len(codes) > 40


def test_every_byte_of_the_worked_example(browser: BrowserVerifier) -> None:
    folder = shared("vectors/worked-example/trust.note").parent
    note = (folder / "trust.note").read_text()
    data = (folder / "record-0-full.evidence").read_bytes()
    document = digest((folder / "document.txt").read_bytes())
    spoiled = each_byte_spoiled(data, Random(1))
    asked = {"trust": parse_trust(note), "note": note, "document": document, "number": NUMBER}
    verdicts = compare(browser, (Question(data=one, **asked) for one in spoiled))
    # A letter may be replaced by itself: then it is the example again.
    assert verdicts.pop("valid", 0) < 60
    assert verdicts["altered"] > 2000


def test_every_byte_of_an_offices_evidence(browser: BrowserVerifier) -> None:
    office = small_office()
    spoiled = each_byte_spoiled(office.evidence(withhold=["holder.name"]), Random(2))
    asked = {"trust": office.trust(), "document": digest(DOCUMENT), "chain": office.chain_facts()}
    compare(browser, (Question(data=one, **asked) for one in spoiled))


@pytest.mark.parametrize("spoil", [bytes_spoiled, evidence_spoiled])
def test_spoiled_evidence_of_offices_in_every_state(
    browser: BrowserVerifier, spoil: Callable[[bytes, Random], bytes]
) -> None:
    random = Random(3)
    questions = [question for question in worlds(range(1000, 1040)) for _ in range(25)]
    verdicts = compare(browser, (replace(question, data=spoil(question.data, random)) for question in questions))
    assert len(verdicts) > 1


def test_what_is_no_evidence(browser: BrowserVerifier) -> None:
    random, trust = Random(4), small_office().trust()
    pieces = [
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b":",
        b",",
        b"0",
        b"-",
        b"1e9",
        b"null",
        b"true",
        b'"sillok":"evidence/v1"',
    ]
    data = [random.randbytes(random.randrange(200)) for _ in range(150)]
    data += [b"".join(random.choices(pieces, k=random.randrange(40))) for _ in range(250)]
    data += [b"[" * depth + b"]" * depth for depth in (15, 16, 17, 10_000)]
    data += [b'{"sillok":"evidence/v2"}', b'{"sillok":"evidence/v2"} ', b'{"sillok":"evidence/v2","x":1.0}']
    data += [b'{"sillok":"evidence/v2","x":"' + b"x" * size + b'"}' for size in (262_112, 262_113, 262_114, 262_115)]
    data += [
        b"\xef\xbb\xbf{}",
        b'{"a":1,"a":1}',
        b'"\xed\xa0\x80"',
        b'"\\ud800"',
        b'{"__proto__":{"sillok":"evidence/v1"}}',
    ]
    compare(browser, (Question(data=one, trust=trust) for one in data))


FORMS: dict[str, Callable[[Any], Any]] = {
    "numbers.json": parse_number,
    "origins.json": parse_origin,
    "checkpoints.json": parse_checkpoint,
    "receipts.json": parse_receipt,
    "status-notes.json": parse_status_note,
    "keys.json": parse_vkey,
    "tlog-proofs.json": parse_tlog_proof,
    "trust-files.json": parse_trust_text,
    "disclosures.json": parse_disclosure,
    "records.json": parse_record,
    "evidence.json": parse_evidence,
}


def refusal(read: Callable[[Any], Any], value: Any) -> str | None:
    """How Python refuses a value; None where it takes it."""
    try:
        read(value)
    except UnknownVersionError:
        return "UnknownVersionError"
    except InputError:
        return "FormatError"
    return None


@pytest.mark.parametrize("name", FORMS)
def test_spoiled_forms_are_refused_alike(browser: BrowserVerifier, name: str) -> None:
    random = Random(name)
    found = json.loads((ROOT / "tests/vectors" / name).read_text(encoding="utf-8"))
    short = [case for case in found if len(case.get("text", case.get("b64", ""))) < 4000]
    for _ in range(300):
        case = random.choice(short)
        if "text" in case:
            value: Any = text_spoiled(case["text"], random)
            if name == "trust-files.json" and random.random() < 0.7 and case["text"].startswith("{"):
                value = written_line(case["text"], random)
            given = {"text": value}
        else:
            spoil = random.choice((bytes_spoiled, evidence_spoiled)) if case["valid"] else bytes_spoiled
            value = spoil(base64.b64decode(case["b64"]), random)
            given = {"b64": base64.b64encode(value).decode()}
        assert browser.ask("form", file=name, **given).get("error") == refusal(FORMS[name], value), given


def written_line(text: str, random: Random) -> str:
    """A trust file's text, canonical again, with something else at one place."""
    try:
        return evidence_spoiled(text.encode(), random).decode() + "\n"
    except ValueError:
        return text_spoiled(text, random)


@pytest.mark.parametrize(
    ("form", "read"), [("b64uDecode", b64u_decode), ("b64Decode", b64_decode), ("hexDecode", hex_decode)]
)
def test_encodings_take_one_text_for_a_value(
    browser: BrowserVerifier, form: str, read: Callable[[str], bytes]
) -> None:
    random = Random(form)
    letters = "AQgw_-+/=09afAF \n\u00e9"
    for text in ["", *("".join(random.choices(letters, k=random.randrange(9))) for _ in range(800))]:
        answer = browser.ask("decode", form=form, text=text)
        if refusal(read, text) is None:
            assert answer["ok"] == read(text).hex()
        else:
            assert answer["error"] == "FormatError"


def test_canonical_json_is_parsed_alike(browser: BrowserVerifier) -> None:
    random = Random(6)
    tree = {
        "ä": [1, '\u007f\u2028"\\\b\x1f', {"": True, "\ufb33": -7, "𝄞": "한"}],
        "€": {"1": [], "10": {}, "2": False},
    }
    whole = written(tree)
    for data in [
        whole,
        *(bytes_spoiled(whole, random) for _ in range(800)),
        *(evidence_spoiled(whole, random) for _ in range(400)),
    ]:
        answer = browser.ask("canonical", b64=base64.b64encode(data).decode(), limit=500)
        assert answer.get("error") == refusal(lambda value: parse(value, limit=500), data), data


def test_answers_of_a_service_are_read_alike(browser: BrowserVerifier) -> None:
    random = Random(7)
    office = small_office()
    data, note = office.evidence(), office.trust_note()
    for _ in range(300):
        world = World(random.randrange(10**6), 0.2)
        question = world.question()
        given = answers_json(question.chain, question.status)
        if given:
            spoiled = json.loads(json.dumps(json.loads(evidence_spoiled(json.dumps(given).encode(), random))))
            if isinstance(spoiled, dict):
                wanted = refusal(answers_from_json, spoiled)
                answer = browser.ask(
                    "verify",
                    data=base64.b64encode(data).decode(),
                    trust=note,
                    chain=spoiled.get("chain"),
                    status=spoiled.get("status"),
                )
                assert answer.get("error") == wanted, spoiled


def test_numbers_as_people_type_them(browser: BrowserVerifier) -> None:
    random = Random(8)
    for _ in range(400):
        text = text_spoiled(
            random.choice((NUMBER, NUMBER.replace("-", ""), NUMBER.replace("-", " "), NUMBER.replace("-", "–"))),
            random,
        )
        answer = browser.ask("readNumber", text=text)
        assert answer.get("error") == refusal(read_number, text), text


def test_keys_that_some_library_would_refuse_are_refused(browser: BrowserVerifier) -> None:
    random, p = Random(9), 2**255 - 19
    edges = [0, 1, 2, 3, 4, p - 2, p - 1, p, p + 1, 2**255 - 1]
    keys = [(y | sign << 255).to_bytes(32, "little") for y in edges for sign in (0, 1)]
    keys += [random.randbytes(32) for _ in range(200)]
    refused = 0
    for key in keys:
        wanted = refusal(load_key, key)
        assert browser.ask("checkKey", hex=key.hex()).get("error") == wanted, key.hex()
        refused += wanted is not None
    assert 0 < refused < len(keys)


def test_a_trust_file_follows_the_one_before_it(browser: BrowserVerifier) -> None:
    office = small_office()
    first = office.trust()
    one = office.trust_note(first)
    digest_of_first = digest(one.split("\n\n")[0] + "\n")
    second = replace(first, sequence=2, previous=digest_of_first)
    two = office.trust_note(second)
    third = office.trust_note(replace(first, sequence=3, previous=digest("another")))
    broken = one[:-4] + ("AAA\n" if one[-4:] != "AAA\n" else "BBB\n")
    cases: list[tuple[str, str | None, bytes | None]] = [
        (one, None, None),
        (one, one, None),
        (two, one, None),
        (one, two, None),
        (third, one, None),
        (third, two, None),
        (one, None, digest_of_first),
        (two, None, digest_of_first),
        (broken, None, None),
        (broken, None, digest_of_first),
    ]
    for text, previous, known in cases:
        before = None if previous is None else parse_trust(previous)

        answer = browser.ask("trust", text=text, previous=previous, digest=None if known is None else known.hex())
        found = (answer.get("error"), answer.get("text"))
        try:
            parse_trust(text, previous=before, digest=known)
        except FormatError:
            wanted = ("FormatError", answer.get("text"))
        except EvidenceError as error:
            wanted = ("EvidenceError", f"{error.where}: {error.what}")
        else:
            wanted = (None, None)
        assert found == wanted

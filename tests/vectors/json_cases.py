"""Vectors of the JSON forms: disclosure, commitment, record, evidence. Bytes travel as standard base64."""

from __future__ import annotations

import base64
import hashlib
import json
import unicodedata
from typing import Any

from tests.support import oracle_rfc9162 as oracle
from tests.vectors.note_cases import proof_text
from tests.vectors.text_cases import GENESIS

SALT = "AAECAwQFBgcICQoLDA0ODw"
COMMITMENT = "Rq8MCSVWYn1-kAVGdwCg_XgcwcAHeMDnNA1PVb4f2eM"


def b64u(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def jcs(value: Any) -> bytes:
    """Canonical JSON of values whose keys are ASCII, by the standard library: independent of ours."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _disclosure(name: str, valid: bool, encoded: str, **more: Any) -> dict[str, Any]:
    case = {"name": name, "text": encoded, "valid": valid, **more}
    if valid:
        case["leafHash"] = oracle.HASH(b"\x00" + encoded.encode()).hex()
    return case


def disclosures() -> list[dict[str, Any]]:
    digest = hashlib.sha256(b"sillok").hexdigest()
    values: dict[str, tuple[str, Any]] = {
        "text": ("holder.grade", "A"),
        "Korean": ("holder.name", "홍길동"),
        "Korean in NFD, which no verifier tests": ("holder.name", unicodedata.normalize("NFD", "홍길동")),
        "empty text": ("pad.1", ""),
        "beyond the basic plane": ("note", "\U0001f58b"),
        "quotes, backslash and controls": ("note", '"\\\b\f\n\r\t\x01\x1f\x7f/'),
        "4,096 bytes": ("note", "가" * 1365 + "a"),
        "true": ("flag", True),
        "false": ("flag", False),
        "zero": ("document.size", 0),
        "the largest integer": ("n", 2**53 - 1),
        "the smallest integer": ("n", -(2**53) + 1),
        "the longest path": ("p" * 64, 1),
        "a path with every kind of character": ("Az09_-.0.-._", 1),
        "the document's digest": ("document.sha256", digest),
        "the document's number": ("certificate.number", "1234-5678-9012-3459"),
    }
    cases = [
        _disclosure(name, True, b64u(jcs([SALT, path, value])), salt=SALT, path=path, value=value)
        for name, (path, value) in values.items()
    ]
    plain = jcs([SALT, "a", "b"])
    raw: dict[str, bytes] = {
        "salt of 15 bytes": jcs([SALT[:20], "a", "b"]),
        "salt of 17 bytes": jcs([b64u(bytes(17)), "a", "b"]),
        "salt with padding": jcs([SALT + "==", "a", "b"]),
        "salt with altered trailing bits": jcs([SALT[:-1] + "x", "a", "b"]),
        "salt in standard base64": jcs(["+" * 22, "a", "b"]),
        "salt that is a number": jcs([1, "a", "b"]),
        "empty path": jcs([SALT, "", "b"]),
        "path that begins with a digit": jcs([SALT, "1a", "b"]),
        "path with two dots": jcs([SALT, "a..b", "b"]),
        "path that ends with a dot": jcs([SALT, "a.", "b"]),
        "path with a space": jcs([SALT, "a b", "b"]),
        "path in Korean": jcs([SALT, "이름", "b"]),
        "path of 65 characters": jcs([SALT, "p" * 65, "b"]),
        "path that is a number": jcs([SALT, 1, "b"]),
        "path with a newline": jcs([SALT, "a\n", "b"]),
        "null": jcs([SALT, "a", None]),
        "a list for a value": jcs([SALT, "a", ["b"]]),
        "an object for a value": jcs([SALT, "a", {"b": 1}]),
        "float": plain.replace(b'"b"', b"1.5"),
        "integer written as float": plain.replace(b'"b"', b"1.0"),
        "exponent": plain.replace(b'"b"', b"1e3"),
        "negative zero": plain.replace(b'"b"', b"-0"),
        "NaN": plain.replace(b'"b"', b"NaN"),
        "2^53": jcs([SALT, "a", 2**53]),
        "-2^53": jcs([SALT, "a", -(2**53)]),
        "4,097 bytes": jcs([SALT, "note", "가" * 1365 + "ab"]),
        "U+0000": plain.replace(b'"b"', b'"\\u0000"'),
        "lone surrogate": plain.replace(b'"b"', b'"\\ud83d"'),
        "surrogate as UTF-8": plain.replace(b'"b"', b'"\xed\xa0\xbd"'),
        "needless escape": plain.replace(b'"b"', b'"\\u0062"'),
        "escape in capitals": plain.replace(b'"b"', b'"\\u001F"'),
        "escaped solidus": plain.replace(b'"b"', b'"\\/"'),
        "raw control character": plain.replace(b'"b"', b'"\x1f"'),
        "white space": plain.replace(b",", b", "),
        "newline at the end": plain + b"\n",
        "byte order mark": b"\xef\xbb\xbf" + plain,
        "invalid UTF-8": plain.replace(b'"b"', b'"\xff"'),
        "two items": jcs([SALT, "a"]),
        "four items": jcs([SALT, "a", "b", "c"]),
        "an object": jcs({"salt": SALT}),
        "empty": b"",
        "digest in capitals": jcs([SALT, "document.sha256", digest.upper()]),
        "digest of 63 digits": jcs([SALT, "document.sha256", digest[:-1]]),
        "digest that is a number": jcs([SALT, "document.sha256", 1]),
        "number with a wrong check digit": jcs([SALT, "certificate.number", "1234-5678-9012-3458"]),
        "number without dashes": jcs([SALT, "certificate.number", "1234567890123459"]),
        "number that is an integer": jcs([SALT, "certificate.number", 1234567890123459]),
    }
    cases += [_disclosure(name, False, b64u(data)) for name, data in raw.items()]
    encoded = b64u(jcs([SALT, "ab", "b"]))
    other = encoded[:-1] + chr(ord(encoded[-1]) + 1)
    cases += [
        _disclosure("padding", False, encoded + "="),
        _disclosure("altered trailing bits", False, other),
        _disclosure("white space around it", False, f" {encoded}"),
        _disclosure("newline behind it", False, f"{encoded}\n"),
        _disclosure("standard base64", False, b64(jcs([SALT, "note", "??>>??~~"])).rstrip("=")),
    ]
    return cases


def commitments() -> list[dict[str, Any]]:
    """Disclosures in the order in which they were drawn; the digest is over byte order of their paths."""
    cases = []
    for count in (1, 2, 4, 8, 64):
        facts = [(f"pad.{n}", "") if n > 3 else (("zeta", "alpha", "Beta")[n - 1], n) for n in range(1, count + 1)]
        drawn = [
            (path, b64u(jcs([b64u(bytes([n] * 16)), path, value]))) for n, (path, value) in enumerate(facts, start=1)
        ]
        ordered = [text.encode() for _, text in sorted(drawn)]
        cases.append(
            {
                "name": f"{count} facts",
                "disclosures": [text for _, text in drawn],
                "digest": oracle.MTH(ordered).hex(),
            }
        )
    return cases


MINIMAL: dict[str, Any] = {
    "agency": "6110000",
    "commitment": COMMITMENT,
    "facts": 1,
    "kind": "document",
    "recordedAt": "2026-11-24T00:00:00Z",
    "v": 1,
}
STEP = {"id": "ocds-213czf-000-00001", "seq": 3}


def _record(name: str, data: bytes, error: str | None = "format") -> dict[str, Any]:
    case: dict[str, Any] = {"name": name, "b64": b64(data), "valid": error is None}
    if error is None:
        case["leafHash"] = oracle.HASH(b"\x00" + data).hex()
    else:
        case["error"] = error
    return case


def _with(**changes: Any) -> bytes:
    return jcs({**MINIMAL, **changes})


def records() -> list[dict[str, Any]]:
    most = 2**53 - 1
    whole = {
        **MINIMAL,
        "batch": most,
        "erases": most,
        "facts": 64,
        "kind": "a" * 64,
        "process": {"id": "!" * 127 + "~", "seq": most},
        "supersedes": most,
        "validFrom": "0001-01-01T00:00:00Z",
        "validUntil": "9999-12-31T23:59:59Z",
    }
    good = {
        "as little as can be": jcs(MINIMAL),
        "as much as can be": jcs(whole),
        "a certificate in a batch": _with(kind="certificate", batch=1, facts=8, validUntil="2027-02-28T15:00:00Z"),
        "a step of a process": _with(kind="procurement/award", process=STEP),
        "a correction": _with(supersedes=0),
        "an erasure": _with(kind="erasure", erases=0),
        "a kind that nobody knows": _with(kind="moon-base/landing/permit-7"),
        "validFrom alone": _with(validFrom="2026-12-01T00:00:00Z"),
        "29 February of a leap year": _with(recordedAt="2028-02-29T23:59:59Z"),
        "an agency with leading zeros": _with(agency="0000000"),
    }
    cases = [_record(name, data, None) for name, data in good.items()]
    cases += [_record(f"no {member}", jcs({k: v for k, v in MINIMAL.items() if k != member})) for member in MINIMAL]
    values: dict[str, dict[str, Any]] = {
        "a member that does not exist": {"holder": "x"},
        "null for an absent member": {"batch": None},
        "v that is text": {"v": "1"},
        "v that is true": {"v": True},
        "v that is false": {"v": False},
        "facts 0": {"facts": 0},
        "facts 3": {"facts": 3},
        "facts 128": {"facts": 128},
        "facts that is text": {"facts": "2"},
        "facts that is true": {"facts": True},
        "kind with a capital": {"kind": "Document"},
        "kind empty": {"kind": ""},
        "kind with a slash at the end": {"kind": "document/"},
        "kind with two slashes": {"kind": "a//b"},
        "kind with an underscore": {"kind": "a_b"},
        "kind of 65 characters": {"kind": "a" * 65},
        "kind with a newline": {"kind": "document\n"},
        "agency of six digits": {"agency": "611000"},
        "agency that is a number": {"agency": 6110000},
        "agency in full-width digits": {"agency": "６１１００００"},
        "commitment of 31 bytes": {"commitment": b64u(bytes(31))},
        "commitment with padding": {"commitment": COMMITMENT + "="},
        "commitment in hex": {"commitment": "46" * 32},
        "commitment with altered trailing bits": {"commitment": COMMITMENT[:-1] + "N"},
        "commitment in standard base64": {"commitment": "+" + COMMITMENT[1:]},
        "batch 0": {"batch": 0},
        "batch of 2^53": {"batch": 2**53},
        "batch that is true": {"batch": True},
        "erases negative": {"erases": -1},
        "supersedes that is text": {"supersedes": "0"},
        "process that is text": {"process": "ocds"},
        "process with another member": {"process": {**STEP, "stage": "x"}},
        "process without seq": {"process": {"id": "a"}},
        "process without id": {"process": {"seq": 1}},
        "process seq 0": {"process": {**STEP, "seq": 0}},
        "process id empty": {"process": {**STEP, "id": ""}},
        "process id of 129 characters": {"process": {**STEP, "id": "a" * 129}},
        "process id with a space": {"process": {**STEP, "id": "a b"}},
        "process id with a quote": {"process": {**STEP, "id": 'a"b'}},
        "process id with a backslash": {"process": {**STEP, "id": "a\\b"}},
        "process id in Korean": {"process": {**STEP, "id": "계약"}},
        "process id with U+007F": {"process": {**STEP, "id": "a\x7f"}},
        "second 60": {"recordedAt": "2026-12-31T23:59:60Z"},
        "no Z": {"recordedAt": "2026-11-24T00:00:00"},
        "an offset": {"recordedAt": "2026-11-24T00:00:00+09:00"},
        "a fraction": {"recordedAt": "2026-11-24T00:00:00.000Z"},
        "a space for T": {"recordedAt": "2026-11-24 00:00:00Z"},
        "small letters": {"recordedAt": "2026-11-24t00:00:00z"},
        "30 February": {"recordedAt": "2026-02-30T00:00:00Z"},
        "29 February of an ordinary year": {"recordedAt": "2027-02-29T00:00:00Z"},
        "hour 24": {"recordedAt": "2026-11-24T24:00:00Z"},
        "year 0000": {"recordedAt": "0000-11-24T00:00:00Z"},
        "an instant that is a number": {"recordedAt": 1795478400},
        "validUntil equal to validFrom": {"validFrom": "2026-12-01T00:00:00Z", "validUntil": "2026-12-01T00:00:00Z"},
        "validUntil before validFrom": {"validFrom": "2026-12-01T00:00:00Z", "validUntil": "2026-11-01T00:00:00Z"},
    }
    cases += [_record(name, _with(**changes)) for name, changes in values.items()]
    data = jcs(MINIMAL)
    raw = {
        "facts as a float": data.replace(b'"facts":1', b'"facts":1.0'),
        "v as a float": data.replace(b'"v":1', b'"v":1.0'),
        "members out of order": b'{"v":1,' + data[1:].replace(b',"v":1', b""),
        "a member twice": data.replace(b'"v":1', b'"v":1,"v":1'),
        "white space": data.replace(b":", b": "),
        "newline at the end": data + b"\n",
        "byte order mark": b"\xef\xbb\xbf" + data,
        "needless escape": data.replace(b"document", b"d\\u006fcument"),
        "cut off": data[:-1],
        "two records": data + data,
        "a list": b"[" + data + b"]",
        "invalid UTF-8": data.replace(b"document", b"documen\xff"),
        "longer than 1,024 bytes": _with(v=2, note="x" * 1000),
        "another version, not canonical": _with(v=2) + b" ",
        "empty": b"",
    }
    cases += [_record(name, content) for name, content in raw.items()]
    cases.append(_record("another version", jcs({"v": 2, "what": "nobody knows"}), "unknown-version"))
    return cases


def _evidence(name: str, data: bytes, error: str | None = "format") -> dict[str, Any]:
    case: dict[str, Any] = {"name": name, "b64": b64(data), "valid": error is None}
    if error is not None:
        case["error"] = error
    return case


def evidence() -> list[dict[str, Any]]:
    """Outer form only; what the parts prove is for the numbered checks. Good ones must come out as they went in."""
    fact, hidden = {"d": b64u(jcs([SALT, "a", "b"]))}, {"h": b64u(bytes(32))}
    plain: dict[str, Any] = {
        "facts": [fact],
        "log": proof_text(),
        "record": b64u(jcs(MINIMAL)),
        "sillok": "evidence/v1",
    }
    reference = {
        "block": 42,
        "chainId": 9002,
        "format": "reference/v1",
        "genesis": GENESIS,
        "registry": "e9" * 20,
        "transaction": "e0" * 32,
    }
    unknown = {"format": "moonlight/v7", "deep": [[[[[{"x": "알 수 없음"}]]]]], "\U00010000": 1, "\ue000": 2}
    unknown_bytes = (
        b'{"deep":[[[[[{"x":"'
        + "알 수 없음".encode()
        + b'"}]]]]],"format":"moonlight/v7","\xf0\x90\x80\x80":1,"\xee\x80\x80":2}'
    )

    def changed(**changes: Any) -> bytes:
        return jcs({k: v for k, v in {**plain, **changes}.items() if v != "absent"})

    good = {
        "as little as can be": jcs(plain),
        "a fact withheld": changed(facts=[hidden]),
        "four facts": changed(facts=[fact, hidden, fact, hidden]),
        "with a reference": changed(chain=[reference]),
        "sixteen parts": changed(tokens=[{"format": f"t/v{n}"} for n in range(16)]),
        "parts of a format that nobody knows": jcs({**plain, "chain": [{"format": "x"}]}).replace(
            jcs({"format": "x"}), unknown_bytes
        ),
        "a malformed disclosure, which is for the check of the facts": changed(facts=[{"d": "W"}]),
        "a record that is none, which is for the check of the record": changed(record=b64u(b"no record")),
        "a proof that is none, which is for the check of the proof": changed(log="no proof"),
    }
    assert unknown["format"] == "moonlight/v7"
    values: dict[str, dict[str, Any]] = {
        **{f"no {member}": {member: "absent"} for member in plain},
        "a member that does not exist": {"extra": 1},
        "no facts": {"facts": []},
        "three facts": {"facts": [fact] * 3},
        "128 facts": {"facts": [hidden] * 128},
        "a fact that is text": {"facts": ["W"]},
        "a fact with d and h": {"facts": [{**fact, **hidden}]},
        "a fact with neither": {"facts": [{}]},
        "a fact with another member": {"facts": [{**fact, "x": 1}]},
        "a withheld fact of 31 bytes": {"facts": [{"h": b64u(bytes(31))}]},
        "a withheld fact in hex": {"facts": [{"h": "00" * 32}]},
        "facts that is an object": {"facts": {"d": "W"}},
        "record with padding": {"record": b64u(jcs(MINIMAL)) + "="},
        "record that is an object": {"record": MINIMAL},
        "log that is a list": {"log": []},
        "an empty list": {"chain": []},
        "seventeen parts": {"tokens": [{"format": f"t/v{n}"} for n in range(17)]},
        "a part without format": {"status": [{"note": "x"}]},
        "a part whose format is a number": {"status": [{"format": 1}]},
        "a part that is text": {"keys": ["x"]},
        "a list that is an object": {"renewals": {"format": "x"}},
        "null for an absent list": {"chain": None},
        "null within a part": {"chain": [{"format": "x", "y": None}]},
        "a float within a part": {"chain": [{"format": "x", "y": 0.5}]},
        "another sillok": {"sillok": "trust/v1"},
        "sillok that is a number": {"sillok": 1},
    }
    cases = [_evidence(name, data, None) for name, data in good.items()]
    cases += [_evidence(name, changed(**changes)) for name, changes in values.items()]
    data = jcs(plain)
    deep: Any = 1
    for _ in range(14):
        deep = [deep]
    raw = {
        "members out of order": b'{"sillok":"evidence/v1",' + data[1:].replace(b',"sillok":"evidence/v1"', b""),
        "a member twice": data[:-1] + b',"sillok":"evidence/v1"}',
        "newline at the end": data + b"\n",
        "byte order mark": b"\xef\xbb\xbf" + data,
        "white space": data.replace(b",", b", ", 1),
        "lone surrogate within a part": changed(chain=[{"format": "x", "y": "SURR"}]).replace(b"SURR", b"\\ud800"),
        "U+0000 within a part": changed(chain=[{"format": "x", "y": "ZERO"}]).replace(b"ZERO", b"\\u0000"),
        "nested 17 deep": changed(chain=[{"format": "x", "y": deep}]),
        "a list of evidence": b"[" + data + b"]",
        "empty": b"",
    }
    cases += [_evidence(name, content) for name, content in raw.items()]
    cases.append(_evidence("another version", changed(sillok="evidence/v2"), "unknown-version"))
    return cases

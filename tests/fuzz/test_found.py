"""What fuzzing found once, fed again: each of these was an undeclared exception, or was taken for good."""

from __future__ import annotations

import json
from functools import cache

import pytest
from fuzz.target import Target
from fuzz.targets import make

KEYSTORE = {"purpose": "note", "state": "current", "secret": "00" * 31 + "01"}
STEP = {"evidence": "{}", "index": 0, "origin": "sillok.test/6110000", "seq": 1}
EXPORT = {"heads": [], "listed": [], "process": "ocds-1", "sillok": "process-export/v1"}


def call(method: str, *params: object, id: str = "1") -> bytes:
    return b'{"jsonrpc":"2.0","id":%s,"method":"%s","params":%s}' % (
        id.encode(), method.encode(), json.dumps(params).encode(),
    )  # fmt: skip


def export(**members: object) -> bytes:
    return json.dumps(EXPORT | members, sort_keys=True, separators=(",", ":")).encode()


FOUND = [
    ("canonical-json", b"[" * 17 + b'"' + b'\\"' * 100_000, "minutes"),
    ("vkey", b"a\xffb+51dd37+Add2XS6HSkh+Y5n74S9GKKsrIbEwzhd3I5mEC0uiuxg/", "UnicodeEncodeError"),
    ("submission", b'{"\\ud800":1}', "a place that cannot be shown"),
    ("evidence", b'{"facts":[],"log":"","record":"","sillok":"evidence/v1","\\ud800":1}', "the same"),
    ("verdict", b'{"facts":[],"log":"","record":"","sillok":"evidence/v1","\\ud800":1}', "the same"),
    ("process-export", export(steps=[STEP | {"acceptedAt": 5}]), "taken, and the time lost"),
    ("process-export", export(steps=[STEP | {"more": 5}]), "taken, with a member that is no member"),
    ("csv-file", "sha256,kind,holder.name\n00,document,홍길동\n".encode("cp949"), "UnicodeDecodeError"),
    ("csv-file", b'sha256,kind\n"00,document\n', "csv.Error"),
    ("csv-file", b"path,kind\na\0b,document\n", "ValueError"),
    ("csv-file", b"sha256,kind,supersedes\n00,document," + b"1" * 5000 + b"\n", "ValueError"),
    ("ndjson-file", b'{"path":"\\ud800"}\n', "UnicodeEncodeError"),
    ("ndjson-file", b"[" * 100_000 + b"\n", "RecursionError"),
    ("keystore", b"[" * 100_000, "RecursionError"),
    ("keystore-entries", b'{"keys":' + b"[" * 100_000, "RecursionError"),
    ("keystore-entries", json.dumps({"keys": [KEYSTORE | {"holder": "no slash"}]}).encode(), "IndexError, later"),
    ("chain-calls", call("eth_chainId", id="1e999"), "an answer that is no JSON"),
    ("chain-calls", call("eth_getBlockByNumber", "0x" + "f" * 20, True), "OverflowError"),
    ("chain-calls", call("eth_getTransactionByBlockNumberAndIndex", "0x1", "0x" + "f" * 20), "OverflowError"),
    ("chain-calls", call("eth_feeHistory", "0x1", "latest", 5), "TypeError"),
    ("chain-calls", call("eth_feeHistory", "0x400", "latest", [0] * 100_000), "a gigabyte of rewards"),
]

target = cache(make)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("name", "data", "was"), FOUND, ids=[f"{name}: {was}" for name, _, was in FOUND])
def test_it_ends_as_declared(name: str, data: bytes, was: str) -> None:
    parser: Target = target(name)
    assert "taken" not in parser.feed(data), was

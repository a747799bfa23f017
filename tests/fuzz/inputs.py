"""What clerks and operators hand in, as targets: NDJSON, CSV, the keystore, and calls to the embedded chain."""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import patch

from fuzz.target import FalseValidError, Target
from localchain.dispatch import Dispatcher
from localchain.errors import INTERNAL_ERROR
from localchain.node import Node
from support.localchains import Sender, deploy

from ledger.cli import inputs
from ledger.errors import InputError, KeystoreError
from ledger.hashing.digests import sha256
from ledger.keys import sealed_file
from ledger.keys.entries import KeyState, Purpose, encode_entries, make_entry, parse_entries
from ledger.log.intake import parse_line

SHA256 = "0c" * 32
LINES = [
    {"kind": "document", "sha256": SHA256},
    {"kind": "certificate", "sha256": SHA256, "number": "1234-5678-9012-3459", "validUntil": "2027-02-28T15:00:00Z"},
    {"kind": "certificate", "sha256": SHA256, "facts": {"holder.name": "홍길동", "holder.age": 30, "a.b": True}},
    {"kind": "procurement/award", "facts": {"award.amount": "702000000"}, "process": {"id": "ocds-1", "seq": 3}},
    {"kind": "document", "sha256": SHA256, "supersedes": 0, "validFrom": "2026-01-01T00:00:00Z"},
]
JSON_WORDS = (
    b'"kind":"document"', b'"kind":"certificate"', b'"sha256":"' + b"00" * 32 + b'"', b'"facts":{',
    b'"process":{"id":"',
    b'"seq":', b'"gap":true', b'"path":"', b'"supersedes":', b'"validFrom":"', b'"number":"1234-5678-9012-3459"',
)  # fmt: skip


def _folder() -> str:
    """A new folder, in memory where the machine has such a file system: one file is written for each input."""
    memory = Path("/dev/shm")
    return tempfile.mkdtemp(prefix="sillok-fuzz-", dir=memory if memory.is_dir() else None)


def _encoded(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def line() -> Target:
    """One submission, alone or as a line of bulk input; the way a service reads it."""

    def run(data: bytes) -> str:
        submission = parse_line(data)
        if submission.digest() != parse_line(data).digest():
            raise FalseValidError("one request has two digests")
        return f"taken {submission.kind}"

    return Target(
        name="submission", seeds=[_encoded(one) for one in LINES], run=run, declared=(InputError,), words=JSON_WORDS
    )


def _list(name: str, suffix: str, forms: list[bytes], words: tuple[bytes, ...]) -> Target:
    folder = Path(_folder())
    (folder / "there.pdf").write_bytes(b"%PDF")
    path = folder / f"list{suffix}"
    defaults = inputs.Defaults()

    def run(data: bytes) -> str:
        if b"dev/" in data or b"proc/" in data or b"sys/" in data:
            return "left out"  # files without end are the operating system's
        path.write_bytes(data)
        wanted = inputs.count([path])
        problems = 0
        for place, entry in enumerate(inputs.entries([path], defaults), start=1):
            problems += entry.problem is not None
            if b"\n" in entry.line:
                raise FalseValidError("one input became two lines")
            if place > wanted:
                raise FalseValidError("there are more entries than were counted")
        return f"{min(wanted, 3)} entries, {min(problems, 3)} refused"

    return Target(name=name, seeds=forms, run=run, declared=(InputError,), words=words)


def ndjson_file() -> Target:
    """A file of NDJSON, as `sillok anchor` reads it."""
    whole = b"\n".join(_encoded(one) for one in LINES)
    with_paths = _encoded({"path": "there.pdf"}) + b"\n" + _encoded({"path": "gone.pdf", "kind": "document"})
    return _list("ndjson-file", ".ndjson", [whole, with_paths], JSON_WORDS)


def csv_file() -> Target:
    """A table, as `sillok anchor` reads it."""
    tables = [
        b'path,kind,number,holder.name\nthere.pdf,certificate,1234-5678-9012-3459,"Hong, Gildong"\n',
        b"sha256,kind,process.id,process.seq,award.amount\n" + SHA256.encode() + b",procurement/award,ocds-1,2,7\n",
        b"\xef\xbb\xbfsha256,kind,supersedes\r\n" + SHA256.encode() + b",document,0\r\n",
    ]
    words = (b",", b'"', b'""', b"\n", b"path", b"sha256", b"kind", b"process.seq", b"supersedes", b"a.b", b"\r")
    return _list("csv-file", ".csv", tables, words)


def keystore_file() -> Target:
    """The sealed file. scrypt runs once: for another salt it stands for a key that no password gives."""
    path = Path("keystore.json")
    key = sealed_file.derive("correct horse battery staple", bytes(32))
    folder = Path(_folder())
    plain = _entries()
    good = sealed_file.write(folder / "keystore.json", key, plain)

    def derived(_password: str, salt: bytes | None = None) -> sealed_file.FileKey:
        other = sha256(salt or b"")
        return key if salt == key.salt else sealed_file.FileKey(salt=salt or b"", check=other[:16], secret=other)

    def run(data: bytes) -> str:
        with patch.object(sealed_file, "derive", derived):
            _, document = sealed_file.unseal(path, data, "correct horse battery staple")
        if document != plain:
            raise FalseValidError("a damaged keystore was opened")
        return "opened"

    words = (b'"sillok"', b'"keystore/v1"', b'"kdf"', b'"cipher"', b'"nonce"', b'"n": ', b"null")
    return Target(name="keystore", seeds=[good], run=run, declared=(KeystoreError,), words=words)


def _entries() -> bytes:
    made = [
        make_entry(Purpose.NOTE, "sillok.test/6110000", KeyState.CURRENT, bytes(31) + b"\1"),
        make_entry(Purpose.ANCHOR, "6110000", KeyState.CURRENT, bytes(31) + b"\2"),
        make_entry(Purpose.TRUST, "sillok.test/trust", KeyState.ENDED, bytes(31) + b"\3"),
    ]
    return encode_entries(made)


def keystore_entries() -> Target:
    """The document inside of the sealed file: opened with the right password, and still not believed."""

    def run(data: bytes) -> str:
        entries = parse_entries(data)
        for entry in entries:
            repr((entry.info.agency, entry.info.origin, entry.info.address))
        if [e.info.key_id for e in parse_entries(encode_entries(entries))] != [e.info.key_id for e in entries]:
            raise FalseValidError("what was read is not what is written")
        return "taken"

    declared = (ValueError, KeystoreError)
    return Target(name="keystore-entries", seeds=[_entries()], run=run, declared=declared)


def _call(method: str, *params: object) -> bytes:
    return _encoded({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})


def chain_calls() -> Target:
    """A call to the embedded chain: always answered with JSON, and never with a fault of ours."""
    node = Node.open(Path(_folder()) / "chain", development=False)
    sender = Sender(node.chain_id)
    contract = "0x" + deploy(node, sender).hex()
    block = "0x" + node.head.hash.hex()
    dispatcher = Dispatcher(node)
    raw = "0x" + sender.sign(bytes.fromhex(contract[2:]), b"\xff" * 32).hex()
    watched = {"address": contract, "fromBlock": "0x0", "toBlock": "latest", "topics": [None, ["0x" + "00" * 32]]}
    call = {"to": contract, "data": "0x" + "ff" * 32, "gas": "0xfffff", "from": "0x" + "11" * 20}
    forms = [
        *(_call(name) for name in dispatcher.methods()),
        _call("eth_getBlockByNumber", "latest", True), _call("eth_getBlockByHash", block, False),
        _call("eth_getBlockByNumber", {"blockHash": block}), _call("eth_getTransactionReceipt", block),
        _call("eth_call", call, "latest"), _call("eth_estimateGas", call), _call("eth_sendRawTransaction", raw),
        _call("eth_getLogs", watched), _call("eth_newFilter", watched), _call("eth_getFilterChanges", "0x1"),
        _call("eth_getProof", contract, ["0x0"], "latest"), _call("eth_getStorageAt", contract, "0x0", "0x1"),
        _call("eth_getBalance", contract, "pending"), _call("eth_feeHistory", "0x4", "latest", [25, 75]),
        _call("eth_getTransactionByBlockNumberAndIndex", "0x1", "0x0"), _call("eth_getBlockReceipts", "0x1"),
        b"[" + _call("eth_sendRawTransaction", raw) + b"," + _call("eth_sendRawTransaction", "0x02") + b"]",
    ]  # fmt: skip
    words = (b'"latest"', b'"pending"', b'"earliest"', b'"finalized"', b'"0x0"', b'"topics":[', b'"address":',
             b'"blockHash":"', b'"params":[', b'"id":', b"null", b'"accessList":[', b"0x" + b"f" * 64, *(
                 b'"' + name.encode() + b'"' for name in dispatcher.methods()))  # fmt: skip

    def answered(data: bytes) -> str:
        answer = dispatcher.answer(data)
        if not answer:
            return "notification"
        found = json.loads(answer, parse_constant=_no_constant)
        ends = sorted({_end(one) for one in (found if isinstance(found, list) else [found])})
        return " ".join(ends[:3])

    return Target(name="chain-calls", seeds=forms, run=_in_a_deep_thread(answered), declared=(), words=words)


def _end(answer: Any) -> str:
    if "error" not in answer:
        return "result"
    error = answer["error"]
    if error["code"] == INTERNAL_ERROR:
        raise FalseValidError(f"a fault of the chain's own: {error['message']}")
    return f"{error['code']} {error['message'][:30]}"


def _no_constant(name: str) -> None:
    raise FalseValidError(f"the answer is no JSON: {name}")


def _in_a_deep_thread(run: Callable[[bytes], str]) -> Callable[[bytes], str]:
    """As the chain's own server does: py-evm raises the recursion limit, so the stack must be deep."""
    before = threading.stack_size(64 * 2**20)
    pool = ThreadPoolExecutor(1)
    pool.submit(bool).result()
    threading.stack_size(before)
    return lambda data: pool.submit(run, data).result()

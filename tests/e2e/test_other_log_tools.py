"""Go's log tools, which know nothing of us, read what we write: notes, proofs, tiles and entry bundles."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from support.gotools import ToolSaysNoError, check_log, check_proof
from support.seeded import SeededSigner
from support.shared import shared

from ledger.merkle import tiles
from ledger.merkle.nodes import leaf_hash
from ledger.records.bundle import encode_bundle
from ledger.records.checkpoint import Checkpoint, format_checkpoint
from ledger.records.note import cosign, make_vkey, sign_note
from ledger.records.origin import compose_origin
from ledger.values import AgencyCode, Instant, TreeSize

ORIGIN = compose_origin("sillok.tools.example", AgencyCode("6110000"), 2)
SIGNER = SeededSigner(ORIGIN, b"\x07" * 32)
WITNESS = SeededSigner("witness.example", b"\x08" * 32)
VKEY = make_vkey(ORIGIN, SIGNER.public).text


def tile_path(level: str, index: int, width: int) -> str:
    groups = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        groups.insert(0, f"x{index % 1000:03d}")
    return f"tile/{level}/{'/'.join(groups)}" + (f".p/{width}" if width < 256 else "")


def lay_out(folder: Path, size: int) -> str:
    """Write a log as C2SP tlog-tiles lays it out; the root in hex."""
    leaves = [f'{{"n":{n}}}'.encode() for n in range(size)]
    made = tiles.append(tiles.Overlay(None, {}), TreeSize(0), [leaf_hash(leaf) for leaf in leaves])  # type: ignore[arg-type]
    files = {tile_path(str(level), n, len(tile) // 32): tile for (level, n), tile in made.tiles.items()}
    for first in range(0, size, 256):
        part = leaves[first : first + 256]
        files[tile_path("entries", first // 256, len(part))] = encode_bundle(part)
    head = Checkpoint(origin=ORIGIN, size=made.size, root=made.root)
    note = sign_note(format_checkpoint(head), [SIGNER])
    files["checkpoint"] = cosign(note, WITNESS, Instant(1_795_478_402)).encode()
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return made.root.hex()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    handler.log_message = lambda *_: None  # type: ignore[attr-defined]
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize("size", [1, 3, 255, 256, 257, 66_000])
def test_a_whole_log_is_read_and_proved(tmp_path: Path, size: int) -> None:
    root = lay_out(tmp_path, size)
    found = check_log(str(tmp_path), origin=ORIGIN, vkey=VKEY, samples=20)
    assert found == {"origin": ORIGIN, "size": size, "root": root, "proved": min(size, 20)}


def test_a_log_is_read_over_http(tmp_path: Path) -> None:
    root = lay_out(tmp_path, 300)
    with served(tmp_path) as address:
        assert check_log(address, origin=ORIGIN, vkey=VKEY)["root"] == root


def test_what_was_changed_is_noticed_by_the_tools(tmp_path: Path) -> None:
    """So that a tool which checks nothing can't pass for one that found nothing."""
    lay_out(tmp_path, 300)

    def noticed(name: str, at: int, what: str) -> None:
        path = tmp_path / name
        content = path.read_bytes()
        path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        with pytest.raises(ToolSaysNoError, match=what):
            check_log(str(tmp_path), origin=ORIGIN, vkey=VKEY)
        path.write_bytes(content)

    noticed("checkpoint", len(ORIGIN) + 1, "checkpoint: invalid signature")
    noticed("tile/entries/001.p/44", 104, "the records have the root")
    noticed("tile/0/001.p/44", 100, "does not hold the hashes")
    noticed("tile/1/000.p/1", 3, "does not hold the hashes")
    with pytest.raises(ToolSaysNoError, match="its origin"):
        check_log(str(tmp_path), origin=ORIGIN[:-2], vkey=VKEY)
    with pytest.raises(ToolSaysNoError, match="note has no verifiable signatures"):
        check_log(str(tmp_path), origin=ORIGIN, vkey=make_vkey(ORIGIN, WITNESS.public).text)
    check_log(str(tmp_path), origin=ORIGIN, vkey=VKEY)


def test_the_worked_examples_proof_is_accepted(tmp_path: Path) -> None:
    values = json.loads(shared("vectors/worked-example/values.json").read_text())
    proof, leaf = (shared(f"vectors/worked-example/record-0.{kind}") for kind in ("tlog-proof", "json"))
    vkey = values["noteKey"]["vkey"]
    assert check_proof(proof, leaf, origin=values["origin"], vkey=vkey)["size"] == 3
    changed = tmp_path / "record.json"
    changed.write_bytes(leaf.read_bytes().replace(b"2027", b"2028"))
    with pytest.raises(ToolSaysNoError, match="inclusion"):
        check_proof(proof, changed, origin=values["origin"], vkey=vkey)

"""Each log as C2SP `tlog-tiles`: exact names, exact widths, and the tree that they build is the signed one."""

from __future__ import annotations

import hashlib

import pytest
from support.service import SEOUL, Office

from api.tile_path import TileName, format_number, parse_tile_path
from ledger.errors import NotFoundError
from ledger.merkle.nodes import leaf_hash
from ledger.merkle.tree import tree_head
from ledger.records.bundle import parse_bundle
from ledger.records.checkpoint import Checkpoint, parse_checkpoint
from ledger.records.note import parse_note

LOG = f"/log/{SEOUL}"


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "000"), (7, "007"), (999, "999"), (1000, "x001/000"), (1234067, "x001/x234/067"), (256**3, "x016/x777/216")],
)
def test_a_number_has_one_spelling(number: int, text: str) -> None:
    assert format_number(number) == text
    assert parse_tile_path(f"0/{text}") == TileName(level=0, index=number, width=256)
    assert parse_tile_path(f"entries/{text}.p/5") == TileName(level=None, index=number, width=5)


@pytest.mark.parametrize(
    "path",
    [
        *(
            "0/0",
            "0/00",
            "0/0000",
            "0/x000/001",
            "0/001/002",
            "00/001",
            "64/000",
            "-1/000",
            "0/000.p/0",
            "0/000.p/256",
        ),
        *("0/000.p/01", "0/000.p/", "entries/000.p", "data/000", "0/000/", "0/٠٠٠", "0/x001", "", "0/000.p/5/6"),
    ],
)
def test_any_other_name_is_not_found(path: str) -> None:
    with pytest.raises(NotFoundError):
        parse_tile_path(path)


@pytest.fixture(scope="module")
def head(office: Office) -> Checkpoint:
    """Seoul's log with more than one full tile; nobody else adds to it during this module."""
    lines = "\n".join(
        f'{{"kind":"document","sha256":"{hashlib.sha256(f"tile {n}".encode()).hexdigest()}"}}' for n in range(600)
    )
    office.call("POST", f"/v1/agencies/{SEOUL}/records:bulk?job=tiles", role="clerk", content=lines)
    return parse_checkpoint(parse_note(office.get(f"{LOG}/checkpoint").text).text)


def test_bundles_and_tiles_give_the_root_of_the_checkpoint(office: Office, head: Checkpoint) -> None:
    leaves: list[bytes] = []
    hashes: list[bytes] = []
    for index in range(0, -(-head.size // 256)):
        width = min(256, head.size - 256 * index)
        name = format_number(index) + (f".p/{width}" if width < 256 else "")
        bundle = office.get(f"{LOG}/tile/entries/{name}")
        tile = office.get(f"{LOG}/tile/0/{name}")
        assert bundle.headers["content-type"] == tile.headers["content-type"] == "application/octet-stream"
        leaves += parse_bundle(bundle.content)
        hashes += [tile.content[at : at + 32] for at in range(0, len(tile.content), 32)]
    assert len(leaves) == head.size
    assert [leaf_hash(leaf) for leaf in leaves] == hashes
    assert tree_head([leaf_hash(leaf) for leaf in leaves]) == head.root
    above = office.get(f"{LOG}/tile/1/000.p/{head.size // 256}").content
    assert above[:32] == tree_head(hashes[:256])  # type: ignore[arg-type]


def test_a_tile_that_is_not_full_is_not_served_as_full(office: Office, head: Checkpoint) -> None:
    last, width = divmod(head.size, 256)
    assert 0 < width < 256
    assert office.get(f"{LOG}/tile/0/{format_number(last)}").status_code == 404
    assert office.get(f"{LOG}/tile/entries/{format_number(last)}").status_code == 404
    assert office.get(f"{LOG}/tile/0/{format_number(last)}.p/{width + 1}").status_code == 404
    assert office.get(f"{LOG}/tile/0/{format_number(last + 1)}.p/1").status_code == 404
    assert office.get(f"{LOG}/tile/5/000").status_code == 404
    narrower = office.get(f"{LOG}/tile/0/000.p/3").content
    assert narrower == office.get(f"{LOG}/tile/0/000").content[:96]


def test_what_never_changes_is_kept_for_ever_and_the_checkpoint_is_asked_for_again(
    office: Office, head: Checkpoint
) -> None:
    assert "immutable" in office.get(f"{LOG}/tile/0/000").headers["cache-control"]
    checkpoint = office.get(f"{LOG}/checkpoint")
    assert checkpoint.headers["cache-control"] == "no-cache"
    assert checkpoint.headers["content-type"] == "text/plain; charset=utf-8"
    missing = office.get(f"{LOG}/tile/0/x001/x234/067")
    assert (missing.status_code, missing.headers["cache-control"]) == (404, "no-store")


def test_a_log_or_generation_that_is_not_there_is_not_found(office: Office) -> None:
    for path in (f"{LOG}/2/checkpoint", f"{LOG}/1/checkpoint", f"{LOG}/02/checkpoint", "/log/1234567/checkpoint"):
        assert office.get(path).status_code == 404, path
    assert office.get("/log/6260000/checkpoint").status_code == 404, "an empty log has no checkpoint yet"
    assert office.get("/log/seoul/checkpoint").status_code == 422

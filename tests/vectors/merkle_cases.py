"""Vectors of the RFC 9162 tree; hashes in hex, so that Solidity reads them as bytes32.

Expected values come from the oracle (the RFC's words), not from `ledger.merkle`.
"""

from __future__ import annotations

from typing import Any

from tests.support import oracle_rfc9162 as oracle

LEAVES = [f"sillok vector {i}".encode() for i in range(1300)]
SIZES = (1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 100, 255, 256, 257, 1000)
PAIRS = (
    (1, 1), (1, 2), (1, 3), (2, 3), (2, 4), (3, 4), (3, 5), (4, 7), (6, 8), (7, 8), (8, 8), (8, 9), (5, 100),
    (64, 100), (99, 100), (128, 256), (255, 256), (256, 257), (256, 512), (257, 1000), (999, 1000), (1000, 1300),
)  # fmt: skip
OTHER = oracle.HASH(b"another")


def heads() -> list[dict[str, Any]]:
    """Leaves as text, the tree's head."""
    return [
        {
            "name": f"{size} leaves",
            "leaves": [leaf.decode() for leaf in LEAVES[:size]],
            "root": oracle.MTH(LEAVES[:size]).hex(),
        }
        for size in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17)
    ]


def _inclusion(name: str, valid: bool, index: int, size: int, leaf: bytes, path: list[bytes], root: bytes) -> Any:
    return {
        "name": name,
        "valid": valid,
        "index": index,
        "size": size,
        "leafHash": leaf.hex(),
        "path": [node.hex() for node in path],
        "root": root.hex(),
    }


def inclusion() -> list[dict[str, Any]]:
    cases = []
    for size in SIZES:
        root = oracle.MTH(LEAVES[:size])
        for index in sorted({0, size // 2, size - 1, min(size - 1, 254)}):
            leaf, path = oracle.HASH(b"\x00" + LEAVES[index]), oracle.PATH(index, LEAVES[:size])
            place = f"leaf {index} of {size}"
            cases.append(_inclusion(place, True, index, size, leaf, path, root))
            if size in (1, 2, 3, 7, 8, 9, 257):
                cases += _bad_inclusion(place, index, size, leaf, path, root)
    return cases


def _bad_inclusion(place: str, index: int, size: int, leaf: bytes, path: list[bytes], root: bytes) -> list[Any]:
    flipped = [bytes([path[0][0] ^ 1]) + path[0][1:], *path[1:]] if path else None
    bad: list[tuple[str, int, int, bytes, list[bytes] | None, bytes]] = [
        ("another root", index, size, leaf, path, OTHER),
        ("another leaf", index, size, OTHER, path, root),
        ("node hash as leaf", index, size, root, path, root) if size > 1 else ("", 0, 0, b"", None, b""),
        ("index equals size", size, size, leaf, path, root),
        ("index of 2^53", 2**53, size, leaf, path, root),
        ("size of 0", index, 0, leaf, path, root),
        ("one hash too many", index, size, leaf, [*path, OTHER], root),
        ("root at the end of the path", index, size, leaf, [*path, root], root),
        ("leaf at the head of the path", index, size, leaf, [leaf, *path], root),
        ("last hash missing", index, size, leaf, path[:-1] if path else None, root),
        ("first hash missing", index, size, leaf, path[1:] if path else None, root),
        ("no path", index, size, leaf, [] if path else None, root),
        ("first hash with a bit flipped", index, size, leaf, flipped, root),
        ("path reversed", index, size, leaf, path[::-1] if len(path) > 1 else None, root),
        ("neighbouring index", index ^ 1, size, leaf, path if size > 1 and index ^ 1 < size else None, root),
        ("twice the size", index, size * 2, leaf, path, root),
    ]
    return [
        _inclusion(f"{place}: {name}", False, at, n, hashed, nodes, head)
        for name, at, n, hashed, nodes, head in bad
        if nodes is not None
    ]


def _consistency(name: str, valid: bool, old: int, size: int, path: list[bytes], old_root: bytes, root: bytes) -> Any:
    return {
        "name": name,
        "valid": valid,
        "oldSize": old,
        "size": size,
        "path": [node.hex() for node in path],
        "oldRoot": old_root.hex(),
        "root": root.hex(),
    }


def consistency() -> list[dict[str, Any]]:
    cases = []
    for old, size in PAIRS:
        old_root, root = oracle.MTH(LEAVES[:old]), oracle.MTH(LEAVES[:size])
        path, place = oracle.PROOF(old, LEAVES[:size]), f"{old} to {size}"
        cases.append(_consistency(place, True, old, size, path, old_root, root))
        if size <= 9 or (old, size) == (257, 1000):
            cases += _bad_consistency(place, old, size, path, old_root, root)
    empty = oracle.MTH([])
    cases += [
        _consistency("0 to 0", False, 0, 0, [], empty, empty),
        _consistency("0 to 5: proves nothing", False, 0, 5, [], empty, oracle.MTH(LEAVES[:5])),
        _consistency("0 to 5: with a path", False, 0, 5, [OTHER], empty, oracle.MTH(LEAVES[:5])),
        _consistency("1 to 2^53", False, 1, 2**53, [OTHER] * 53, oracle.MTH(LEAVES[:1]), OTHER),
    ]
    return cases


def _bad_consistency(place: str, old: int, size: int, path: list[bytes], old_root: bytes, root: bytes) -> list[Any]:
    flipped = [*path[:-1], bytes([path[-1][0] ^ 1]) + path[-1][1:]] if path else None
    bad: list[tuple[str, int, int, list[bytes] | None, bytes, bytes]] = [
        ("another root", old, size, path, old_root, OTHER),
        ("another old root", old, size, path, OTHER, root),
        ("roots exchanged", old, size, path if old < size else None, root, old_root),
        ("sizes exchanged", size, old, path if old < size else None, root, old_root),
        ("old size 0", 0, size, path, oracle.MTH([]), root),
        ("one hash too many", old, size, [*path, OTHER], old_root, root),
        ("old root before the path", old, size, [old_root, *path], old_root, root),
        ("new root behind the path", old, size, [*path, root], old_root, root),
        ("last hash missing", old, size, path[:-1] if path else None, old_root, root),
        ("no path", old, size, [] if path else None, old_root, root),
        ("last hash with a bit flipped", old, size, flipped, old_root, root),
        ("path reversed", old, size, path[::-1] if len(path) > 1 else None, old_root, root),
    ]
    return [
        _consistency(f"{place}: {name}", False, m, n, nodes, before, after)
        for name, m, n, nodes, before, after in bad
        if nodes is not None
    ]


def tiles_of_logs() -> list[dict[str, Any]]:
    """SHA-256 of each tile of logs of several sizes, by `level/index`, with its width."""

    def entries(level: int, size: int) -> list[bytes]:
        span = 256**level
        return [oracle.MTH(LEAVES[i : i + span]) for i in range(0, size - size % span, span)]

    cases = []
    for size in (1, 255, 256, 257, 1000):
        found = {}
        for level in (0, 1):
            hashes = entries(level, size)
            for tile in range(0, len(hashes), 256):
                part = hashes[tile : tile + 256]
                found[f"{level}/{tile // 256}"] = {"width": len(part), "sha256": oracle.HASH(b"".join(part)).hex()}
        cases.append({"name": f"a log of {size}", "size": size, "leaf": "sillok vector {i}", "tiles": found})
    return cases

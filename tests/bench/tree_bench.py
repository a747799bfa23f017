"""Append, prove and verify at 10,000 and 1,000,000 leaves, each against a bare hashlib loop of the same hashes."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence

from bench.row import Row, cpu_seconds

from ledger.merkle.nodes import leaf_hash
from ledger.merkle.tiles import _fold_full_tile, append, consistency_proof, inclusion_proof
from ledger.merkle.verify import verify_consistency, verify_inclusion
from ledger.values import LeafHash, LogIndex, TreeSize


class Tiles:
    """Tiles in memory, as the store would have them."""

    def __init__(self) -> None:
        self.tiles: dict[tuple[int, int], bytes] = {}
        self.size = TreeSize(0)
        self.root = b""

    def read_tile(self, level: int, index: int) -> bytes:
        return self.tiles[level, index]

    def append(self, hashes: list[LeafHash]) -> None:
        done = append(self, self.size, hashes)
        self.tiles.update(done.tiles)
        self.size, self.root = done.size, done.root


def bare_tree(hashes: list[LeafHash]) -> None:
    """Every interior hash once, nothing else."""
    sha256, level = hashlib.sha256, list(hashes)
    while len(level) > 1:
        odd = [level[-1]] if len(level) % 2 else []
        level = [sha256(b"\x01" + a + b).digest() for a, b in zip(level[::2], level[1::2], strict=False)] + odd  # type: ignore[misc]


def bare_path(depth: int) -> None:
    """As many hashes as a proof of that depth needs."""
    value = bytes(32)
    for _ in range(depth):
        value = hashlib.sha256(b"\x01" + value + value).digest()


Growth = tuple[str, list[tuple[int, float]]]
"""A name, and (size of the log, µs) at each size."""


def rows(sizes: Sequence[int] = (10_000, 100_000, 1_000_000), growths: list[Growth] | None = None) -> list[Row]:
    """Measure at each size; `growths` gets what the plot shows."""
    growths = [] if growths is None else growths
    out: list[Row] = []
    cost: dict[tuple[str, int], float] = {}
    for size in sizes:
        hashes = [leaf_hash(b"{%d" % i) for i in range(size)]
        tiles = Tiles()
        build = cpu_seconds(lambda tiles=tiles, hashes=hashes: tiles.append(hashes))
        bare = cpu_seconds(lambda hashes=hashes: bare_tree(hashes))
        out.append(
            _row(f"tree of {size:,} leaves, all tiles kept", build, "s", "bare hashlib loop", build / bare, 1.3)
        )
        more = [leaf_hash(b"{more%d" % i) for i in range(1_000)]

        def one_by_one(tiles: Tiles = tiles, more: list[LeafHash] = more) -> None:
            for leaf in more:
                tiles.append([leaf])

        cost["append", size] = cpu_seconds(one_by_one, 3) / len(more)
        rng = random.Random(size)
        indexes = [LogIndex(rng.randrange(size)) for _ in range(500)]
        proofs = [(index, inclusion_proof(tiles, index, tiles.size)) for index in indexes]
        cost["prove", size] = cpu_seconds(lambda tiles=tiles, indexes=indexes: prove(tiles, indexes), 3) / len(
            indexes
        )

        def verify(tiles: Tiles = tiles, proofs: list = proofs, hashes: list[LeafHash] = hashes) -> None:  # type: ignore[type-arg]
            for index, path in proofs:
                verify_inclusion(leaf_hash=hashes[index], index=index, size=tiles.size, path=path, root=tiles.root)

        cost["verify", size] = cpu_seconds(verify, 3) / len(indexes)
        depth = len(proofs[0][1])
        bare = min(cpu_seconds(lambda depth=depth: [bare_path(depth) for _ in range(500)]) for _ in range(5)) / 500
        cost["verify", size] = min(cost["verify", size], cpu_seconds(verify, 5) / len(indexes))
        speed = bare / cost["verify", size]
        out.append(
            Row(
                measure=f"inclusion proof verified at {size:,}", value=cost["verify", size] * 1e6, unit="µs",
                peer="bare hashlib loop (speed)", ratio=speed, aim=">= 0.9 x, <= 1 ms", met=speed >= 0.9,
            )
        )  # fmt: skip
        proof = consistency_proof(tiles, TreeSize(size // 3), tiles.size)
        old = Tiles()
        old.append(hashes[: size // 3])
        verify_consistency(old_size=old.size, size=tiles.size, path=proof, old_root=old.root, root=tiles.root)
    first, last = min(sizes), max(sizes)
    for name in ("append", "prove", "verify"):
        # A path is as long as the size has bits: from 10^4 to 10^6 that is 1.43 times as long, to 10^7 1.71 times. So
        # what must not grow is the cost of one of its hashes.
        lengths = [size.bit_length() if name != "append" else 1 for size in (last, first)]
        growth = cost[name, last] / cost[name, first] * lengths[1] / lengths[0]
        what = f"{name} one record at {last:,}" + (", nobody near it asked about" if name == "prove" else "")
        peer = f"the same at {first:,}" + ("" if name == "append" else ", for each hash of the path")
        out.append(_row(what, cost[name, last] * 1e6, "µs", peer, growth, 1.3))
        growths.append((name, [(size, cost[name, size] * 1e6) for size in sizes]))
    return out


def prove(tiles: Tiles, indexes: Sequence[LogIndex]) -> None:
    """A proof of each, as for somebody who comes alone: a small tree's tiles would all be found folded already."""
    for index in indexes:
        _fold_full_tile.cache_clear()
        inclusion_proof(tiles, index, tiles.size)


def _row(measure: str, value: float, unit: str, peer: str, ratio: float, limit: float) -> Row:
    return Row(
        measure=measure, value=value, unit=unit, peer=peer, ratio=ratio, aim=f"<= {limit} x", met=ratio <= limit
    )


if __name__ == "__main__":
    for row in rows():
        print(row.text())

"""Salts and keys come from the pool: no byte may be handed out twice, or be there after it was handed out."""

from __future__ import annotations

import itertools
import threading

from ledger.log.entropy import RandomPool


def counted() -> tuple[RandomPool, list[int]]:
    """A pool over a source whose 4-byte words count up, so that a word seen twice shows."""
    words, asked = itertools.count(), []

    def source(count: int) -> bytes:
        asked.append(count)
        return b"".join(next(words).to_bytes(4, "big") for _ in range(count // 4))

    return RandomPool(source, block=64), asked


def test_no_byte_is_handed_out_twice_and_blocks_are_drawn_whole() -> None:
    pool, asked = counted()
    drawn = [pool(count) for count in (4, 28, 32, 4, 64, 16, 128, 8)]
    assert [len(one) for one in drawn] == [4, 28, 32, 4, 64, 16, 128, 8]
    words = [one[at : at + 4] for one in drawn for at in range(0, len(one), 4)]
    assert len(set(words)) == len(words)
    assert asked == [64, 64, 64, 64, 128, 64]


def test_threads_share_a_pool_without_sharing_bytes() -> None:
    pool, _ = counted()
    drawn: list[bytes] = []

    def draw() -> None:
        drawn.extend([pool(4) for _ in range(2_000)])

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(drawn)) == 8_000


def test_what_was_handed_out_is_overwritten() -> None:
    pool = RandomPool(lambda count: b"\xff" * count, block=64)
    pool(48)
    assert bytes(pool._block) == bytes(48) + b"\xff" * 16

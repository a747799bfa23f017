"""RFC 9162, sections 2.1.1, 2.1.3.1 and 2.1.4.1, word for word: slow, and plain enough to be compared with the text.

Shares nothing with `ledger.merkle`; D is a list of leaves (inputs, not hashes), as in the RFC.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def HASH(data: bytes) -> bytes:  # noqa: N802  # the RFC's own name
    return hashlib.sha256(data).digest()


def split(n: int) -> int:
    """For n > 1, let k be the largest power of two smaller than n (i.e., k < n <= 2k)."""
    k = 1
    while k * 2 < n:
        k *= 2
    assert k < n <= 2 * k
    return k


def MTH(d: Sequence[bytes]) -> bytes:  # noqa: N802
    n = len(d)
    if n == 0:
        return HASH(b"")
    if n == 1:
        return HASH(b"\x00" + d[0])
    k = split(n)
    return HASH(b"\x01" + MTH(d[0:k]) + MTH(d[k:n]))


def PATH(m: int, d: Sequence[bytes]) -> list[bytes]:  # noqa: N802
    n = len(d)
    if n == 1:
        assert m == 0
        return []
    k = split(n)
    if m < k:
        return [*PATH(m, d[0:k]), MTH(d[k:n])]
    return [*PATH(m - k, d[k:n]), MTH(d[0:k])]


def PROOF(m: int, d: Sequence[bytes]) -> list[bytes]:  # noqa: N802
    return SUBPROOF(m, d, True)


def SUBPROOF(m: int, d: Sequence[bytes], b: bool) -> list[bytes]:  # noqa: N802
    n = len(d)
    if m == n:
        return [] if b else [MTH(d)]
    k = split(n)
    if m <= k:
        return [*SUBPROOF(m, d[0:k], b), MTH(d[k:n])]
    return [*SUBPROOF(m - k, d[k:n], False), MTH(d[0:k])]


def inclusion_root(
    leaf_hash: bytes, leaf_index: int, tree_size: int, inclusion_path: Sequence[bytes]
) -> bytes | None:
    """Section 2.1.3.2, steps 1 to 5; None where the RFC says that verification fails before the comparison."""
    if leaf_index >= tree_size:
        return None
    fn, sn = leaf_index, tree_size - 1
    r = leaf_hash
    for p in inclusion_path:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            r = HASH(b"\x01" + p + r)
            if not fn & 1:
                while not (fn & 1 or fn == 0):
                    fn >>= 1
                    sn >>= 1
        else:
            r = HASH(b"\x01" + r + p)
        fn >>= 1
        sn >>= 1
    return r if sn == 0 else None

"""Our thirty lines of RLP give what the `rlp` package gives."""

from __future__ import annotations

import pytest
import rlp as reference
from hypothesis import given
from hypothesis import strategies as st

from ledger.chain import rlp

ITEMS = st.recursive(
    st.binary(max_size=300) | st.integers(0, 2**256 - 1), lambda inner: st.lists(inner, max_size=60), max_leaves=80
)


def as_bytes(item: rlp.Item) -> rlp.Read:
    if isinstance(item, int):
        return item.to_bytes((item.bit_length() + 7) // 8, "big")
    return item if isinstance(item, bytes) else [as_bytes(part) for part in item]


@given(ITEMS)
def test_encoding_is_that_of_the_package_and_reads_back(item: rlp.Item) -> None:
    data = rlp.encode(item)
    assert data == reference.encode(as_bytes(item))
    assert rlp.decode(data) == as_bytes(item)


@pytest.mark.parametrize("data", ["", "83aabb", "c3", "c20583aabbcc", "b9ffff00", "820102ff", "f8"])
def test_what_is_cut_off_or_overlong_is_refused(data: str) -> None:
    with pytest.raises(ValueError, match="item"):
        rlp.decode(bytes.fromhex(data))

"""What Hypothesis makes of nothing: bytes, text and JSON that no seed is near to; and what it shrinks is readable."""

from __future__ import annotations

import json
from functools import cache

import pytest
from fuzz.targets import MAKERS, make
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=10), inner, max_size=5),
    max_leaves=20,
)
lines = st.lists(st.text(max_size=40), max_size=6).map("\n".join)
inputs = st.one_of(
    st.binary(max_size=300),
    lines.map(lambda text: text.encode("utf-8", "surrogatepass")),
    trees.map(lambda tree: json.dumps(tree, ensure_ascii=False).encode("utf-8", "surrogatepass")),
)
target = cache(make)


@pytest.mark.parametrize("name", MAKERS)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=inputs)
def test_any_input_ends_as_declared(name: str, data: bytes) -> None:
    target(name).feed(data)

"""Canonical JSON: one text for a value, equal to the library `rfc8785`, and nothing else is read."""

from __future__ import annotations

import json

import pytest
import rfc8785
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ledger.errors import FormatError
from ledger.hashing import canonical

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
VALUES = st.recursive(
    st.one_of(TEXT, st.booleans(), st.integers(-(2**53) + 1, 2**53 - 1)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner, max_size=4)),
    max_leaves=12,
)


def parse(data: bytes) -> canonical.Json:
    return canonical.parse(data, limit=4096, where="here")


@settings(max_examples=300)
@given(VALUES)
@example({"\ue000": 1, "\U00010000": 2})
@example({"b": 1, "a": {"d": [], "c": ""}})
def test_what_is_encoded_parses_to_itself(value: canonical.Json) -> None:
    data = canonical.encode(value)
    assert data == rfc8785.dumps(value)  # type: ignore[arg-type]
    assert parse(data) == value


@settings(max_examples=400)
@given(VALUES, st.data())
def test_one_changed_byte_is_another_value_or_none(value: canonical.Json, data: st.DataObject) -> None:
    """Whatever still parses is written exactly as it stands."""
    encoded = bytearray(canonical.encode(value))
    place = data.draw(st.integers(0, len(encoded) - 1))
    encoded[place] ^= data.draw(st.integers(1, 255))
    try:
        found = parse(bytes(encoded))
    except FormatError:
        return
    assert found != value
    assert canonical.encode(found) == encoded


NOT_READ = {
    "byte order mark": b'\xef\xbb\xbf{"a":1}',
    "final newline": b'{"a":1}\n',
    "white space": b'{"a": 1}',
    "duplicate key": b'{"a":1,"a":1}',
    "keys out of order": b'{"b":1,"a":1}',
    "keys in order of code points, not of UTF-16": '{"\ue000":1,"\U00010000":2}'.encode(),
    "float": b"1.0",
    "exponent": b"1e3",
    "negative zero": b"-0",
    "leading zero": b"01",
    "NaN": b"NaN",
    "infinity": b"-Infinity",
    "null": b'{"a":null}',
    "2^53": b"9007199254740992",
    "-2^53": b"-9007199254740992",
    "five thousand digits": b"1" * 5000,
    "U+0000": b'"\\u0000"',
    "U+0000 in a key": b'{"\\u0000":1}',
    "lone surrogate": b'"\\ud800"',
    "lone surrogate in a key": b'{"\\udfff":1}',
    "surrogate as UTF-8": b'"\xed\xa0\x80"',
    "overlong UTF-8": b'"\xc0\xaf"',
    "needless escape": b'"\\u0041"',
    "escaped solidus": b'"\\/"',
    "escape in capitals": b'"\\u001F"',
    "raw control character": b'"\x1f"',
    "single quotes": b"'a'",
    "nothing": b"",
    "two values": b"1 2",
    "comment": b"1//",
    "UTF-16": '{"a":1}'.encode("utf-16"),
}


@pytest.mark.parametrize("data", NOT_READ.values(), ids=NOT_READ.keys())
def test_other_json_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError) as refused:
        canonical.parse(data, limit=8192, where="here")
    assert refused.value.where == "here"


def test_depth_and_length_are_limited() -> None:
    assert parse(b"[" * 16 + b"]" * 16) is not None
    with pytest.raises(FormatError, match="deeper than 16"):
        parse(b"[" * 17 + b"]" * 17)
    with pytest.raises(FormatError, match="deeper than 16"):
        canonical.parse(b"[" * 200_000, limit=200_000)
    assert parse(json.dumps("[" * 40 + '\\"{{').encode()) == "[" * 40 + '\\"{{', "brackets in a string nest nothing"
    assert parse(b"1" * 10) == 1111111111
    with pytest.raises(FormatError, match="at most 3"):
        canonical.parse(b"1111", limit=3)
    deep: canonical.Json = 1
    for _ in range(17):
        deep = [deep]
    with pytest.raises(FormatError, match="deeper than 16"):
        canonical.encode(deep)


@pytest.mark.timeout(60)  # it takes milliseconds; a scan that begins anew at every quote takes a quarter of an hour
@pytest.mark.parametrize("tail", [b"", b"\\", b'"'])
def test_a_string_that_never_ends_is_read_once(tail: bytes) -> None:
    data = b"[" * 17 + b'"' + b'\\"' * 130_000 + tail
    with pytest.raises(FormatError, match="deeper than 16"):
        canonical.load(data, limit=len(data))
    shallow = b"[" + b'"' + b'[\\"' * 60_000 + tail
    with pytest.raises(FormatError, match="not JSON"):
        canonical.load(shallow, limit=len(shallow))


@pytest.mark.parametrize("value", [1.5, None, 2**53, -(2**53), "\0", "\ud800", {1: 2}, b"x", {"a": {3}}])
def test_what_has_no_text_is_not_written(value: object) -> None:
    with pytest.raises(FormatError):
        canonical.encode(value)  # type: ignore[arg-type]

"""Text forms of bytes, and digests of files."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import FormatError, InputError
from ledger.hashing import digests, encodings

FORMS: list[tuple[Callable[[bytes], str], Callable[[str], bytes]]] = [
    (encodings.b64u_encode, encodings.b64u_decode),
    (encodings.b64_encode, encodings.b64_decode),
    (encodings.hex_encode, encodings.hex_decode),
]


@given(st.binary(max_size=70))
def test_each_form_gives_back_what_it_was_given(data: bytes) -> None:
    assert encodings.b64u_encode(data) == base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    assert encodings.b64_encode(data) == base64.standard_b64encode(data).decode()
    for encode, decode in FORMS:
        assert decode(encode(data)) == data


@given(st.binary(min_size=1, max_size=70), st.data())
def test_one_changed_character_is_other_bytes_or_none(data: bytes, draw: st.DataObject) -> None:
    for encode, decode in FORMS:
        text = list(encode(data))
        text[draw.draw(st.integers(0, len(text) - 1))] = draw.draw(st.characters())
        changed = "".join(text)
        try:
            found = decode(changed)
        except FormatError:
            continue
        assert encode(found) == changed


@pytest.mark.parametrize("text", ["QQ==", "QR", "Q", "QUI=", "QU I", "QUI\n", "QU+_", "ÄÄ", "QUJD\n"])
def test_base64url_is_strict(text: str) -> None:
    with pytest.raises(FormatError, match="base64url"):
        encodings.b64u_decode(text, where="here")


@pytest.mark.parametrize("text", ["QQ", "QR==", "QQ=", "QQ===", "Q_==", "QQ==QQ==", "QUJD\n", " QUJD"])
def test_base64_is_strict(text: str) -> None:
    with pytest.raises(FormatError, match="base64"):
        encodings.b64_decode(text)


@pytest.mark.parametrize("text", ["AB", "a", "ab cd", "0x00", "gg", "ab\n", "١١"])
def test_hex_is_strict(text: str) -> None:
    with pytest.raises(FormatError, match="hex"):
        encodings.hex_decode(text)


def test_a_wrong_length_is_named() -> None:
    with pytest.raises(FormatError, match="2 bytes; 32"):
        encodings.hex_decode("abcd", length=32, where="root")


def test_a_file_is_hashed_in_pieces(tmp_path: Path) -> None:
    content = b"sillok" * 500_000
    path = tmp_path / "document.pdf"
    path.write_bytes(content)
    seen: list[int] = []
    assert digests.sha256_file(path, seen.append) == (hashlib.sha256(content).digest(), len(content))
    assert len(seen) == 3
    assert sum(seen) == len(content)
    assert digests.sha256(b"") == hashlib.sha256(b"").digest()
    with pytest.raises(InputError) as refused:
        digests.sha256_file(tmp_path / "none.pdf")
    assert refused.value.where == str(tmp_path / "none.pdf")

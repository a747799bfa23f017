"""A first start that is cut off between two keys: the next one finds those that are there and draws the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.keys import sealed_file
from ledger.keys.entries import Purpose
from ledger.settings import Settings
from ledger.wiring.folder import _open_keystore

WANTED = [Purpose.TRUST, Purpose.COUNCIL, Purpose.DEPLOYER]


class Cut(Exception):  # noqa: N818 - no error of the program
    """The power went."""


@pytest.mark.parametrize("kept", range(4))
def test_keys_that_a_first_start_did_not_come_to_are_drawn_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    settings = Settings(data=tmp_path)
    write, written = sealed_file.write, []

    def write_some(path: Path, key: sealed_file.FileKey, document: bytes) -> bytes:
        if len(written) == 1 + kept:
            raise Cut
        written.append(document)
        return write(path, key, document)

    with monkeypatch.context() as patch:
        patch.setattr(sealed_file, "write", write_some)
        if kept < len(WANTED):
            with pytest.raises(Cut):
                _open_keystore(settings, None)
        else:
            _open_keystore(settings, None)
    again = _open_keystore(settings, None)
    assert [info.purpose for info in again.list()] == WANTED
    before = [info.key_id for info in again.list()]
    assert [info.key_id for info in _open_keystore(settings, None).list()] == before

"""Ethereum's JSON forms of numbers and bytes: `0x` and hex, read strictly, written minimally."""

from __future__ import annotations

import re
from typing import Final

from localchain.errors import invalid_params

_QUANTITY: Final = re.compile(r"0x(0|[1-9a-fA-F][0-9a-fA-F]{0,63})", re.ASCII)
_DATA: Final = re.compile(r"0x(?:[0-9a-fA-F]{2})*", re.ASCII)
_SHOWN: Final = 60


def quantity(number: int) -> str:
    """A number as `0x` and hex digits without leading zeros."""
    return hex(number)


def data(raw: bytes) -> str:
    """Bytes as `0x` and two hex digits each."""
    return "0x" + raw.hex()


def read_quantity(value: object, where: str) -> int:
    """A number from 0 to 2^256 - 1.

    Raises:
        RpcError: it has another form.
    """
    if not isinstance(value, str) or not _QUANTITY.fullmatch(value):
        raise invalid_params(f"{where}: {_shown(value)} is not a number: write 0x and hex without leading zeros")
    return int(value, 16)


def read_data(value: object, where: str, length: int | None = None) -> bytes:
    """Bytes, of exactly `length` where it is given.

    Raises:
        RpcError: it has another form or length.
    """
    if not isinstance(value, str) or not _DATA.fullmatch(value):
        raise invalid_params(f"{where}: {_shown(value)} is not bytes: write 0x and two hex digits for each")
    raw = bytes.fromhex(value[2:])
    if length is not None and len(raw) != length:
        raise invalid_params(f"{where}: {len(raw)} bytes given, {length} needed")
    return raw


def read_word(value: object, where: str) -> int:
    """A storage slot: 1 to 64 hex digits, with or without leading zeros, as tools write both.

    Raises:
        RpcError: it has another form.
    """
    if not isinstance(value, str) or not re.fullmatch(r"0x[0-9a-fA-F]{1,64}", value, re.ASCII):
        raise invalid_params(f"{where}: {_shown(value)} is not a storage slot: write 0x and up to 64 hex digits")
    return int(value, 16)


def read_number(value: object, where: str) -> int:
    """A number that development tools write as a JSON number or as hex.

    Raises:
        RpcError: it has another form.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    return read_quantity(value, where)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"

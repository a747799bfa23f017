"""What a contract reverted with, as the sentence that a person reads.

The sentence is the error's `@notice` in the contract's source; its arguments follow by name, so that nobody has to
look anything up: what was found, and what was needed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from ledger.chain import artifacts
from ledger.chain.abi import AbiItem, keccak, signature_types
from ledger.errors import InputError
from ledger.ports.chain import LogState
from ledger.values import Instant, Role, Status, format_instant

# Parameters that are instants in Unix seconds; 0 means that there is none.
_INSTANTS: Final = frozenset(
    {"time", "notBefore", "notAfter", "since", "was", "deadline", "compromisedSince", "timepoint"}
)
_ENUMS: Final[Mapping[str, type[Enum]]] = {"Role": Role, "Status": Status, "LogState": LogState}
_ERROR_STRING: Final = keccak(b"Error(string)")[:4]
_PANIC: Final = keccak(b"Panic(uint256)")[:4]
_NOTICES: Final = artifacts.notices()


def explain(data: bytes | None, contract: str | None = None) -> str:
    """The sentence for what a call or transaction reverted with; never raises on odd data.

    Args:
        data: the revert data as the node gave it; None or empty where it gave none.
        contract: which contract was called, where that is known: Council and StatusRegistry both have an ActExpired,
            and the one says something about council members, the other about officers.
    """
    if not data:
        return "The contract refused without saying why (out of gas, or no contract at this address)."
    selector, arguments = data[:4], data[4:]
    try:
        if selector == _ERROR_STRING:
            return f"The contract refused: {decode(['string'], arguments)[0]}."
        if selector == _PANIC:
            return f"The contract failed with panic 0x{decode(['uint256'], arguments)[0]:02x}."
        own = artifacts.notices_of(contract) if contract is not None else {}
        notice = own.get(selector) or _NOTICES.get(selector)
        if notice is not None:
            return _sentence(notice, decode(signature_types(notice.inputs), arguments))
    except (DecodingError, OverflowError):
        pass
    return f"The contract refused with an error that this program does not know: 0x{data[:68].hex()}."


def error_name(data: bytes | None) -> str | None:
    """The name of the custom error in revert data; None where it is none of our contracts'."""
    known = _NOTICES.get((data or b"")[:4])
    return known.name if known else None


def _sentence(notice: artifacts.Notice, values: Sequence[object]) -> str:
    name, inputs = notice.name, notice.inputs
    words = notice.text.strip() or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).capitalize() + "."
    shown = [_shown(item, value) for item, value in zip(inputs, values, strict=True)]
    named = ", ".join(
        f"{item.get('name') or place + 1} {text}"
        for place, (item, text) in enumerate(zip(inputs, shown, strict=True))
    )
    return f"{words} [{name}: {named}]" if named else f"{words} [{name}]"


def _shown(item: AbiItem, value: object) -> str:
    name, kind, internal = str(item.get("name")), str(item.get("type")), str(item.get("internalType", ""))
    if isinstance(value, bytes):
        return _bytes(kind, value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return _number(name, internal, value)
    if isinstance(value, tuple | list):
        return _group(item, value)
    return str(value)


def _group(item: AbiItem, values: Sequence[object]) -> str:
    """A struct by its members' names; a list by its length only."""
    if not any(any(one) if isinstance(one, bytes) else one for one in values):
        return "nothing"
    components = item.get("components")
    if not isinstance(components, Sequence) or item.get("type") != "tuple":
        return f"({len(values)} values)"
    parts = [f"{part['name']} {_shown(part, one)}" for part, one in zip(components, values, strict=True)]
    return "(" + ", ".join(parts) + ")"


def _bytes(kind: str, value: bytes) -> str:
    if kind == "bytes7" and value.isdigit():
        return value.decode()
    if kind == "bytes32" and value[:12] == bytes(12) and any(value[12:]):
        return "0x" + value[12:].hex()
    return "0x" + value[:32].hex() if any(value) else "none"


def _number(name: str, internal: str, value: int) -> str:
    enum = _ENUMS.get(internal.removeprefix("enum "))
    if enum is not None and value in {member.value for member in enum}:
        return enum(value).name.lower()
    if name in _INSTANTS:
        try:
            return format_instant(Instant(value)) if value else "never"
        except (OverflowError, InputError):
            return str(value)
    return str(value)

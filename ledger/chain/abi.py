"""Contract interfaces as call data and event data: what the compiled artifacts say, encoded with eth_abi.

A contract's ABI is the only source of names and types, so that a changed signature is noticed here and not on chain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_hash.backends import pysha3
from eth_hash.main import Keccak256

from ledger.errors import ChainError

keccak: Final = Keccak256(pysha3.backend)
"""Keccak-256 as Ethereum uses it; the fast backend, whatever the environment says."""

# What eth_abi takes and gives: int, bool, bytes, str, and nested sequences of them.
Value = object
AbiItem = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function: its 4-byte selector, and the ABI types of what goes in and comes out."""

    name: str
    selector: bytes
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event: first topic, and (name, type) of its topics and of its data, in order."""

    name: str
    topic: bytes
    indexed: tuple[tuple[str, str], ...]
    unindexed: tuple[tuple[str, str], ...]

    def read(self, topics: Sequence[bytes], data: bytes) -> dict[str, Value]:
        """The event's values by name.

        Raises:
            ChainError: topics or data are not this event's.
        """
        if not topics or topics[0] != self.topic or len(topics) != len(self.indexed) + 1:
            raise ChainError(f"The chain gave topics that are not those of {self.name}.")
        try:
            values = [decode([kind], topic)[0] for (_, kind), topic in zip(self.indexed, topics[1:], strict=True)]
            values += decode([kind for _, kind in self.unindexed], data)
        except DecodingError as error:
            raise ChainError(f"The chain gave data that is not that of {self.name}.") from error
        return dict(zip([name for name, _ in (*self.indexed, *self.unindexed)], values, strict=True))


class Interface:
    """Functions by name and events by first topic, of one contract."""

    def __init__(self, name: str, abi: Sequence[AbiItem]) -> None:
        """Read an ABI as the compiler writes it. Overloaded functions are not used in Sillok."""
        self.name = name
        self.functions = {str(item["name"]): _function(item) for item in abi if item.get("type") == "function"}
        self.events = {event.topic: event for item in abi if item.get("type") == "event" for event in [_event(item)]}
        constructors = [item for item in abi if item.get("type") == "constructor"]
        self.constructor: tuple[str, ...] = _types(constructors[0], "inputs") if constructors else ()

    def call_data(self, function: str, *values: Value) -> bytes:
        """Selector and encoded arguments."""
        found = self.functions[function]
        return found.selector + encode(found.inputs, values)

    def read_result(self, function: str, data: bytes) -> tuple[Value, ...]:
        """What a call returned.

        Raises:
            ChainError: the bytes are not what this function returns; an address without our code answers with none.
        """
        try:
            return tuple(decode(self.functions[function].outputs, data))
        except DecodingError as error:
            raise ChainError(
                f"{self.name}.{function} answered with something else than it returns.",
                fix="Check that the deployment file belongs to this chain.",
            ) from error

    def creation_arguments(self, *values: Value) -> bytes:
        """Encoded arguments of the constructor, to go after the creation code."""
        return encode(self.constructor, values)


def signature_types(parameters: object) -> tuple[str, ...]:
    """Canonical ABI types of a list of parameters; a struct is written as a tuple."""
    if not isinstance(parameters, Sequence):
        return ()
    return tuple(_type(parameter) for parameter in parameters)


def _types(item: AbiItem, member: str) -> tuple[str, ...]:
    return signature_types(item.get(member))


def _type(parameter: AbiItem) -> str:
    kind = str(parameter["type"])
    if not kind.startswith("tuple"):
        return kind
    return "(" + ",".join(signature_types(parameter["components"])) + ")" + kind.removeprefix("tuple")


def _function(item: AbiItem) -> Function:
    name, inputs = str(item["name"]), _types(item, "inputs")
    selector = keccak(f"{name}({','.join(inputs)})".encode())[:4]
    return Function(name=name, selector=selector, inputs=inputs, outputs=_types(item, "outputs"))


def _event(item: AbiItem) -> Event:
    name, inputs = str(item["name"]), _types(item, "inputs")
    parameters = item["inputs"]
    named = [
        (str(parameter["name"]), kind, bool(parameter["indexed"]))
        for parameter, kind in zip(parameters if isinstance(parameters, Sequence) else (), inputs, strict=True)
    ]
    return Event(
        name=name,
        topic=keccak(f"{name}({','.join(inputs)})".encode()),
        indexed=tuple((name, kind) for name, kind, indexed in named if indexed),
        unindexed=tuple((name, kind) for name, kind, indexed in named if not indexed),
    )

"""`dataclass` for the values that a verifier reads, without what the standard one costs at every start (ADR 0012).

The standard decorator loads `inspect` and compiles six functions for each class, which is more than half of the start
of `sillok verify --offline`. Here one set of functions serves all classes. Only `frozen=True, slots=True,
kw_only=True` is to be had, without inheritance; what `dataclasses` itself does with such a class (`replace`,
`fields`, `asdict`) works as with a standard one, and to a type checker it is one.
"""

from __future__ import annotations

import importlib
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

__all__ = ["dataclass"]

_OFTEN: Final = 100
"""A class that is made more often than this gets an `__init__` of its own."""

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(*, frozen, slots, kw_only):
        """The decorator; see the module."""
        if not (frozen and slots and kw_only):
            raise TypeError("Here a dataclass is frozen, slotted and keyword-only.")
        return _made


class _Fields:
    """`__dataclass_fields__`: made when `dataclasses` asks for it, and so is loaded already."""

    def __init__(self, defaults: dict[str, Any]) -> None:
        self._defaults = defaults

    def __get__(self, _value: object, owner: type) -> dict[str, Any]:
        standard = importlib.import_module("dataclasses")
        fields = [
            (name, kind, standard.field(default=self._defaults.get(name, standard.MISSING)))
            for name, kind in owner.__annotations__.items()
        ]
        made = standard.make_dataclass(owner.__name__, fields, frozen=True, kw_only=True)
        found: dict[str, Any] = made.__dataclass_fields__
        owner.__dataclass_fields__ = found  # type: ignore[attr-defined]  # from now on without this
        return found


def _made(cls: type) -> Any:
    """The class anew with slots: they can't be added to one that is there."""
    names = tuple(cls.__annotations__)
    defaults = {name: vars(cls)[name] for name in names if name in vars(cls)}
    own = {name: value for name, value in vars(cls).items() if name not in {*defaults, "__dict__", "__weakref__"}}
    shared = {
        "__eq__": _equality(names),
        "__hash__": _hash(names),
        "__repr__": _representation,
        "__setattr__": _refuse,
        "__delattr__": _refuse,
        "__reduce__": _reduce,
        "__match_args__": (),
        "__dataclass_fields__": _Fields(defaults),
        "__slots__": names,
    }
    made = type(cls.__name__, cls.__bases__, {**shared, **own})
    made.__qualname__ = cls.__qualname__
    made.__init__ = _initialiser(made, names, defaults)  # type: ignore[misc]
    return made


def _initialiser(cls: Any, names: tuple[str, ...], defaults: dict[str, Any]) -> Any:
    """The first `__init__` of a class, which replaces itself once it is seen to be called often."""
    puts = [(name, vars(cls)[name].__set__) for name in names]
    count, left = len(names), iter(range(_OFTEN))

    def initialise(self: object, **members: Any) -> None:
        if len(members) != count:
            members = {**defaults, **members}
        if len(members) != count or not members.keys() >= set(names):
            wrong = members.keys() ^ set(names)
            raise TypeError(f"{cls.__name__} has other members: {', '.join(sorted(wrong))}")
        for name, put in puts:
            put(self, members[name])
        if next(left, None) is None:
            cls.__init__ = _compiled(puts, defaults)

    return initialise


def _compiled(puts: list[tuple[str, Any]], defaults: dict[str, Any]) -> Any:
    """An `__init__` of a class that is made by the thousand, where compiling it pays."""
    parameters = ", ".join(f"{name}=d_{name}" if name in defaults else name for name, _ in puts)
    lines = "".join(f"\n    p_{name}(self, {name})" for name, _ in puts)
    space = {f"d_{name}": value for name, value in defaults.items()} | {f"p_{name}": put for name, put in puts}
    exec(f"def initialise(self, *, {parameters}):{lines}", space)  # noqa: S102 (names of our own)
    return space["initialise"]


def _equality(names: tuple[str, ...]) -> Any:
    values = attrgetter(*names)

    def equal(self: object, other: object) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return values(self) == values(other)

    return equal


def _hash(names: tuple[str, ...]) -> Any:
    values = attrgetter(*names)

    def hashed(self: object) -> int:
        return hash(values(self))

    return hashed


def _representation(self: Any) -> str:
    members = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
    return f"{self.__class__.__qualname__}({members})"


def _refuse(self: object, name: str, *_value: object) -> None:
    raise AttributeError(f"{self.__class__.__name__} is frozen: {name} stays as it is.")


def _reduce(self: Any) -> tuple[Any, ...]:
    return _again, (self.__class__, {name: getattr(self, name) for name in self.__slots__})


def _again(cls: Any, members: dict[str, Any]) -> Any:
    return cls(**members)

"""The light `dataclass` does what the standard one does, for the one form that it offers."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any, Generic, TypeVar

import pytest

from ledger import plain

T = TypeVar("T")


@plain.dataclass(frozen=True, slots=True, kw_only=True)
class Light(Generic[T]):
    """One of ours."""

    name: str
    value: T
    size: int = 0

    @property
    def twice(self) -> int:
        """A property of its own."""
        return 2 * self.size


@plain.dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """The same members in another class."""

    name: str
    value: str
    size: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Standard(Generic[T]):
    """The model."""

    name: str
    value: T
    size: int = 0


@pytest.fixture(params=["seldom", "often"], autouse=True)
def how_often(request: pytest.FixtureRequest) -> None:
    """Every test also with a class that was made so often that it has an `__init__` of its own."""
    Light.__init__ = plain._initialiser(Light, Light.__slots__, {"size": 0})  # type: ignore[misc]
    if request.param == "often":
        seldom = Light.__init__
        for _ in range(plain._OFTEN + 1):
            Light(name="a", value="b")
        assert Light.__init__ is not seldom


def test_it_is_made_compared_hashed_and_shown_as_a_standard_one() -> None:
    one, same, other = Light(name="a", value="b"), Light(value="b", name="a", size=0), Light(name="a", value="c")
    assert (one == same, one == other, one != other, len({one, same, other})) == (True, False, True, 2)
    assert one != Other(name="a", value="b")
    assert repr(one) == repr(Standard(name="a", value="b")).replace("Standard", "Light")
    assert Light(name="a", value="b", size=3).twice == 6
    assert Light.__doc__ == "One of ours."
    assert Light.__slots__ == Standard.__slots__ == ("name", "value", "size")
    assert not hasattr(one, "__dict__")


@pytest.mark.parametrize(
    "members",
    [{}, {"name": "a"}, {"name": "a", "size": 1}, {"name": "a", "value": 1, "weight": 2}, {"value": 1, "weight": 2}],
)
def test_members_that_are_missing_or_strange_are_refused_as_there(members: dict[str, Any]) -> None:
    for kind in (Light, Standard):
        with pytest.raises(TypeError):
            kind(**members)
    with pytest.raises(TypeError):
        Light("a", "b")  # type: ignore[misc]


def test_nothing_of_it_changes() -> None:
    one = Light(name="a", value="b")
    for name in ("name", "twice", "more"):
        with pytest.raises(AttributeError):
            setattr(one, name, "c")
    with pytest.raises(AttributeError):
        del one.name  # type: ignore[misc]
    assert one == Light(name="a", value="b")


def test_the_standard_library_takes_it_for_a_dataclass() -> None:
    one = Light(name="a", value="b")
    assert dataclasses.is_dataclass(Light)
    assert dataclasses.replace(one, size=2) == Light(name="a", value="b", size=2)
    assert dataclasses.asdict(one) == {"name": "a", "value": "b", "size": 0}
    assert [field.name for field in dataclasses.fields(Light)] == ["name", "value", "size"]
    assert copy.deepcopy(one) == copy.copy(one) == pickle.loads(pickle.dumps(one)) == one


def test_another_form_is_not_to_be_had() -> None:
    with pytest.raises(TypeError):
        plain.dataclass(frozen=False, slots=True, kw_only=True)

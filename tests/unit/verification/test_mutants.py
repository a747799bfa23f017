"""The list of mutants is in order, and a sample of it is noticed; the whole list runs by its own command."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def load() -> ModuleType:
    path = Path(__file__).with_name("mutants.py")
    spec = importlib.util.spec_from_file_location("verification_mutants", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


mutants = load()


def test_every_mutant_is_about_a_line_that_is_there() -> None:
    assert len(mutants.MUTANTS) >= 40
    for mutant in mutants.MUTANTS:
        source = (mutants.ROOT / mutants.PACKAGE / mutant.file).read_text()
        assert mutant.before in source, f"{mutant.file} has no {mutant.before!r}"
        assert source.replace(mutant.before, mutant.after) != source


@pytest.mark.parametrize("number", range(7, len(mutants.MUTANTS), 29))
def test_a_sample_is_noticed(number: int) -> None:
    assert mutants.killed(mutants.MUTANTS[number]), mutants.MUTANTS[number]


def test_the_tests_pass_where_nothing_is_broken() -> None:
    assert not mutants.killed(mutants.CONTROL)

"""The list of the browser verifier's mutants is in order, and a few are noticed; its command runs the list."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from support.pointed import pointed_questions


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("browser_mutants", Path(__file__).with_name("mutants.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


mutants = load()
POINTED = mutants.answered(pointed_questions())
SAMPLE = [
    number
    for number, mutant in enumerate(mutants.MUTANTS)
    if mutant.before
    in ("if (leafHashes.length !== record.facts) {", "if (claimed !== given) throw", "moment <= time")
]


def test_every_mutant_is_about_a_line_that_is_there() -> None:
    assert len(mutants.MUTANTS) >= 30
    assert len({(one.file, one.before, one.after) for one in mutants.MUTANTS}) == len(mutants.MUTANTS)
    for mutant in mutants.MUTANTS:
        source = (mutants.VERIFIER / mutant.file).read_text()
        assert mutant.before in source, f"{mutant.file} has no {mutant.before!r}"
        assert source.replace(mutant.before, mutant.after) != source


@pytest.mark.parametrize("number", SAMPLE)
def test_a_mutant_is_noticed(number: int) -> None:
    assert mutants.killed(mutants.MUTANTS[number], POINTED)


def test_without_a_mutant_nothing_is_noticed() -> None:
    assert not mutants.killed(mutants.CONTROL, POINTED)

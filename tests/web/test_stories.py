"""Every story that Python's verifier is tested with, told to the browser's too."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from support.both_verifiers import Question, by_browser, by_python, disagreements, trust_note
from support.browser_verifier import ROOT, BrowserVerifier
from support.office import small_office

from ledger.verification.report import Report
from ledger.verification.verifier import verify_evidence


def load(name: str) -> ModuleType:
    """A module of tests by its file: the folder of tests is no package."""
    spec = importlib.util.spec_from_file_location(f"told_{name}", ROOT / f"tests/unit/verification/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CHECKS = load("test_checks")
OTHERS = [
    (name, test)
    for name, test in vars(CHECKS).items()
    if name.startswith("test_") and not hasattr(test, "pytestmark")
]


@pytest.fixture(scope="module")
def browser() -> Iterator[BrowserVerifier]:
    with BrowserVerifier() as running:
        yield running


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Question]:
    """What a story asked Python's verifier."""
    questions: list[Question] = []

    def listen(data: bytes, **given: Any) -> Report:
        questions.append(Question(data=data, **given))
        return verify_evidence(data, **given)

    monkeypatch.setattr(CHECKS, "verify_evidence", listen)
    return questions


def hear(browser: BrowserVerifier, asked: list[Question]) -> int:
    """Ask both; returns how many questions could be asked."""
    told = [question for question in asked if question.trust is None or trust_note(question.trust) is not None]
    for question in told:
        assert disagreements(by_python(question), by_browser(browser, question)) == []
    return len(told)


NEVER_WRITTEN = {"a_reference_alone_on_a_chain_of_several_operators", "the_trust_file_knows_another_log"}
"""Stories whose trust file has no written form, as in memory it need not; `support.worlds` has written ones."""


@pytest.mark.parametrize(("tell", "check", "outcome", "verdict"), CHECKS.STORIES)
def test_story(
    browser: BrowserVerifier, asked: list[Question], tell: Any, check: int, outcome: Any, verdict: Any
) -> None:
    tell(small_office())
    assert asked
    assert hear(browser, asked) or tell.__name__ in NEVER_WRITTEN


@pytest.mark.parametrize(("name", "test"), OTHERS)
def test_other_story(browser: BrowserVerifier, asked: list[Question], name: str, test: Any) -> None:
    test()
    hear(browser, asked)

"""What our Solidity never does, and how large it may be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "contracts").rglob("*.sol"))
FORBIDDEN = ("assembly", "delegatecall", "tx.origin", "selfdestruct", "pragma experimental", ".call{", ".call(")
FILE_LIMIT = 300
FUNCTION_LIMIT = 40


def code_of(path: Path) -> str:
    """The source without comments."""
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.stem)
def test_a_source_keeps_the_rules(path: Path) -> None:
    text = path.read_text()
    code = code_of(path)
    assert text.startswith("// SPDX-License-Identifier: Apache-2.0\npragma solidity 0.8.37;\n")
    assert len(text.splitlines()) <= FILE_LIMIT
    assert max(map(len, text.splitlines())) <= 120
    for word in FORBIDDEN:
        assert word not in code, word
    assert not re.search(r'revert\(|require\([^;]*"[^"]*"\s*\);', code), "errors are custom errors"
    assert not re.search(r'^import "', text, re.MULTILINE), "imports are named"
    for body in re.findall(r"^    (?:function|constructor).*?^    }", text, re.MULTILINE | re.DOTALL):
        assert len(body.splitlines()) <= FUNCTION_LIMIT, body.splitlines()[0]


@pytest.mark.parametrize("path", [p for p in SOURCES if p.parent.name == "contracts"], ids=lambda p: p.stem)
def test_every_function_of_an_interface_is_inherited_documentation(path: Path) -> None:
    """What is public is said in the interface, once."""
    for found in re.finditer(r"(\n[^\n]*)\n    function (\w+)\([^{;]*?\b(?:external|public)\b", path.read_text()):
        assert "@inheritdoc" in found[1], f"{path.name}: {found[2]}"


def test_strings_on_chain_are_names_of_logs_only() -> None:
    """No text that could carry personal data: the only string parameters are a log's name and its origin."""
    for path in SOURCES:
        for found in re.finditer(r"\bstring\b\s*(?:calldata|memory)?\s*(\w*)", code_of(path)):
            assert found[1] in {"name", "origin", ""}, f"{path.name}: {found[0]}"

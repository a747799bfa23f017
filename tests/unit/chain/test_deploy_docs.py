"""The page on deploying names options and messages that the program has."""

from __future__ import annotations

import re

import pytest
from support.chains import ROOT

from scripts.deploy import main

PAGE = (ROOT / "docs" / "deploying.md").read_text()


def test_every_option_on_the_page_is_an_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    named = set(re.findall(r"--[a-z][a-z-]+", PAGE))
    assert {"--rpc", "--key", "--council", "--delay"} <= named
    assert {option for option in named if option not in shown} == set()
    real = set(re.findall(r"--[a-z][a-z-]+", shown)) - {"--help", "--guardian"}
    assert real <= named, "an option that the page does not tell of"


def test_every_message_in_the_table_is_one_that_the_program_says() -> None:
    sources = [ROOT / "scripts" / "deploy.py", *(ROOT / "ledger" / "chain").glob("*.py")]
    # Literals that go over several lines are joined, as the compiler does.
    text = re.sub(r'"\s*\n\s*f?"', "", "\n".join(path.read_text() for path in sources))
    table = [line for line in PAGE.splitlines() if line.startswith("| `")]
    said = [words for line in table for words in re.findall(r"`([^`]+)`", line.split("|")[1])]
    assert len(said) >= 9
    for words in said:
        for piece in words.split("…"):
            assert piece.strip("; ") in text, words

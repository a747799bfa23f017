"""The page on deploying names options and messages that the program has."""

from __future__ import annotations

import re

import pytest
from support.chains import ROOT

from ledger.cli import council
from scripts.deploy import main

OPTION = re.compile(r"--[a-z][a-z-]+")
COUNCIL = re.compile(r"`sillok council (\w+)([^`]*)`")
PAGE = (ROOT / "docs" / "deploying.md").read_text()


def test_every_option_on_the_page_is_an_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    named = set(OPTION.findall(COUNCIL.sub("", PAGE)))
    assert {"--rpc", "--key", "--council", "--delay"} <= named
    assert {option for option in named if option not in shown} == set()
    real = set(OPTION.findall(shown)) - {"--help", "--guardian"}
    assert real <= named, "an option that the page does not tell of"


def test_every_option_of_the_council_s_commands_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    commands = COUNCIL.findall(PAGE)
    assert {subcommand for subcommand, _ in commands} == {"key", "list", "sign", "send"}
    for subcommand, words in commands:
        assert council.run([subcommand, "--help"]) == 0
        shown = capsys.readouterr().out
        assert {option for option in OPTION.findall(words) if option not in shown} == set(), subcommand


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

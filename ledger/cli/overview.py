"""`sillok` without a command that it knows: help, version, or what the reader may have meant."""

from __future__ import annotations

import difflib
import sys
from importlib import metadata

from ledger.cli.commands import COMMANDS


def run(argv: list[str]) -> int:
    """Print help (0; 2 where nothing was asked), the version (0), or near misses of an unknown command (2)."""
    if not argv or argv[0] in ("-h", "--help", "help"):
        sys.stdout.write(help_text())
        return 0 if argv else 2
    if argv[0] in ("-V", "--version"):
        sys.stdout.write(f"sillok {metadata.version('sillok')}\n")
        return 0
    sys.stderr.write(_unknown(argv[0]))
    return 2


def help_text() -> str:
    """What `sillok --help` prints: every command with its line."""
    width = max(map(len, COMMANDS))
    rows = "".join(f"  {name:<{width}}  {command.summary}\n" for name, command in COMMANDS.items())
    return (
        "usage: sillok COMMAND [OPTIONS]\n\n"
        "Sillok (실록) keeps administrative records so that anyone can check them later.\n\n"
        f"commands:\n{rows}\n"
        "`sillok COMMAND --help` says more; `sillok --version` names this version.\n"
    )


def _unknown(word: str) -> str:
    near = difflib.get_close_matches(word, COMMANDS, n=3, cutoff=0.5)
    hint = f"  Did you mean {' or '.join(near)}?\n" if near else "  `sillok --help` lists the commands.\n"
    return f"sillok: {word[:40]!r} is no command.\n{hint}"

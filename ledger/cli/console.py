"""How a subcommand that is built with typer talks to a person.

Results go to standard output, everything else to standard error. Errors of ours pass through: `ledger.cli.main` is
the one place that words them and turns them into exit codes.
"""

from __future__ import annotations

import getpass
import sys
from typing import Final

import typer

NEGATIVE: Final = 1
"""Some of the inputs were refused, or the contract refused an act."""
USAGE: Final = 2
"""The command was used wrongly."""
INTERRUPTED: Final = 130
"""Stopped by its user, as shells count it."""


def new_app(name: str, summary: str) -> typer.Typer:
    """An empty typer application for one subcommand, without completion and without decorated tracebacks."""
    return typer.Typer(
        name=name, help=summary, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
    )


def say(text: str = "") -> None:
    """Write a line of the result to standard output."""
    sys.stdout.write(text + "\n")


def tell(text: str) -> None:
    """Write a line that is no result (progress, advice) to standard error."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def ask_password() -> str:
    """Ask a person for the keystore's password; without a terminal nothing is asked, and its absence is told."""
    if not sys.stdin.isatty():
        return ""
    return getpass.getpass("Password of the keystore: ")


def invoke(app: typer.Typer, name: str, argv: list[str]) -> int:
    """Run one subcommand and answer its exit code; wrong usage is told here."""
    try:
        result = app(args=argv, prog_name=f"sillok {name}", standalone_mode=False)
    except typer.TyperException as error:
        words = getattr(error, "format_message", None)
        tell(f"sillok {name}: {words() if callable(words) else error}")
        tell(f"  See: sillok {name} --help")
        return USAGE
    except typer.Abort:
        tell("Stopped.")
        return INTERRUPTED
    return result if isinstance(result, int) else 0

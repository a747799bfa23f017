"""How every subcommand talks to a person.

One exit code for each family of errors, one line for what was wrong and one for what to do, and never a stack trace.
Results go to standard output, everything else to standard error.
"""

from __future__ import annotations

import sys
from typing import Final

import typer

from ledger.errors import EvidenceError, InfrastructureError, SillokError

NEGATIVE: Final = 1
"""The evidence doesn't hold, or some of the inputs were refused."""
USAGE: Final = 2
"""The command was used wrongly, or an input cannot be read."""
NO_ANSWER: Final = 3
"""Service, chain, disk or keys did not answer: nothing is said about the input."""
INTERRUPTED: Final = 130
"""Ctrl-C, as shells count it."""


def new_app(name: str, summary: str) -> typer.Typer:
    """An empty typer application for one subcommand, without completion and without decorated tracebacks."""
    return typer.Typer(
        name=name, help=summary, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
    )


def exit_code(error: SillokError) -> int:
    """The exit code of an error's family: evidence 1, input 2, infrastructure 3."""
    if isinstance(error, EvidenceError):
        return NEGATIVE
    return NO_ANSWER if isinstance(error, InfrastructureError) else USAGE


def say(text: str = "") -> None:
    """Write a line of the result to standard output."""
    sys.stdout.write(text + "\n")


def tell(text: str) -> None:
    """Write a line that is no result (progress, advice) to standard error."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def complain(error: SillokError) -> None:
    """Say what was wrong, where, and what to do."""
    place = f"{error.where}: " if error.where else ""
    tell(f"sillok: {place}{error.what}")
    if error.fix:
        tell(f"        {error.fix}")


def invoke(app: typer.Typer, name: str, argv: list[str]) -> int:
    """Run one subcommand and answer its exit code; every error of ours is told here and nowhere else."""
    try:
        result = app(args=argv, prog_name=f"sillok {name}", standalone_mode=False)
    except typer.TyperException as error:
        tell(f"sillok {name}: {_message(error)}")
        tell(f"        See: sillok {name} --help")
        return USAGE
    except SillokError as error:
        complain(error)
        return exit_code(error)
    except (KeyboardInterrupt, typer.Abort):
        tell("sillok: stopped. What was acknowledged is kept; the same command again goes on from there.")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (`sillok trace … | head`): no fault of anybody.
        sys.stderr.close()
        return 0
    return result if isinstance(result, int) else 0


def _message(error: Exception) -> str:
    text = getattr(error, "format_message", None)
    return str(text() if callable(text) else error)

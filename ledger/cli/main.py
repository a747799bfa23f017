"""`sillok`: finds the command's module by name and loads only that one.

The table is text, so that `sillok verify` starts without chain, store or web: a citizen's check of one file must not
wait for what only the service needs.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import Final, Protocol, cast

from ledger.cli.commands import COMMANDS, Command
from ledger.errors import EvidenceError, InfrastructureError, SillokError

EXIT_OK: Final = 0
EXIT_NEGATIVE: Final = 1
EXIT_USAGE: Final = 2
EXIT_CANNOT_CHECK: Final = 3
EXIT_INTERRUPTED: Final = 130


class CommandModule(Protocol):
    """A module of `ledger.cli` that is a command."""

    def run(self, argv: list[str]) -> int:
        """Run with the arguments after the command's name; returns the exit code."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run `sillok`; returns the exit code: 0 done or valid, 1 negative, 2 usage, 3 could not check or reach."""
    words = list(sys.argv[1:] if argv is None else argv)
    command = COMMANDS.get(words[0]) if words else None
    try:
        if command is None:
            return _load(Command("ledger.cli.overview", "")).run(words)
        return _load(command).run(words[1:])
    except SillokError as error:
        sys.stderr.write(describe(error))
        return exit_code(error)
    except BrokenPipeError:
        # Whoever read our output has enough (`sillok trace … | head`): nothing more to say, and no stack trace.
        sys.stdout = None  # keeps the interpreter from flushing into the closed pipe
        return EXIT_OK
    except OSError as error:
        # A file that a command was told to write, mostly; what may fail otherwise is worded where it is tried.
        what = f"The operating system refuses: {error.strerror or type(error).__name__}."
        place = None if error.filename is None else str(error.filename)
        sys.stderr.write(describe(InfrastructureError(what, where=place, fix="Name another place, or make room.")))
        return EXIT_CANNOT_CHECK
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        return EXIT_INTERRUPTED


def describe(error: SillokError) -> str:
    """What was wrong, where, and what to do, for a person; never a stack trace."""
    place = f"{error.where}: " if error.where else ""
    remedy = f"  {error.fix}\n" if error.fix else ""
    return f"sillok: {place}{error.what}\n{remedy}"


def exit_code(error: SillokError) -> int:
    """1 where a proof does not hold, 3 where chain, store or keys did not answer, else 2."""
    if isinstance(error, EvidenceError):
        return EXIT_NEGATIVE
    return EXIT_CANNOT_CHECK if isinstance(error, InfrastructureError) else EXIT_USAGE


def _load(command: Command) -> CommandModule:
    module = importlib.import_module(command.module)
    return cast(CommandModule, module)


if __name__ == "__main__":
    sys.exit(main())

"""What is fuzzed: a parser with its seeds, and what must hold of whatever it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ledger.errors import SillokError


class FalseValidError(AssertionError):
    """Something was called good that nobody made; never declared, so always a finding."""


class Run(Protocol):
    """Feeds one input to the parser.

    Returns a word for what became of it (`taken`, a verdict). Raises what the parser declares where it refuses, and
    anything else where something is wrong.
    """

    def __call__(self, data: bytes) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Target:
    """One parser.

    Attributes:
        name: for the command line and the report.
        seeds: inputs to start from: good ones, and bad ones named after their defect.
        run: feeds one input.
        declared: what the parser may raise.
        words: pieces of its language, put in by the engine.
    """

    name: str
    seeds: Sequence[bytes]
    run: Run
    declared: tuple[type[BaseException], ...]
    words: Sequence[bytes] = field(default=())

    def feed(self, data: bytes) -> str:
        """Feed one input; returns the kind of its end, for counting and for choosing what to go on from.

        Raises:
            Exception: a finding: undeclared, or declared with words that cannot be shown.
        """
        try:
            return self.run(data)
        except self.declared as error:
            str(error).encode("utf-8")
            if isinstance(error, SillokError):
                for text in (error.what, error.where, error.fix):
                    if text is not None:
                        text.encode("utf-8")
            return f"{type(error).__name__}{_line(error)}"


def _line(error: BaseException) -> str:
    """Where it was raised: a cheap stand-in for coverage, so that a new refusal is worth going on from."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else f"@{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}"

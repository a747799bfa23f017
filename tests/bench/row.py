"""One line of the bench: what was measured, against what, and whether the aim is met."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter, thread_time


@dataclass(frozen=True, kw_only=True)
class Row:
    """`value` in `unit`; `ratio` against `peer`, measured in the same run; `met` is None where there is no aim."""

    measure: str
    value: float
    unit: str
    peer: str
    ratio: float | None
    aim: str
    met: bool | None

    def text(self) -> str:
        """The row as it is printed."""
        verdict = {True: "met", False: "NOT MET", None: ""}[self.met]
        ratio = f"{self.ratio:8.2f} x {self.peer}" if self.ratio is not None else f"{'':10} {self.peer}"
        return f"{self.measure:<62}{self.value:>14,.4g} {self.unit:<12}{ratio:<48}{self.aim:<24}{verdict}"


def needs(
    measure: str, value: float, unit: str, *, at_least: float | None = None, at_most: float | None = None
) -> Row:
    """A row of a figure with a limit of its own, or with none."""
    aim, met = "", None
    if at_least is not None:
        aim, met = f">= {at_least:,g}", value >= at_least
    if at_most is not None:
        aim, met = f"<= {at_most:,g}", value <= at_most
    return Row(measure=measure, value=value, unit=unit, peer="", ratio=None, aim=aim, met=met)


def seconds(action: Callable[[], object], repeat: int = 1, clock: Callable[[], float] = perf_counter) -> float:
    """Best time of `repeat` runs, in seconds of the wall, or of another clock."""
    best = float("inf")
    for _ in range(repeat):
        begin = clock()
        action()
        best = min(best, clock() - begin)
    return best


def cpu_seconds(action: Callable[[], object], repeat: int = 1) -> float:
    """The same in CPU of this thread: for what waits for nothing, so that a busy machine tells the truth too."""
    return seconds(action, repeat, thread_time)

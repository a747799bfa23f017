"""`make bench`: every measure in one table, each against a peer or a limit of the same run, and the plots.

`BENCH=small` measures at small sizes, to see that the benches run; `BENCH=full` goes to ten million leaves and takes
longer than twenty minutes. `BENCH_ONLY=word,word` runs the benches whose names hold a word. Plots are written to
`docs/performance/` only by a whole run, or where `BENCH_PLOTS` names a folder.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from time import perf_counter

from bench import intake_bench, localchain_bench, plot, service_bench, tree_bench
from bench.row import Row
from bench.tree_bench import Growth

Bench = Callable[[], Iterable[Row]]
DOCS = Path(__file__).resolve().parents[2] / "docs" / "performance"
SIZES = {
    "small": (1_000, 10_000),
    "": (10_000, 100_000, 1_000_000),
    "full": (10_000, 100_000, 1_000_000, 10_000_000),
}
SCALE = {"small": 0.05, "": 1.0, "full": 4.0}
COUNTS = {"small": (1_000, 5_000), "": (10_000, 1_000_000), "full": (10_000, 1_000_000, 10_000_000)}


def benches(how: str, growths: list[Growth], latencies: dict[str, list[float]]) -> dict[str, Bench]:
    """Every bench by its name; what is plotted goes into the two collections."""
    chain: dict[str, Bench] = {} if how == "small" else {"embedded chain": localchain_bench.rows}
    return {
        "tree and proofs": lambda: tree_bench.rows(SIZES[how], growths),
        "running service": lambda: service_bench.rows(latencies, scale=SCALE[how]),
        "intake and start": lambda: intake_bench.rows(COUNTS[how]),
        **chain,
    }


def draw(folder: Path, growths: list[Growth], latencies: dict[str, list[float]]) -> None:
    """Write the plots of what was measured."""
    folder.mkdir(parents=True, exist_ok=True)
    if growths:
        title = "Cost of one record as its log grows"
        plot.lines(folder / "growth.svg", title, "records in the log", "µs", growths)
    if any(latencies.values()):
        series = [(name, found) for name, found in latencies.items() if found]
        plot.distributions(folder / "latency.svg", "How soon a submission is answered, and final", series)


def main() -> None:
    """Print each bench's rows as soon as it is done, and count at the end what met its aim."""
    how = os.environ.get("BENCH", "")
    if how not in SIZES:
        sys.exit("BENCH is small, full or not given.")
    only = [word for word in os.environ.get("BENCH_ONLY", "").split(",") if word]
    growths: list[Growth] = []
    latencies: dict[str, list[float]] = {}
    rows: list[Row] = []
    begin = perf_counter()
    for name, bench in benches(how, growths, latencies).items():
        if only and not any(word in name for word in only):
            continue
        print(f"\n{name}", flush=True)
        for row in bench():
            rows.append(row)
            print(row.text(), flush=True)
    folder = os.environ.get("BENCH_PLOTS")
    if folder or (how != "small" and not only):
        draw(Path(folder) if folder else DOCS, growths, latencies)
    aims = [row.met for row in rows if row.met is not None]
    minutes = (perf_counter() - begin) / 60
    print(
        f"\n{sum(aims)} of {len(aims)} aims met; {minutes:.1f} min; load average {os.getloadavg()[0]:.1f} at the end."
    )


if __name__ == "__main__":
    main()

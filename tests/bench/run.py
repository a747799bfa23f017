"""`make bench`: every measure in one table, each against a peer or a limit of the same run, and the plots.

`BENCH=small` measures at small sizes, to see that the benches run; `BENCH=full` goes to ten million leaves and takes
longer than twenty minutes. `BENCH_ONLY=word,word` runs the benches whose names hold a word, `BENCH_SCALE=0.2` a fifth
of the requests. Table and plots are kept in `docs/performance/` by a whole run, or in the folder that `BENCH_INTO`
names.
"""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from time import perf_counter

from bench import browser_bench, cpu_bench, intake_bench, localchain_bench, plot, service_bench, tree_bench
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
    scale = float(os.environ.get("BENCH_SCALE", SCALE[how]))
    return {
        "tree and proofs": lambda: tree_bench.rows(SIZES[how], growths),
        "CPU of each step": cpu_bench.rows,
        "browser": browser_bench.rows,
        "running service": lambda: service_bench.rows(latencies, scale=scale),
        "fsck of a whole folder": lambda: service_bench.fsck_rows(scale=scale),
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


def write(folder: Path, text: list[str]) -> None:
    """Keep the table as it was printed, with what it was measured on."""
    folder.mkdir(parents=True, exist_ok=True)
    given = [f"{name}={os.environ[name]}" for name in sorted(os.environ) if name.startswith("BENCH")]
    head = [
        f"$ {' '.join([*given, 'make bench'])}",
        f"{os.cpu_count()} cores, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"{platform.system()} {platform.machine()}",
    ]
    (folder / "bench.txt").write_text("\n".join([*head, *text]) + "\n", encoding="utf-8")


def main() -> None:
    """Print each bench's rows as soon as it is done, and count at the end what met its aim."""
    how = os.environ.get("BENCH", "")
    if how not in SIZES:
        sys.exit("BENCH is small, full or not given.")
    only = [word for word in os.environ.get("BENCH_ONLY", "").split(",") if word]
    growths: list[Growth] = []
    latencies: dict[str, list[float]] = {}
    rows: list[Row] = []
    text: list[str] = []

    def tell(line: str) -> None:
        text.append(line)
        print(line, flush=True)

    begin = perf_counter()
    for name, bench in benches(how, growths, latencies).items():
        if only and not any(word in name for word in only):
            continue
        tell(f"\n{name}")
        for row in bench():
            rows.append(row)
            tell(row.text())
    aims = [row.met for row in rows if row.met is not None]
    minutes = (perf_counter() - begin) / 60
    busy = os.getloadavg()[0]
    tell(f"\n{sum(aims)} of {len(aims)} aims met; {minutes:.1f} min; load average {busy:.1f} at the end.")
    into = os.environ.get("BENCH_INTO") or (DOCS if how != "small" and not only else None)
    if into is not None:
        write(Path(into), text)
        draw(Path(into), growths, latencies)


if __name__ == "__main__":
    main()

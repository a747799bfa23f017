"""`make bench`: every measure of every bench in one table, each against a peer or a limit of the same run.

`BENCH=small` measures at small sizes, to see that the benches run; its figures are not for quoting.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from bench import intake_bench, localchain_bench, tree_bench
from bench.row import Row

WHOLE: dict[str, Callable[[], Iterable[Row]]] = {
    "tree and proofs": tree_bench.rows,
    "intake and start": intake_bench.rows,
    "embedded chain": localchain_bench.rows,
}
SMALL: dict[str, Callable[[], Iterable[Row]]] = {
    "tree and proofs": lambda: tree_bench.rows((1_000, 10_000)),
    "intake and start": lambda: intake_bench.rows((1_000, 5_000)),
}


def main() -> None:
    """Print each bench's rows as soon as it is done, and count at the end what met its aim."""
    rows: list[Row] = []
    for name, bench in (SMALL if os.environ.get("BENCH") == "small" else WHOLE).items():
        print(f"\n{name}", flush=True)
        for row in bench():
            rows.append(row)
            print(row.text(), flush=True)
    aims = [row.met for row in rows if row.met is not None]
    print(f"\n{sum(aims)} of {len(aims)} aims met; load average {os.getloadavg()[0]:.1f} at the end.")


if __name__ == "__main__":
    main()

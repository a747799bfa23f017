"""Finding a document by its holder's name among the runs whose rows are still there.

The ledger itself cannot be searched by name: names are encrypted in it, each under a key of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ledger.office.desk import Desk
from ledger.office.templates import HOLDER, template_of
from ledger.ports.accounts import Account
from ledger.values import LogIndex

MOST: Final = 50
"""Hits that are answered."""
RUNS: Final = 200
"""Newest runs that are looked through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A document whose holder's name has what was looked for."""

    index: LogIndex
    number: str
    name: str
    title: str
    run_no: int


def find_names(desk: Desk, who: Account, part: str) -> tuple[Found, ...]:
    """Documents of the person's agency whose holder's name has a part; the newest run first, `MOST` at most."""
    wanted, found = part.casefold(), list[Found]()
    for run in desk.runs(who, limit=RUNS):
        if run.deleted_at is not None or not run.done:
            continue
        folder, title = desk.folder(run), template_of(run.new.template).ko
        for row, result in zip(folder.rows(), folder.results(), strict=False):
            name = row.values.get(HOLDER, "")
            if result.index is not None and wanted in name.casefold():
                found.append(
                    Found(
                        index=LogIndex(result.index),
                        number=result.number,
                        name=name,
                        title=title,
                        run_no=run.run_no,
                    )
                )
                if len(found) >= MOST:
                    return tuple(found)
    return tuple(found)

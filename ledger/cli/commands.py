"""The table of `sillok`'s commands: text only, so that naming a command loads nothing."""

from __future__ import annotations

from typing import Final, NamedTuple


class Command(NamedTuple):
    """Where a command lives, and what it does in one line."""

    module: str
    summary: str


COMMANDS: Final[dict[str, Command]] = {
    "up": Command("ledger.cli.up", "Run the service: API, pages, sequencer and, by default, its own chain."),
    "demo": Command("ledger.cli.demo", "Fill a ledger with a small Seoul, and say what to try next."),
    "anchor": Command("ledger.cli.anchor", "Record files, folders, NDJSON or CSV, and wait until they are anchored."),
    "verify": Command("ledger.cli.verify", "Check a document, a number or an evidence file; works offline."),
    "show": Command("ledger.cli.show", "Show one record: facts, receipt, anchor and status."),
    "trace": Command("ledger.cli.trace", "List every step of one procurement, and name what is missing."),
    "status": Command("ledger.cli.status", "Suspend, resume, revoke or supersede records."),
    "recall": Command("ledger.cli.recall", "Revoke a list of records or a whole issuing batch."),
    "agency": Command("ledger.cli.agency", "Register agencies, and give and revoke their API keys."),
    "account": Command("ledger.cli.account", "Add, list and disable the people who sign in to the clerk's pages."),
    "key": Command("ledger.cli.key", "List and rotate an agency's keys, declare one compromised, undo its acts."),
    "council": Command("ledger.cli.council", "Sign acts of the council on a machine of one's own, and send them."),
    "trust": Command("ledger.cli.trust", "Write the trust file that verifiers start from."),
    "backup": Command(
        "ledger.cli.backup", "Copy everything of a data folder into a new one, while its service runs."
    ),
    "restore": Command(
        "ledger.cli.restore", "Make a data folder out of a backup, unless it would contradict the chain."
    ),
    "fsck": Command("ledger.cli.fsck", "Recompute everything in a data folder and compare it with the chain."),
}

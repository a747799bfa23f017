"""Three people of the small Seoul, one in each role, with a password drawn for this folder."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Final

from ledger.cli.client import ServiceClient
from ledger.durable import replace_durably
from ledger.errors import ConflictError, InputError

PEOPLE: Final = (
    ("demo.clerk", "시연 담당자", "clerk"),
    ("demo.approver", "시연 결재자", "approver"),
    ("demo.admin", "시연 관리자", "administrator"),
)


def add_people(operator: ServiceClient, agency: str, folder: Path) -> str | None:
    """Add them where they are not there yet.

    Args:
        operator: speaks with the operator's API key.
        agency: whose people they are.
        folder: the demo's folder; keeps the password, readable by its owner alone.

    Returns:
        The password of all three; None where the service takes no demonstration accounts (its chain is another's).
    """
    kept = folder / "accounts.json"
    if not kept.exists():
        drawn = {"password": secrets.token_urlsafe(12), "logins": [login for login, _, _ in PEOPLE]}
        replace_durably(kept, json.dumps(drawn).encode())
    password = str(json.loads(kept.read_text())["password"])
    for login, name, role in PEOPLE:
        body = {"login": login, "name": name, "role": role, "password": password, "demo": True}
        try:
            operator.post(f"/v1/agencies/{agency}/accounts", body)
        except ConflictError:
            continue
        except InputError:
            return None
    return password

"""The one way to `../shared`: what the owner gave, beside the repository and not part of it."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2].parent / "shared"


def shared(relative: str) -> Path:
    """The path of a file or folder of `../shared`; the test is skipped where it is not there."""
    for base in (SHARED, SHARED.parent.parent / "shared"):  # a worktree lies one folder deeper
        if (base / relative).exists():
            return base / relative
    pytest.skip(f"../shared lacks {relative}")

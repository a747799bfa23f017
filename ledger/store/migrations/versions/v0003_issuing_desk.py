"""Runs of the issuing desk, the activity log, visits and the rules of each agency."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0003"
down_revision: Final = "0002"


def upgrade() -> None:
    """Make the tables; down again goes only by a backup."""
    op.create_table(
        "runs",
        sa.Column("run_no", sa.Integer(), primary_key=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("account_no", sa.Integer(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("bad", sa.Integer(), nullable=False),
        sa.Column("seed", sa.LargeBinary(32), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("demo", sa.Integer(), nullable=False),
        sa.Column("supersedes", sa.BigInteger()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, index=True),
        sa.Column("decided_by", sa.Integer()),
        sa.Column("started_at", sa.BigInteger()),
        sa.Column("finished_at", sa.BigInteger()),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("first", sa.BigInteger()),
        sa.Column("batch", sa.Integer()),
        sa.Column("deleted_at", sa.BigInteger()),
        sa.UniqueConstraint("agency", "key", name="one_run_per_key"),
    )
    op.create_table(
        "desk_rules",
        sa.Column("agency", sa.Text(), primary_key=True),
        sa.Column("two_persons", sa.Integer(), nullable=False),
    )
    op.create_table(
        "activities",
        sa.Column("entry_no", sa.Integer(), primary_key=True),
        sa.Column("agency", sa.Text(), nullable=False, index=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("account_no", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("log_index", sa.BigInteger()),
    )
    op.create_table(
        "visits",
        sa.Column("visit_no", sa.Integer(), primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("account_no", sa.Integer(), nullable=False, index=True),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
    )

"""The first tables."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0001"
down_revision: Final = None

PLACE: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make every table; down again goes only by a backup."""
    _ledger()
    _mirror()
    _outgoing()


def _ledger() -> None:
    op.create_table(
        "logs",
        sa.Column("log_no", sa.Integer(), primary_key=True),
        sa.Column("origin", sa.Text(), nullable=False, unique=True),
        sa.Column("log_id", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("max_delay_s", sa.Integer(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "records",
        sa.Column("place", PLACE, primary_key=True, autoincrement=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_facts", sa.LargeBinary()),
        sa.Column("sha256", sa.LargeBinary(32)),
        sa.Column("number", sa.BigInteger()),
        sa.Column("accepted_at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("batch", sa.Integer()),
        sa.Column("process_id", sa.Text()),
        sa.Column("process_seq", sa.BigInteger()),
    )
    op.create_table(
        "numbers",
        sa.Column("number", PLACE, primary_key=True, autoincrement=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "digests",
        sa.Column("sha256", sa.LargeBinary(32), primary_key=True),
        sa.Column("log_no", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("ordinal", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "idempotency",
        sa.Column("log_no", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("request_digest", sa.LargeBinary(32), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "process_steps",
        sa.Column("process_id", sa.Text(), primary_key=True),
        sa.Column("log_no", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "batches",
        sa.Column("log_no", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("batch", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("job", sa.Text()),
        sa.Column("members", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("log_no", "job", name="one_batch_per_job"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tiles",
        sa.Column("place", PLACE, primary_key=True, autoincrement=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "commits",
        sa.Column("place", PLACE, primary_key=True, autoincrement=False),
        sa.Column("root", sa.LargeBinary(32), nullable=False),
        sa.Column("checkpoint", sa.Text(), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.BigInteger(), nullable=False),
        sa.Column("deadline", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "agencies",
        sa.Column("code", sa.Text(), primary_key=True),
        sa.Column("name_ko", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
    )
    op.create_table(
        "api_keys",
        sa.Column("key_no", sa.Integer(), primary_key=True),
        sa.Column("sha256", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger()),
    )
    op.create_index("ix_api_keys_agency", "api_keys", ["agency"])


def _mirror() -> None:
    op.create_table(
        "chain_cursor",
        sa.Column("one", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("one = 1", name="only_one"),
    )
    op.create_table(
        "mirrored_blocks",
        sa.Column("block_number", PLACE, primary_key=True, autoincrement=False),
        sa.Column("block_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("block_time", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "log_events",
        sa.Column("log_id", sa.LargeBinary(32), primary_key=True),
        sa.Column("block_number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("event_index", sa.Integer(), primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "chain_events",
        sa.Column("block_number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("event_index", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("block_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("block_time", sa.BigInteger(), nullable=False),
        sa.Column("transaction", sa.LargeBinary(32), nullable=False),
        sa.Column("contract", sa.LargeBinary(20), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "anchors",
        sa.Column("log_id", sa.LargeBinary(32), primary_key=True),
        sa.Column("size", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("block_number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("event_index", sa.Integer(), primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "status_words",
        sa.Column("log_id", sa.LargeBinary(32), primary_key=True),
        sa.Column("batches", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("word", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("block_number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("event_index", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("mask", sa.LargeBinary(32), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "successors",
        sa.Column("log_id", sa.LargeBinary(32), primary_key=True),
        sa.Column("log_index", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("block_number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("event_index", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("successor_log", sa.LargeBinary(32), nullable=False),
        sa.Column("successor", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "voided_acts",
        sa.Column("act_head", sa.LargeBinary(32), primary_key=True),
        sa.Column("block_number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("event_index", sa.Integer(), primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "chain_keys",
        sa.Column("agency", sa.Text(), primary_key=True),
        sa.Column("key_id", sa.LargeBinary(32), primary_key=True),
        sa.Column("block_number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("event_index", sa.Integer(), primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )


def _outgoing() -> None:
    op.create_table(
        "status_acts",
        sa.Column("act_no", sa.Integer(), primary_key=True),
        sa.Column("log_no", sa.Integer(), nullable=False),
        sa.Column("batches", sa.Integer(), nullable=False),
        sa.Column("after", sa.Integer(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("accepted_at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text()),
        sa.Column("request_digest", sa.LargeBinary(32), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text()),
        sa.Column("final_block", sa.BigInteger()),
        sa.UniqueConstraint("log_no", "idempotency_key", name="one_act_per_key"),
    )
    op.create_index("open_acts", "status_acts", ["state"])
    op.create_table(
        "act_runs",
        sa.Column("act_no", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("first", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outbox",
        sa.Column("outbox_no", sa.Integer(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("log_no", sa.Integer(), nullable=False),
        sa.Column("subject", sa.BigInteger(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.Column("sender", sa.LargeBinary(20), nullable=False),
        sa.Column("nonce", sa.BigInteger(), nullable=False),
        sa.Column("first_sent", sa.BigInteger(), nullable=False),
        sa.Column("bumps", sa.Integer(), nullable=False),
        sa.Column("replaced", sa.LargeBinary(), nullable=False),
    )

"""The tables of `ledger.db`, as SQLAlchemy Core sees them; `migrations/` builds them, a test compares the two.

What is looked up by a random value (a number, a digest) costs a page of the disk per new row once the table is
large; so those rows are as small as they can be: a number is its 16 digits as one integer and the table's own key,
a digest is the first column of a table without a row id. Everything else is appended in order.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata: Final = MetaData()
REVISION: Final = "0003"
"""The newest of `migrations/`: a store that has it is opened as it is."""

# BIGINT is no row id in SQLite, INTEGER is 64 bits there and 32 in PostgreSQL.
PLACE: Final = BigInteger().with_variant(Integer(), "sqlite")

logs: Final = Table(
    "logs",
    metadata,
    Column("log_no", Integer, primary_key=True),
    Column("origin", Text, nullable=False, unique=True),
    Column("log_id", LargeBinary(32), nullable=False, unique=True),
    Column("agency", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("max_delay_s", Integer, nullable=False),
    Column("start", BigInteger, nullable=False),
)

records: Final = Table(
    "records",
    metadata,
    Column("place", PLACE, primary_key=True, autoincrement=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("sealed_facts", LargeBinary),
    Column("sha256", LargeBinary(32)),
    Column("number", BigInteger),
    Column("accepted_at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("batch", Integer),
    Column("process_id", Text),
    Column("process_seq", BigInteger),
)

numbers: Final = Table(
    "numbers",
    metadata,
    Column("number", PLACE, primary_key=True, autoincrement=False),
    Column("place", BigInteger, nullable=False),
)

# `ordinal` is 0 for kinds that have one record per document and log, so that the key itself refuses a second one;
# other kinds (a tender and its correction may rest on the same file) have their index plus one.
digests: Final = Table(
    "digests",
    metadata,
    Column("sha256", LargeBinary(32), primary_key=True),
    Column("log_no", Integer, primary_key=True, autoincrement=False),
    Column("ordinal", BigInteger, primary_key=True, autoincrement=False),
    Column("place", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

idempotency: Final = Table(
    "idempotency",
    metadata,
    Column("log_no", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, primary_key=True),
    Column("request_digest", LargeBinary(32), nullable=False),
    Column("place", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

process_steps: Final = Table(
    "process_steps",
    metadata,
    Column("process_id", Text, primary_key=True),
    Column("log_no", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("place", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

batches: Final = Table(
    "batches",
    metadata,
    Column("log_no", Integer, primary_key=True, autoincrement=False),
    Column("batch", Integer, primary_key=True, autoincrement=False),
    Column("job", Text),
    Column("members", BigInteger, nullable=False),
    UniqueConstraint("log_no", "job", name="one_batch_per_job"),
    sqlite_with_rowid=False,
)

tiles: Final = Table(
    "tiles",
    metadata,
    Column("place", PLACE, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
)

commits: Final = Table(
    "commits",
    metadata,
    Column("place", PLACE, primary_key=True, autoincrement=False),
    Column("root", LargeBinary(32), nullable=False),
    Column("checkpoint", Text, nullable=False),
    Column("receipt", Text, nullable=False),
    Column("signed_at", BigInteger, nullable=False),
    Column("deadline", BigInteger, nullable=False),
)

agencies: Final = Table(
    "agencies",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name_ko", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("contact", Text, nullable=False),
)

api_keys: Final = Table(
    "api_keys",
    metadata,
    Column("key_no", Integer, primary_key=True),
    Column("sha256", LargeBinary(32), nullable=False, unique=True),
    Column("agency", Text, nullable=False, index=True),
    Column("role", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)

chain_cursor: Final = Table(
    "chain_cursor",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("block_number", BigInteger, nullable=False),
    CheckConstraint("one = 1", name="only_one"),
)

# Blocks up to which the mirror once went, by whose hashes a reorganisation is noticed.
mirrored_blocks: Final = Table(
    "mirrored_blocks",
    metadata,
    Column("block_number", PLACE, primary_key=True, autoincrement=False),
    Column("block_hash", LargeBinary(32), nullable=False),
    Column("block_time", BigInteger, nullable=False),
)

# Every event of our registries: where it stands, and its own members as JSON. What is asked often has a table of
# its own below, which points here by (block_number, event_index).
chain_events: Final = Table(
    "chain_events",
    metadata,
    Column("block_number", BigInteger, primary_key=True, autoincrement=False),
    Column("event_index", Integer, primary_key=True, autoincrement=False),
    Column("block_hash", LargeBinary(32), nullable=False),
    Column("block_time", BigInteger, nullable=False),
    Column("transaction", LargeBinary(32), nullable=False),
    Column("contract", LargeBinary(20), nullable=False),
    Column("name", Text, nullable=False),
    Column("body", Text, nullable=False),
    sqlite_with_rowid=False,
)

anchors: Final = Table(
    "anchors",
    metadata,
    Column("log_id", LargeBinary(32), primary_key=True),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("block_number", BigInteger, primary_key=True, autoincrement=False),
    Column("event_index", Integer, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

status_words: Final = Table(
    "status_words",
    metadata,
    Column("log_id", LargeBinary(32), primary_key=True),
    Column("batches", Integer, primary_key=True, autoincrement=False),
    Column("word", BigInteger, primary_key=True, autoincrement=False),
    Column("block_number", BigInteger, primary_key=True, autoincrement=False),
    Column("event_index", Integer, primary_key=True, autoincrement=False),
    Column("mask", LargeBinary(32), nullable=False),
    sqlite_with_rowid=False,
)

successors: Final = Table(
    "successors",
    metadata,
    Column("log_id", LargeBinary(32), primary_key=True),
    Column("log_index", BigInteger, primary_key=True, autoincrement=False),
    Column("block_number", BigInteger, primary_key=True, autoincrement=False),
    Column("event_index", Integer, primary_key=True, autoincrement=False),
    Column("successor_log", LargeBinary(32), nullable=False),
    Column("successor", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

voided_acts: Final = Table(
    "voided_acts",
    metadata,
    Column("act_head", LargeBinary(32), primary_key=True),
    Column("block_number", BigInteger, primary_key=True, autoincrement=False),
    Column("event_index", Integer, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

chain_keys: Final = Table(
    "chain_keys",
    metadata,
    Column("agency", Text, primary_key=True),
    Column("key_id", LargeBinary(32), primary_key=True),
    Column("block_number", BigInteger, primary_key=True, autoincrement=False),
    Column("event_index", Integer, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

log_events: Final = Table(
    "log_events",
    metadata,
    Column("log_id", LargeBinary(32), primary_key=True),
    Column("block_number", BigInteger, primary_key=True, autoincrement=False),
    Column("event_index", Integer, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

MIRRORED: Final = (
    anchors,
    status_words,
    successors,
    voided_acts,
    chain_keys,
    log_events,
    chain_events,
    mirrored_blocks,
)
"""Tables that a reorganisation cuts back; each has `block_number`."""

status_acts: Final = Table(
    "status_acts",
    metadata,
    Column("act_no", Integer, primary_key=True),
    Column("log_no", Integer, nullable=False),
    Column("batches", Integer, nullable=False),
    Column("after", Integer, nullable=False),
    Column("act", Text, nullable=False),
    Column("accepted_at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("idempotency_key", Text),
    Column("request_digest", LargeBinary(32), nullable=False),
    Column("state", Text, nullable=False),
    Column("problem", Text),
    Column("final_block", BigInteger),
    UniqueConstraint("log_no", "idempotency_key", name="one_act_per_key"),
    Index("open_acts", "state"),
)

# The records (or batches) of an act as runs of neighbours, so that "is index i on its way to another status" is one
# look-up, however many records the act has.
act_runs: Final = Table(
    "act_runs",
    metadata,
    Column("act_no", Integer, primary_key=True, autoincrement=False),
    Column("first", BigInteger, primary_key=True, autoincrement=False),
    Column("last", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

outbox: Final = Table(
    "outbox",
    metadata,
    Column("outbox_no", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("log_no", Integer, nullable=False),
    Column("subject", BigInteger, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("sender", LargeBinary(20), nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("first_sent", BigInteger, nullable=False),
    Column("bumps", Integer, nullable=False),
    Column("replaced", LargeBinary, nullable=False),
)

accounts: Final = Table(
    "accounts",
    metadata,
    Column("account_no", Integer, primary_key=True),
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("agency", Text, nullable=False, index=True),
    Column("role", Text, nullable=False),
    Column("demo", Integer, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
)

sessions: Final = Table(
    "sessions",
    metadata,
    Column("token_sha256", LargeBinary(32), primary_key=True),
    Column("account_no", Integer, nullable=False, index=True),
    Column("began_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

runs: Final = Table(
    "runs",
    metadata,
    Column("run_no", Integer, primary_key=True),
    Column("key", Text, nullable=False),
    Column("agency", Text, nullable=False),
    Column("account_no", Integer, nullable=False),
    Column("template", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("told", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("bad", Integer, nullable=False),
    Column("seed", LargeBinary(32), nullable=False),
    Column("address", Text, nullable=False),
    Column("demo", Integer, nullable=False),
    Column("supersedes", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False, index=True),
    Column("decided_by", Integer),
    Column("started_at", BigInteger),
    Column("finished_at", BigInteger),
    Column("done", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("first", BigInteger),
    Column("batch", Integer),
    Column("deleted_at", BigInteger),
    UniqueConstraint("agency", "key", name="one_run_per_key"),
)

desk_rules: Final = Table(
    "desk_rules",
    metadata,
    Column("agency", Text, primary_key=True),
    Column("two_persons", Integer, nullable=False),
)

activities: Final = Table(
    "activities",
    metadata,
    Column("entry_no", Integer, primary_key=True),
    Column("agency", Text, nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("account_no", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("log_index", BigInteger),
)

visits: Final = Table(
    "visits",
    metadata,
    Column("visit_no", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("account_no", Integer, nullable=False, index=True),
    Column("act", Text, nullable=False),
    Column("subject", Text, nullable=False),
)

"""Every limit of intake, with its reason. A limit that is met is answered in words, never by a dropped connection."""

from __future__ import annotations

from typing import Final

MAX_FACTS: Final = 64
"""Facts of one record: the format's own limit; the number, the digest and pads count."""
MAX_VALUE_BYTES: Final = 4096
"""UTF-8 bytes of one text: the format's own limit; what is longer is a document, and its digest the fact."""
MAX_DISCLOSURE_BYTES: Final = 160 * 1024
"""All disclosures of one record as text: complete evidence must stay below 256 KiB with every proof in it."""
MAX_LINE_BYTES: Final = 256 * 1024
"""One line of bulk input: all facts of a record, with room for escapes."""
MAX_BODY_BYTES: Final = MAX_LINE_BYTES
"""The body of a single submission: the same record as a line."""
MAX_BULK_LINES: Final = 1_000_000
"""Lines of one bulk request: an hour's work at most; a larger job comes in several requests under the same name."""
MAX_NAME: Final = 200
"""Characters of an idempotency key or a job's name: two UUIDs and a path fit."""
MAX_WAITING: Final = 20_000
"""Records that wait for one log's sequencer: below a second's work, some 40 MB."""
MAX_GROUP_RECORDS: Final = 8_192
"""Records of one group commit: large enough that fsync and signing cost nothing per record, small enough to answer
within half a second."""
MAX_GROUP_BYTES: Final = 32 * 1024 * 1024
"""Bytes of sealed facts in one group commit, for the same reason."""
BULK_CHUNK: Final = 512
"""Lines that are prepared and handed to the sequencer together."""
BULK_WINDOW: Final = 32
"""Chunks of one job on their way: the bound of its memory, and the back-pressure on whoever sends. Half of them are
one whole group, so that the writer never waits for the next one to be made."""
MAX_HELPERS: Final = 4
"""Processes that make records of large jobs: the one writer of a log keeps no more of them busy."""

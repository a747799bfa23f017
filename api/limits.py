"""Every limit of the HTTP interface, in one place, each with its reason; `docs/api.md` repeats this table.

A limit that is met answers a problem document (408, 413, 414, 429 or 503), never a dropped connection.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB

MAX_QUERY_BYTES: Final = 4 * KIB
"""Query string: the longest question is a process id of 128 characters, written in percent escapes."""

MAX_HEAD_BYTES: Final = 64 * KIB
"""Address and headers of one request, and what may follow its body: browsers send some KiB, most of it cookies. The
parser itself knows no end and would keep whatever a stranger sends."""

MAX_HEAD_S: Final = 30.0
"""How long a connection may take to send a whole head, in seconds: each that never does holds a descriptor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How slowly a body may come: waiting for it empties a purse, and what comes fills the purse again."""

    purse_s: float
    """Seconds that may be waited until something comes."""
    bytes_per_s: int
    """Bytes that give one second back."""


BODY_PACE: Final = Pace(purse_s=30.0, bytes_per_s=KIB)
"""Of an ordinary body: a telephone line sends 4 KiB a second. Each that never ends holds a descriptor and memory."""

BULK_PACE: Final = Pace(purse_s=600.0, bytes_per_s=1)
"""Of a bulk request: whoever sends it may read a large file between two lines. It holds one of few places."""

VERIFYING_AT_ONCE: Final = 2
"""Look-ups that are verified at a time; the others wait in line. More threads would take the interpreter from each
other at each of their short waits: sixteen spend three times the CPU on one answer (`make bench`)."""

MAX_BODY_BYTES: Final = 64 * KIB
"""JSON bodies of agencies and keys: two names and a contact."""

MAX_RECORD_BYTES: Final = 256 * KIB
"""One submission: the same as one line of bulk input (`ledger.log.limits`), all facts with room for escapes."""

MAX_EVIDENCE_BYTES: Final = 256 * KIB
"""Evidence file: the format itself allows no more (formats.md, section 7)."""

MAX_UPLOAD_BYTES: Final = 24 * MIB
"""A table that a clerk uploads: 100,000 rows as CSV are about 10 MiB, as XLSX less."""

MAX_STATUS_BYTES: Final = 2 * MIB
"""Status act: an index list of 100,000 scattered records; a larger recall goes by issuing batch."""

MAX_BULK_BYTES: Final = 1024 * MIB
"""One bulk request: about a million lines. Results that a client does not read yet are spooled to disk, so the
request's size bounds the spool's; a larger job is sent in parts, which the idempotency keys make safe."""

MAX_BULK_REQUESTS: Final = 8
"""Bulk requests at the same time: each holds a thread, and the sequencer writes one group at a time anyway."""

MAX_SPOOL_MEMORY_BYTES: Final = 1 * MIB
"""Results of one bulk request that are held in memory before they go to disk."""

MAX_DRAIN_BYTES: Final = 64 * MIB
"""What is read of a refused body and thrown away, so that a client which sends first and reads later still gets the
problem document; beyond it the connection is closed."""

MAX_DRAIN_S: Final = 10.0
"""How long such a body is read, in seconds."""

MAX_PAGE: Final = 10_000
"""Evidence files in one page of the batch download."""

LOOKUP_BURST: Final = 4
"""Seconds' worth of look-ups that may come at once: a counter that opens in the morning. The steady rate is a
setting (`lookups_per_s`, 50): of 10^15 numbers, ten million in use, a walker from one address hits one in
three weeks."""

WRITE_BURST: Final = 2
"""Seconds' worth of writes that may come at once with one API key. The steady rate is a setting (`writes_per_s`,
5,000): three times what one machine takes singly, so that it stops only a client that has lost its mind."""

MAX_CLIENTS: Final = 50_000
"""Addresses and keys whose rate is remembered; the longest silent one is forgotten first (its bucket is full)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A token bucket's shape: steady rate in requests per second, and how many may come at once."""

    per_s: float
    burst: int


SIGN_IN_ADDRESS: Final = Rate(per_s=0.5, burst=40)
"""Failed sign-ins from one address: an office behind one address mistypes now and then, a guesser gets 43,000 a day
over all logins together. A success gives its token back."""

SIGN_IN_LOGIN: Final = Rate(per_s=1 / 60, burst=6)
"""Failed sign-ins under one login: six, then one a minute: nobody is locked out for ever by another's guesses."""


def body_limit(method: str, path: str) -> int:
    """Largest body in bytes that this request may have."""
    if method in ("GET", "HEAD", "DELETE", "OPTIONS"):
        return MAX_BODY_BYTES
    for pattern, limit in _BODY_LIMITS:
        if pattern.fullmatch(path):
            return limit
    return MAX_BODY_BYTES


def body_pace(path: str) -> Pace:
    """How slowly the body of this request may come."""
    return BULK_PACE if _BULK.fullmatch(path) else BODY_PACE


_BULK: Final = re.compile(r"/v1/agencies/[^/]*/records:bulk")
_BODY_LIMITS: Final = (
    (re.compile(r"/v1/agencies/[^/]*/records"), MAX_RECORD_BYTES),
    (_BULK, MAX_BULK_BYTES),
    (re.compile(r"/v1/verifications"), MAX_EVIDENCE_BYTES),
    (re.compile(r"/check/evidence"), MAX_EVIDENCE_BYTES),
    (re.compile(r"/clerk/bulk"), MAX_UPLOAD_BYTES),
    (re.compile(r"/v1/agencies/[^/]*/status"), MAX_STATUS_BYTES),
)

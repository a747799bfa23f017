"""Making records of lines of a job: parsing, digest and `prepare`, a chunk at a time, here or in another process.

What crosses the pipe is plain tuples by `marshal`: both ends are this program, of one version, and nobody else's.
"""

from __future__ import annotations

import marshal
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from ledger.errors import ConflictError, FormatError, InputError, NotFoundError
from ledger.log.intake import Submission, parse_line, parse_submission
from ledger.log.preparing import Prepared, Random, prepare
from ledger.values import AgencyCode, Digest32, Instant, LogIndex

Line = bytes | Mapping[str, object]


class Known(NamedTuple):
    """The submission has its record already, at this index."""

    at: LogIndex


Made = Prepared | Known | InputError

_ERRORS: Final[Mapping[str, type[InputError]]] = {
    kind.__name__: kind for kind in (InputError, FormatError, ConflictError, NotFoundError)
}


class Task(NamedTuple):
    """A chunk of lines of one job. `used`: which of its idempotency keys have a record, and of which request."""

    agency: AgencyCode
    job: str
    batch: int
    first_line: int
    now: Instant
    lines: Sequence[Line]
    used: Mapping[str, tuple[LogIndex, Digest32]]


def make(task: Task, random: Random) -> list[Made]:
    """What becomes of each line, in order; an error stops only its own line."""
    made: list[Made] = []
    for line_no, line in enumerate(task.lines, task.first_line):
        try:
            made.append(_make(task, f"{task.job}/{line_no}", line, random))
        except InputError as error:
            made.append(error)
    return made


def _make(task: Task, key: str, line: Line, random: Random) -> Made:
    submission = _parse(line)
    digest = submission.digest()
    used = task.used.get(key)
    if used is None:
        return prepare(
            submission,
            agency=task.agency,
            idempotency_key=key,
            request_digest=digest,
            batch=task.batch,
            now=task.now,
            random=random,
        )
    if used[1] != digest:
        raise ConflictError(
            "This line of the job was another submission before.", fix="Give a changed job another name."
        )
    return Known(used[0])


def _parse(line: Line) -> Submission:
    if not isinstance(line, bytes):
        return parse_submission(line)
    if not line.strip():
        raise FormatError("The line is blank.")
    return parse_line(line)


def dump_task(task: Task) -> bytes:
    """A task for the pipe; its lines are bytes."""
    lines = [line for line in task.lines if isinstance(line, bytes)]
    return marshal.dumps((*task[:5], lines, dict(task.used)))


def load_task(data: bytes) -> Task:
    """A task from the pipe."""
    return Task(*marshal.loads(data))  # noqa: S302 (our own other end)


def dump_made(made: Sequence[Made]) -> bytes:
    """What was made, for the pipe: by the length of its tuple each kind is told apart."""
    return marshal.dumps([_plain(one) for one in made])


def load_made(data: bytes) -> list[Made]:
    """What was made, from the pipe."""
    return [_made(one) for one in marshal.loads(data)]  # noqa: S302 (our own other end)


def _plain(one: Made) -> tuple[object, ...]:
    if isinstance(one, InputError):
        name = type(one).__name__ if type(one).__name__ in _ERRORS else FormatError.__name__
        return (name, one.what, one.where, one.fix)
    return tuple(one)


def _made(plain: tuple[object, ...]) -> Made:
    if len(plain) == len(Prepared._fields):
        return Prepared._make(plain)
    if len(plain) == len(Known._fields):
        return Known._make(plain)
    name, what, where, fix = plain
    return _ERRORS[str(name)](str(what), where=_text(where), fix=_text(fix))


def _text(value: object) -> str | None:
    return None if value is None else str(value)

"""The engine in plain Python: mutate, feed, keep what led to a new end. Needs nothing but Python.

It knows the shapes of the formats (JSON trees, base64url inside of them, lines, hex and decimal numbers), so that
most inputs get past the first comparison and fail, or do not, deep inside. What atheris adds is coverage.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from time import process_time

from fuzz.target import Target
from support.mutations import bytes_spoiled, evidence_spoiled, text_spoiled

HANG_S = 1.0
"""CPU time of one input from which on it is a hang. CPU and not wall: the machine may be busy with others."""
MAX_KEPT = 2_000
"""Inputs that are kept to go on from."""
MAX_BYTES = 64 * 1024
"""Length up to which the engine lets an input grow; the parsers' own limits lie above and have tests of their own."""
NUMBERS = (b"0", b"-1", b"255", b"256", b"65536", b"4294967296", b"9007199254740991", b"9007199254740992",
           b"18446744073709551616", b"9" * 40, b"1e999", b"1.5", b"00", b"1" * 5000)  # fmt: skip
_DIGITS = re.compile(rb"[0-9]+")


class HangError(AssertionError):
    """One input took more CPU time than any input may."""


@dataclass(kw_only=True)
class Tally:
    """What a run saw: how many inputs ended how, and the worst time of one, in seconds."""

    inputs: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    worst_s: float = 0.0


class Engine:
    """Mutates the inputs of one target."""

    def __init__(self, target: Target, seed: int) -> None:
        """The same seed gives the same inputs."""
        self.target = target
        self.random = Random(f"{target.name} {seed}")
        self.kept = list(target.seeds)
        self.tally = Tally()
        self._fed_seeds = 0

    def next(self) -> bytes:
        """The next input: every seed once as it is, then mutations of what was kept."""
        if self._fed_seeds < len(self.target.seeds):
            self._fed_seeds += 1
            return self.target.seeds[self._fed_seeds - 1]
        random = self.random
        data = random.choice(self.kept)
        for _ in range(random.choice((1, 1, 1, 2, 2, 3, 5, 9))):
            data = self.mutated(data)
        return data[:MAX_BYTES]

    def mutated(self, data: bytes) -> bytes:
        """One mutation."""
        random = self.random
        choice = random.random()
        if choice < 0.4:
            return bytes_spoiled(data, random)
        if choice < 0.55:
            return self._tree_spoiled(data)
        if choice < 0.65:
            return text_spoiled(data.decode("utf-8", "replace"), random).encode("utf-8", "surrogatepass")
        if choice < 0.75:
            return self._number_changed(data)
        if choice < 0.85:
            return self._word_put_in(data)
        return self._spliced(data)

    def _tree_spoiled(self, data: bytes) -> bytes:
        """Something else at one place of a JSON tree, or of a text in it; other bytes where it is none."""
        if data[:1] not in (b"{", b"["):
            return bytes_spoiled(data, self.random)
        try:
            return evidence_spoiled(data, self.random)
        except (ValueError, RecursionError):
            return bytes_spoiled(data, self.random)

    def _number_changed(self, data: bytes) -> bytes:
        found = list(_DIGITS.finditer(data))
        if not found:
            return bytes_spoiled(data, self.random)
        start, end = self.random.choice(found).span()
        return data[:start] + self.random.choice(NUMBERS) + data[end:]

    def _word_put_in(self, data: bytes) -> bytes:
        random = self.random
        words = self.target.words
        word = random.choice(words) if words and random.random() < 0.8 else random.choice(MEAN)
        word *= random.choice((1, 1, 1, 1, 1, 1, 2, 17, 300, 2000))
        place = random.randrange(len(data) + 1)
        return data[:place] + word + data[place + random.choice((0, 0, len(word))) :]

    def _spliced(self, data: bytes) -> bytes:
        """A piece of another input in the place of a piece of this one."""
        random = self.random
        other = random.choice(self.kept)
        start, end = sorted(random.randrange(len(data) + 1) for _ in range(2))
        first, last = sorted(random.randrange(len(other) + 1) for _ in range(2))
        return data[:start] + other[first:last] + data[end:]

    def feed(self, data: bytes) -> None:
        """Feed one input, count it, keep it where its end is new.

        Raises:
            Exception: a finding.
        """
        begin = process_time()
        end = self.target.feed(data)
        took = process_time() - begin
        tally = self.tally
        tally.inputs += 1
        if took > tally.worst_s:
            tally.worst_s = took
            if took > HANG_S:
                raise HangError(f"{took:.2f} s of CPU for {len(data)} bytes")
        if end not in tally.ends and len(self.kept) < MAX_KEPT:
            self.kept.append(data)
        tally.ends[end] += 1


MEAN = (
    b"\x00", b"\xff", b"\xed\xa0\x80", b"\\ud800", b"\\u0000", "\u2028".encode(), "é".encode(), b"\xef\xbb\xbf",
    b"[", b"{", b'"', b"\\", b'\\"', b'{"', b"],", b"\n", b"\r\n", b"\n\n", b" ", b"+", b"/", b"=", b"-", b"_", b".",
    b"null", b"NaN", b"Infinity", b"true", b"A" * 64, b"00" * 32, b"0x", b"%", b"../",
)  # fmt: skip

"""Asks both verifiers many more questions than the suite does, and stops at the first disagreement.

python tests/web/differential.py 20000 [SEED]
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from support.both_verifiers import Question, compare, trust_note  # noqa: E402
from support.browser_verifier import BrowserVerifier  # noqa: E402
from support.mutations import bytes_spoiled, evidence_spoiled  # noqa: E402
from support.worlds import World  # noqa: E402


def questions(count: int, seed: int) -> Iterator[Question]:
    """Worlds, each as it is and a few times spoiled."""
    random = Random(seed)
    while count > 0:
        question = World(random.randrange(2**40), random.choice((0.01, 0.03, 0.1, 0.2))).question()
        if question.trust is not None and trust_note(question.trust) is None:
            continue
        yield question
        for spoil in (evidence_spoiled, evidence_spoiled, bytes_spoiled):
            yield replace(question, data=spoil(question.data, random))
        count -= 4


def main(arguments: list[str]) -> int:
    """Print the verdicts so far after each thousand."""
    count, seed = int(arguments[0]) if arguments else 20_000, int(arguments[1]) if arguments[1:] else 1
    seen: Counter[str] = Counter()
    with BrowserVerifier() as browser:
        for start in range(0, count, 1000):
            seen.update(compare(browser, questions(min(1000, count - start), seed + start)))
            print(f"{seen.total():>8} agree: {dict(sorted(seen.items()))}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

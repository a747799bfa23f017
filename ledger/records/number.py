"""The document number: 15 random digits and an ISO/IEC 7064 MOD 11,10 check digit, shown in fours (section 6)."""

from __future__ import annotations

import re
from typing import Final

from ledger.errors import FormatError

_NUMBER: Final = re.compile(r"[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{4}", re.ASCII)
_NEXT: Final = [{str(digit): ((product + digit) % 10 or 10) * 2 % 11 for digit in range(10)} for product in range(11)]
"""The standard's step, written out: product and digit to the next product."""
_TYPED: Final = re.compile(r"[\s\-\u2010-\u2015\u2212]")


def check_digit(digits: str) -> int:
    """The check digit that belongs behind `digits` (ISO/IEC 7064, hybrid system MOD 11,10).

    It finds every single wrong digit and almost every exchange of neighbours.
    """
    product = 10
    for digit in digits:
        product = _NEXT[product][digit]
    return (11 - product) % 10


def number_from_random(random: int) -> str:
    """The document number of a random integer, 0 ≤ random < 10^15, drawn from the operating system."""
    if not 0 <= random < 10**15:
        raise FormatError("A document number is drawn from 0 to 10^15 - 1.")
    digits = f"{random:015d}"
    digits += str(check_digit(digits))
    return f"{digits[:4]}-{digits[4:8]}-{digits[8:12]}-{digits[12:]}"


def parse_number(text: str) -> str:
    """A document number exactly as it is recorded: four groups of four digits and a right check digit.

    Raises:
        FormatError: another form, or a wrong check digit.
    """
    if not _NUMBER.fullmatch(text):
        raise FormatError(
            f"{text[:40]!r} is not a document number.", fix="It has 16 digits in fours: 1234-5678-9012-3459."
        )
    digits = text.replace("-", "")
    if check_digit(digits[:-1]) != int(digits[-1]):
        raise FormatError(f"The check digit of {text} is wrong.", fix="Compare each digit with the paper.")
    return text


def read_number(text: str) -> str:
    """A document number as a person types it: spaces and dashes anywhere, or none.

    Raises:
        FormatError: not 16 digits, or a wrong check digit.
    """
    digits = _TYPED.sub("", text[:64])
    return parse_number("-".join(digits[i : i + 4] for i in range(0, len(digits), 4)) if len(text) <= 64 else text)

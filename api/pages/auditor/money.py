"""Amounts as people read them: the exact sum, and beside it a short form that is exact too or says "about"."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from api.pages.words import Words

_UNITS: Final = ((Decimal(10) ** 12, "조"), (Decimal(10) ** 8, "억"), (Decimal(10) ** 4, "만"))
_ENGLISH: Final = ((Decimal(10) ** 12, "trillion"), (Decimal(10) ** 9, "billion"), (Decimal(10) ** 6, "million"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """One sum in the page's language; `short` is None where the exact form is short enough."""

    exact: str
    short: str | None


def money(amount: Decimal, currency: str | None, words: Words, *, signed: bool = False) -> Money:
    """A sum of money.

    Args:
        amount: in the currency's own unit (KRW: won).
        currency: ISO 4217; None counts as unknown and is not named.
        words: the page's language.
        signed: whether a plus is written, as before a difference.
    """
    sign = "-" if amount < 0 else "+" if signed and amount > 0 else ""
    plain = f"{abs(amount).normalize():,f}"
    if words.language == "ko" and currency == "KRW":
        return Money(exact=f"{sign}{plain}원", short=_short_korean(abs(amount), sign))
    exact = f"{currency} {sign}{plain}" if currency else f"{sign}{plain}"
    return Money(exact=exact, short=_short_english(abs(amount), sign) if words.language == "en" else None)


def _short_korean(amount: Decimal, sign: str) -> str | None:
    """In 조, 억 and 만, without a rest that would be rounded away: 11,290,000,000 → 112억 9,000만 원."""
    parts, rest = [], amount
    for unit, name in _UNITS:
        count, rest = divmod(rest, unit)
        if count:
            parts.append(f"{count:,f}{name}")
    if not parts:
        return None
    return f"{sign}{' '.join(parts)} {f'{rest.normalize():,f}원' if rest else '원'}"


def _short_english(amount: Decimal, sign: str) -> str | None:
    for unit, name in _ENGLISH:
        if amount >= unit:
            exact = amount / unit
            rounded = exact.quantize(Decimal("0.001"), ROUND_HALF_UP)
            about = "" if rounded == exact else "about "
            return f"{about}{sign}{rounded.normalize():f} {name}"
    return None


def percent(part: Decimal, whole: Decimal, *, signed: bool = False) -> str | None:
    """A share with one decimal; None of nothing."""
    if not whole:
        return None
    share = (100 * part / whole).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return f"{share:+f}%" if signed else f"{share:f}%"

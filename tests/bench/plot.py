"""Plots of the bench as SVG, drawn here: a few lines and labels need no library, and no figure needs a browser."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from pathlib import Path

WIDTH, HEIGHT = 720, 420
LEFT, RIGHT, TOP, BOTTOM = 80, 30, 60, 60
COLOURS = ("#1d56bc", "#c13b11", "#1c7a3d", "#6b3fa0")
DASHES = ("", "8 4", "2 4", "12 4 2 4")
"""Lines differ in more than colour."""
Points = Sequence[tuple[float, float]]


def _x(value: float, low: float, high: float) -> float:
    span = math.log10(high) - math.log10(low) or 1
    return LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(value) - math.log10(low)) / span


def _frame(title: str, x_label: str, y_label: str, parts: list[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="sans-serif" font-size="13"><title>{escape(title)}</title>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
        f'<text x="{LEFT}" y="26" font-size="16" font-weight="bold">{escape(title)}</text>'
        f'<path d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}" fill="none" stroke="#333"/>'
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 14}" text-anchor="middle">{escape(x_label)}</text>'
        f'<text transform="translate(20 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">'
        f"{escape(y_label)}</text>{''.join(parts)}</svg>\n"
    )


def lines(path: Path, title: str, x_label: str, y_label: str, series: Sequence[tuple[str, Points]]) -> None:
    """Draw one line a series, x in powers of ten, y linear from 0."""
    xs = [x for _, points in series for x, _ in points]
    top = _round_up(max(y for _, points in series for _, y in points))
    low, high = min(xs), max(xs)

    def at(x: float, y: float) -> tuple[float, float]:
        return _x(x, low, high), HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(y / top, 1)

    parts: list[str] = []
    for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1):
        if low <= 10**power <= high:
            x, y = at(10**power, 0)
            parts.append(f'<path d="M{x:.1f} {y}v6" stroke="#333"/>')
            parts.append(f'<text x="{x:.1f}" y="{y + 20}" text-anchor="middle">{_short(10**power)}</text>')
    for step in range(5):
        value = top * step / 4
        _, y = at(low, value)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:.3g}</text>')
    for number, (name, points) in enumerate(series):
        colour, dash = COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]
        way = "L".join("{:.1f} {:.1f}".format(*at(x, y)) for x, y in points)
        parts.append(f'<path d="M{way}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>')
        x, y = LEFT + 10 + number * 200, TOP - 8
        parts.append(f'<path d="M{x} {y - 4}h28" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>')
        parts.append(f'<text x="{x + 34}" y="{y}">{escape(name)}</text>')
    path.write_text(_frame(title, x_label, y_label, parts), encoding="utf-8")


def distributions(path: Path, title: str, series: Sequence[tuple[str, Sequence[float]]]) -> None:
    """Draw which part of the answers came within a time: one rising line a series, times in ms by powers of ten."""
    drawn: list[tuple[str, Points]] = []
    for name, latencies in series:
        ordered = [max(1e-5, one) * 1e3 for one in sorted(latencies)]
        count = len(ordered)
        picked = sorted({min(count - 1, int(count * part / 200)) for part in range(201)})
        drawn.append((name, [(ordered[place], 100 * (place + 1) / count) for place in picked]))
    lines(path, title, "ms", "% answered within", drawn)


def _round_up(value: float) -> float:
    """The next number that divides into four plain steps."""
    unit = 10.0 ** math.floor(math.log10(value)) if value > 0 else 1.0
    return next(unit * step for step in (1, 2, 4, 6, 8, 10) if value <= unit * step)


def _short(value: float) -> str:
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"

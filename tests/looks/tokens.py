"""`make tokens`: the contrast of each colour pair of style.css in both schemes (WCAG 2.2, 1.4.3 and 1.4.11)."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from importlib.resources import files

TEXT_LEAST, BORDER_LEAST = 4.5, 3.0
_TOKEN = re.compile(r"--([a-z-]+):\s*(#[0-9a-f]{3}(?:[0-9a-f]{3})?)\b")
_PAIR = re.compile(r"([a-z-]+)/([a-z-]+)")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One colour on another, and the contrast that it has and needs."""

    scheme: str
    front: str
    back: str
    contrast: float
    least: float


def stylesheet() -> str:
    """The one stylesheet of all pages."""
    return files("api.pages").joinpath("static", "style.css").read_text(encoding="utf-8")


def schemes(css: str) -> dict[str, dict[str, str]]:
    """Colours by name, for `light` and `dark`; dark takes what it does not set from light."""
    roots = [body for selector, body in _RULE.findall(css) if selector.strip().endswith(":root")]
    light, dark = (dict(_TOKEN.findall(body)) for body in roots)
    return {"light": light, "dark": light | dark}


def pairs(css: str) -> list[Pair]:
    """Every declared pair in both schemes, with its contrast."""
    comment = css[: css.index("*/")]
    text, border = comment.split("text pairs", 1)[1].split("border pairs", 1)
    declared = [(*pair, TEXT_LEAST) for pair in _PAIR.findall(text)]
    declared += [(*pair, BORDER_LEAST) for pair in _PAIR.findall(border)]
    return [
        Pair(scheme=name, front=front, back=back, contrast=contrast(colours[front], colours[back]), least=least)
        for name, colours in schemes(css).items()
        for front, back, least in declared
    ]


def undeclared(css: str) -> list[str]:
    """Rules that set both colours to a pair that nobody declared, and colours that are in no pair at all."""
    known = {(pair.front, pair.back) for pair in pairs(css)}
    found = []
    for selector, body in _RULE.findall(css):
        front = re.search(r"(?<![a-z-])color:\s*var\(--([a-z-]+)\)", body)
        back = re.search(r"background:\s*var\(--([a-z-]+)\)", body)
        if front and back and (front[1], back[1]) not in known:
            found.append(f"{selector.strip()}: {front[1]} on {back[1]}")
    used = {name for pair in known for name in pair}
    return found + [f"--{name} is in no pair" for name in schemes(css)["light"] if name not in used]


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance of `#rgb` or `#rrggbb` (WCAG 2.2, "relative luminance")."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def main() -> int:
    """Print every pair; 1 where one is too weak or not declared."""
    css = stylesheet()
    weak, missing = [pair for pair in pairs(css) if pair.contrast < pair.least], undeclared(css)
    for pair in pairs(css):
        word = "" if pair.contrast >= pair.least else "  TOO WEAK"
        print(f"{pair.scheme:<6}{pair.front + ' on ' + pair.back:<32}{pair.contrast:6.2f}  >= {pair.least}{word}")
    for line in missing:
        print(f"NOT DECLARED: {line}")
    print(f"{len(pairs(css))} pairs, {len(weak)} too weak, {len(missing)} not declared")
    return 1 if weak or missing else 0


if __name__ == "__main__":
    sys.exit(main())

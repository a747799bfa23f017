"""`make words`: catalogues complete in both languages, nothing banned, nothing that no page says."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Final

from babel.messages.pofile import read_po

from api.pages.words import AUDIENCES, LANGUAGES, load_words

PAGES: Final = Path(__file__).resolve().parents[2] / "api"
BANNED: Final = {
    "ko": (
        *("진본", "원본 확인", "진짜", "위조됨", "법적 효력", "정부 공인", "100% 안전", "위변조 불가", "보증"),
        *("내용이 사실임", "모든 거래가 기록됨"),
    ),
    "en": ("genuine", "authentic", "tamper-proof", "trustless", "legally valid", "guaranteed"),
}
"""What no page may say (pages.md), since nobody can prove it."""
JARGON: Final = ("앵커", "체크포인트", "머클", "해시")
BOTH_SCRIPTS: Final = frozenset({"other_language"})
"""Names whose words are in the other language on purpose."""
_QUOTED: Final = re.compile(r"""["']([a-z][A-Za-z0-9_.-]*)["']\s*(~)?""")
_JOINED: Final = re.compile(r"`([a-z][A-Za-z0-9_.-]*\$\{[^`]*)`")


def places(text: str) -> set[str]:
    """The placeholders of a text."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def incomplete() -> Iterator[str]:
    """Names that one language lacks, words that are empty or fuzzy, and places that differ."""
    for audience in AUDIENCES:
        tables = {}
        for language in LANGUAGES:
            path = PAGES / "pages" / "i18n" / f"{audience}.{language}.po"
            with path.open("rb") as file:
                catalogue = read_po(file, locale=language)
            tables[language] = {str(message.id): str(message.string) for message in catalogue if message.id}
            yield from (f"{path.name}: {m.id} is fuzzy" for m in catalogue if m.id and m.fuzzy)
            yield from (f"{path.name}: {id_} is obsolete" for id_ in catalogue.obsolete)
        korean, english = (tables[language] for language in LANGUAGES)
        for name in sorted(korean.keys() ^ english.keys()):
            yield f"{audience}: {name} is in one language only"
        for name in sorted(korean.keys() & english.keys()):
            if not korean[name].strip() or not english[name].strip():
                yield f"{audience}: {name} has no words"
            elif name.startswith("verdicts.") and name.endswith(".next"):
                continue  # whom to ask is named in the language in which it helps
            elif places(korean[name]) != places(english[name]):
                yield f"{audience}: {name} has other places in the other language"


def untranslated() -> Iterator[str]:
    """English words in the Korean catalogue that are a whole sentence, and Korean in the English one."""
    words = load_words()
    for name in sorted(words["ko"].names() - BOTH_SCRIPTS):
        if re.search("[가-힣]", words["en"][name]):
            yield f"{name}: Korean in the English catalogue"
        plain = re.sub(r"\{[a-z_]+\}", "", words["ko"][name])
        if not re.search("[가-힣]", plain) and len(re.findall("[A-Za-z]{2,}", plain)) > 2:
            yield f"{name}: English in the Korean catalogue"


def forbidden() -> Iterator[str]:
    """Words that promise too much, and jargon."""
    for language, words in load_words().items():
        for name in sorted(words.names()):
            for banned in BANNED[language]:
                pattern = rf"\b{banned}" if language == "en" else banned
                if re.search(pattern, words[name], re.IGNORECASE):
                    yield f"{language}: {name} says {banned!r}"
            yield from (f"{language}: {name} says {word!r}" for word in JARGON if word in words[name])


def unused() -> Iterator[str]:
    """Names that no page, view or script mentions, whole or by a pattern such as f"role_{name}"."""
    exact, patterns = _mentioned()
    for name in sorted(load_words()["ko"].names() - exact):
        if not any(pattern.fullmatch(name) for pattern in patterns):
            yield f"{name} is on no page"


def _mentioned() -> tuple[set[str], list[re.Pattern[str]]]:
    exact: set[str] = set()
    patterns: list[re.Pattern[str]] = []
    for path in PAGES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                exact.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                patterns.append(_pattern(node))
    for path in [*PAGES.rglob("*.html"), *PAGES.rglob("*.js")]:
        text = path.read_text(encoding="utf-8")
        for name, joined in _QUOTED.findall(text):
            if joined:
                patterns.append(re.compile(re.escape(name) + ".+"))
            exact.add(name)
        if path.suffix == ".js":
            patterns += [_scripted(joined) for joined in _JOINED.findall(text)]
    return exact, patterns


def _scripted(text: str) -> re.Pattern[str]:
    """A script's `source_${name}`."""
    return _telling([re.escape(part) for part in re.split(r"\$\{[^}]*\}", text)])


def _pattern(node: ast.JoinedStr) -> re.Pattern[str]:
    return _telling(
        [
            re.escape(part.value) if isinstance(part, ast.Constant) and isinstance(part.value, str) else ".+"
            for part in node.values
        ],
        "",
    )


def _telling(parts: list[str], between: str = ".+") -> re.Pattern[str]:
    # A pattern without words of its own would call every name used.
    text = between.join(parts)
    return re.compile(text if len(text.replace(".+", "")) > 3 else "(?!)")


def faults() -> list[str]:
    """Everything that is wrong with the catalogues."""
    return [*incomplete(), *untranslated(), *forbidden(), *unused()]


def main() -> int:
    """Print what is wrong; 1 where something is."""
    found = faults()
    for line in found:
        print(line)
    print(f"{len(load_words()['ko'].names())} names in {len(LANGUAGES)} languages, {len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

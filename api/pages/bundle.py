"""Joins our own ES modules into one, so that a page needs one request for all of them; see ADR 0060.

Deterministic: the same sources give the same bytes, so anyone can compute the SHA-256 that a page shows. It
understands no more of JavaScript than our modules use, and refuses everything else: `import {…} from "./x.js";` at
the start of a line, and exports of functions, classes and constants. Each module becomes a function that runs once;
what it exports are its results. The entry module comes last, as it is. Comments of whole lines are left out: the
modules with their comments are served one by one beside it.

python -m api.pages.bundle prints the SHA-256 that the pages of this version show.
"""

from __future__ import annotations

import re
import sys
from importlib.resources import files
from importlib.resources.abc import Traversable
from posixpath import dirname, join, normpath
from typing import Final

from ledger.hashing.digests import sha256

ENTRY: Final = "page/start.js"
HEADING: Final = "// Sillok's verifying module, joined from /static/page and /static/verify by api/pages/bundle.py.\n"
_IMPORT: Final = re.compile(r'^import \{([^}]*)\} from "(\.[^"]*)";\n', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?=(?:async )?(?:function|class|const) (\w+))", re.MULTILINE)
_COMMENT: Final = re.compile(r"^[ ]*(?://[^\n]*|/\*\*.*?\*/)\n", re.MULTILINE | re.DOTALL)


def join_modules(folder: Traversable, entry: str = ENTRY) -> str:
    """One module out of `entry` and everything that it imports, each once, after what it needs.

    Args:
        folder: holds the modules.
        entry: the entry module's path under `folder`, with `/`.

    Raises:
        ValueError: the modules import each other in a circle, or use a form that this program does not know.
    """
    parts = [HEADING]
    for path in _order(folder, entry):
        source = _source(folder, path)
        body = _IMPORT.sub(lambda found, path=path: _import(found, path), source)  # type: ignore[misc]
        if path == entry:
            parts.append(body)
            continue
        exports = _EXPORT.findall(body)
        body = _EXPORT.sub("", body)
        parts.append(f"const {_name(path)} = (() => {{\n{body}return {{ {', '.join(exports)} }};\n}})();\n")
    joined = "".join(parts)
    if unknown := re.search(r"^import (?!\.)[^\n]*", joined, re.MULTILINE):
        raise ValueError(f"This form of import is not known here: {unknown[0]}")
    return joined


def _order(folder: Traversable, entry: str) -> list[str]:
    """Paths of the modules, what is needed first; the order of the imports decides where nothing else does."""
    done: list[str] = []
    doing: list[str] = []

    def visit(path: str) -> None:
        if path in done:
            return
        if path in doing:
            raise ValueError(f"The modules import each other in a circle: {' → '.join([*doing, path])}")
        doing.append(path)
        for _, address in _IMPORT.findall(_source(folder, path)):
            visit(_resolve(path, address))
        doing.remove(path)
        done.append(path)

    visit(entry)
    return done


def _source(folder: Traversable, path: str) -> str:
    """A module without its comments of whole lines."""
    text = folder.joinpath(*path.split("/")).read_text(encoding="utf-8")
    # A text of several lines might hold a line that looks like a comment.
    if any(line.count("`") % 2 for line in text.splitlines()):
        raise ValueError(f"{path} has a template literal of several lines.")
    return _COMMENT.sub("", text)


def _import(found: re.Match[str], path: str) -> str:
    names = ", ".join(name.strip().replace(" as ", ": ") for name in found[1].split(",") if name.strip())
    return f"const {{ {names} }} = {_name(_resolve(path, found[2]))};\n"


def _resolve(path: str, address: str) -> str:
    return normpath(join(dirname(path), address))


def _name(path: str) -> str:
    return "$" + re.sub(r"[^a-z0-9]", "_", path.removesuffix(".js"))


def static_folder() -> Traversable:
    """Where the pages' files are."""
    return files("api.pages").joinpath("static")


if __name__ == "__main__":
    sys.stdout.write(f"{sha256(join_modules(static_folder()).encode()).hex()}\n")

"""Compares every locked package with a folder of OSV records (JSON or YAML), without a network.

    python scripts/vulnerabilities.py FOLDER

Such folders are what PyPA's advisory database, GitHub's, and the archives of osv.dev hold; somebody with a network
brings a fresh copy, since no package registry hands one out. Exit code 1 where a locked version is affected. A copy
knows nothing that was published after it: its newest record is printed, and judges how much the answer is worth.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml
from packaging.version import InvalidVersion, Version
from sbom import Component, components

ECOSYSTEMS: Final = {"PyPI": "pypi", "npm": "npm"}


def records(folder: Path) -> Iterator[Mapping[str, Any]]:
    """Every record of the folder, in order of file names."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".json":
            yield json.loads(path.read_text(encoding="utf-8"))
        elif path.suffix in (".yaml", ".yml"):
            yield yaml.safe_load(path.read_text(encoding="utf-8"))


def is_affected(version: str, affected: Mapping[str, Any]) -> bool:
    """Whether a version is one of those listed, or in one of the ranges."""
    if version in affected.get("versions", ()):
        return True
    return any(_in_range(version, span["events"]) for span in affected.get("ranges", ()) if span.get("type") != "GIT")


def _in_range(version: str, events: Sequence[Mapping[str, str]]) -> bool:
    """OSV's own rule: the last event at or below the version decides."""
    inside = False
    for event in sorted(events, key=lambda event: _ordered(next(iter(event.values())))):
        kind, at = next(iter(event.items()))
        if kind == "introduced" and _ordered(version) >= _ordered(at):
            inside = True
        elif (kind == "fixed" and _ordered(version) >= _ordered(at)) or (
            kind == "last_affected" and _ordered(version) > _ordered(at)
        ):
            inside = False
    return inside


def _ordered(version: str) -> Version:
    """A version that can be compared; what is none stands before all others."""
    try:
        return Version(version)
    except InvalidVersion:
        return Version("0")


def findings(packages: Sequence[Component], found: Iterator[Mapping[str, Any]]) -> Iterator[tuple[Component, str]]:
    """(package, id of the record) for everything that is affected and not withdrawn."""
    by_purl = {package.purl.rpartition("@")[0]: package for package in packages}
    for record in found:
        if record.get("withdrawn"):
            continue
        for affected in record.get("affected", ()):
            package = affected.get("package", {})
            kind = ECOSYSTEMS.get(package.get("ecosystem", ""))
            name = str(package.get("name", "")).replace("@", "%40")
            name = name.lower().replace("_", "-").replace(".", "-") if kind == "pypi" else name
            locked = by_purl.get(f"pkg:{kind}/{name}")
            if locked is not None and is_affected(locked.version, affected):
                yield locked, str(record["id"])


def main(arguments: list[str]) -> int:
    """Print what is affected."""
    known = list(records(Path(arguments[0])))
    newest = max((str(record.get("modified", "")) for record in known), default="")
    packages = components()
    hits = sorted({(locked.purl, name) for locked, name in findings(packages, iter(known))})
    for purl, name in hits:
        print(f"{purl} is affected by {name}")
    print(f"{len(packages)} packages against {len(known)} records, the newest of {newest}: {len(hits)} affected")
    return 1 if hits else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

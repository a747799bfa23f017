"""Writes the software bill of materials (CycloneDX 1.6, JSON) from the locks: `make sbom`.

    python scripts/sbom.py [FILE]        default: dist/sillok.cdx.json

What runs is `required`; what only tests, compiles or analyses is `excluded` (part of the source tree's work, never of
an installation). Nothing is asked of a network, and the same locks give the same bytes: the serial number is computed
from the components, and there is no time in it.
"""

from __future__ import annotations

import base64
import json
import re
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

ROOT: Final = Path(__file__).resolve().parents[1]
OUTPUT: Final = ROOT / "dist" / "sillok.cdx.json"
REQUIRED: Final = "required"
EXCLUDED: Final = "excluded"
LOCKS: Final = (
    ("requirements/run.lock", REQUIRED),
    ("requirements/uv.txt", EXCLUDED),
    ("requirements/test.lock", EXCLUDED),
    ("requirements/fuzz.lock", EXCLUDED),
    ("requirements/audit.lock", EXCLUDED),
)
COMPILED_IN: Final = frozenset({"@openzeppelin/contracts"})
"""What is in the committed bytecode of the contracts."""
_PINNED: Final = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)(?: ; (?P<marker>[^\\]+?))? ?\\?$")
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_VERSION: Final = re.compile(r'^version = "([^"]+)"$', re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One package of one version.

    Attributes:
        purl: package URL, which also is its reference.
        hashes: (algorithm, hex) of every file that an installer may take.
        marker: environment marker under which it is installed, or None: everywhere.
    """

    name: str
    version: str
    purl: str
    scope: str
    hashes: tuple[tuple[str, str], ...]
    marker: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The component as CycloneDX has it."""
        content: dict[str, Any] = {
            "type": "library",
            "bom-ref": self.purl,
            "name": self.name,
            "version": self.version,
            "purl": self.purl,
            "scope": self.scope,
            "hashes": [{"alg": algorithm, "content": digest} for algorithm, digest in self.hashes],
        }
        if self.marker is not None:
            content["properties"] = [{"name": "sillok:marker", "value": self.marker}]
        return content


def python_components(text: str, scope: str) -> Iterator[Component]:
    """The packages of a lock with hashes.

    Raises:
        ValueError: a line is neither a pinned package, a hash nor a comment, or a package has no hash.
    """
    head: re.Match[str] | None = None
    hashes: list[tuple[str, str]] = []
    for line in [*text.splitlines(), ""]:
        if found := _HASH.search(line):
            hashes.append(("SHA-256", found[1]))
            continue
        if head is not None:
            if not hashes:
                raise ValueError(f"{head[0]!r} has no hash")
            name = re.sub(r"[-_.]+", "-", head["name"]).lower()
            purl = f"pkg:pypi/{name}@{quote(head['version'])}"
            yield Component(
                name=name,
                version=head["version"],
                purl=purl,
                scope=scope,
                hashes=tuple(hashes),
                marker=head["marker"],
            )
        head, hashes = _PINNED.match(line), []
        if head is None and line.strip() and not line.lstrip().startswith("#"):
            raise ValueError(f"{line!r} is no line of a lock")


def npm_components(text: str) -> Iterator[Component]:
    """The packages of a package-lock.json: compiler and test tools; of all these only OpenZeppelin's code is run."""
    for path, package in json.loads(text)["packages"].items():
        if not path:
            continue
        name = path.rpartition("node_modules/")[2]
        algorithm, _, digest = package["integrity"].partition("-")
        yield Component(
            name=name,
            version=package["version"],
            purl=f"pkg:npm/{quote(name, safe='/')}@{quote(package['version'])}",
            scope=REQUIRED if name in COMPILED_IN else EXCLUDED,
            hashes=((f"SHA-{algorithm.removeprefix('sha')}", base64.b64decode(digest).hex()),),
        )


def components(root: Path = ROOT) -> list[Component]:
    """Every package of every lock once, by its URL; one that is run is required wherever else it is named."""
    found: dict[str, Component] = {}
    for lock, scope in LOCKS:
        for component in python_components((root / lock).read_text(encoding="utf-8"), scope):
            found.setdefault(component.purl, component)
    for component in npm_components((root / "package-lock.json").read_text(encoding="utf-8")):
        found.setdefault(component.purl, component)
    return [found[purl] for purl in sorted(found)]


def bill(root: Path = ROOT) -> dict[str, Any]:
    """The whole document."""
    listed = [component.to_json() for component in components(root)]
    released = _VERSION.search((root / "pyproject.toml").read_text(encoding="utf-8"))
    assert released is not None
    version = released[1]
    main = f"pkg:pypi/sillok@{version}"
    needed = [component["bom-ref"] for component in listed if component["scope"] == REQUIRED]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, main + json.dumps(listed, sort_keys=True)).urn,
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": main,
                "name": "sillok",
                "version": version,
                "purl": main,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            }
        },
        "components": listed,
        "dependencies": [{"ref": main, "dependsOn": needed}],
    }


def main(arguments: list[str]) -> None:
    """Write the document."""
    output = Path(arguments[0]) if arguments else OUTPUT
    content = bill()
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    required = sum(component["scope"] == REQUIRED for component in content["components"])
    print(f"{output}: {len(content['components'])} components, {required} of them run")


if __name__ == "__main__":
    main(sys.argv[1:])

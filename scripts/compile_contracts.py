"""Compile the contracts and write the artifacts that the program carries.

    python scripts/compile_contracts.py            compile and write ledger/chain/artifacts/*.json
    python scripts/compile_contracts.py --check    compile, write nothing, fail if an artifact would change
    python scripts/compile_contracts.py --input F  write what the compiler is given to F, for `make slither`

Needs Node and `npm ci`. Version and settings stand in contracts/solc.json and nowhere else. The same sources give the
same bytes on every machine: no metadata is appended to the bytecode, imports are resolved here, and every artifact
carries the SHA-256 of each source that went into it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import posixpath
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import solcx

ROOT = Path(__file__).resolve().parents[1]
CONTRACTS = ROOT / "contracts"
ARTIFACTS = ROOT / "ledger" / "chain" / "artifacts"
WRAPPER = ROOT / "scripts" / "solc_wrapper.cjs"
IMPORT = re.compile(r'^import\s[^;]*?"([^"]+)";', re.MULTILINE | re.DOTALL)


def settings() -> Mapping[str, Any]:
    """The whole of contracts/solc.json."""
    return json.loads((CONTRACTS / "solc.json").read_text())


def find(unit: str) -> Path:
    """The file of a source unit name: ours are relative to the project, OpenZeppelin's to node_modules."""
    return ROOT / "node_modules" / unit if unit.startswith("@") else ROOT / unit


def imports_of(unit: str, text: str) -> list[str]:
    """Source unit names that a source imports."""
    folder = posixpath.dirname(unit)
    return [posixpath.normpath(posixpath.join(folder, i)) if i.startswith(".") else i for i in IMPORT.findall(text)]


def collect(units: Iterable[str]) -> dict[str, str]:
    """The sources and all that they import, by source unit name, in order of names.

    Raises:
        SystemExit: a source is missing.
    """
    found: dict[str, str] = {}
    waiting = list(units)
    while waiting:
        unit = waiting.pop()
        if unit in found:
            continue
        try:
            found[unit] = find(unit).read_text(encoding="utf-8")
        except FileNotFoundError:
            sys.exit(f"{unit} is not there. Run `npm ci` first." if unit.startswith("@") else f"{unit} is not there.")
        waiting.extend(imports_of(unit, found[unit]))
    return dict(sorted(found.items()))


def compile_units(sources: Mapping[str, str], *, lenient: bool = False) -> Mapping[str, Any]:
    """Compile sources with the settings of solc.json; the compiler's standard JSON output.

    Args:
        sources: what `collect` gave.
        lenient: let warnings about sources of ours pass.

    Raises:
        SystemExit: the compiler is another version than solc.json names, or warns about a source of ours.
        solcx.exceptions.SolcError: the sources do not compile.
    """
    wanted = settings()
    version = str(solcx.wrapper.get_solc_version(WRAPPER))
    if version != wanted["version"]:
        sys.exit(f"solc is {version}, contracts/solc.json names {wanted['version']}. Run `npm ci`.")
    output = solcx.compile_standard(
        {
            "language": "Solidity",
            "sources": {unit: {"content": text} for unit, text in sources.items()},
            "settings": wanted["settings"],
        },
        solc_binary=WRAPPER,
    )
    ours = [e for e in output.get("errors", []) if not e.get("sourceLocation", {}).get("file", "").startswith("@")]
    if ours and not lenient:
        sys.exit("\n".join(e["formattedMessage"] for e in ours))
    return output


def digest(data: bytes | str) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def without_ast_ids(value: Any) -> Any:
    """The same without `astId` and with type names that hold none: both change with unrelated sources."""
    if isinstance(value, dict):
        return {_plain(k): without_ast_ids(v) for k, v in value.items() if k != "astId"}
    if isinstance(value, list):
        return [without_ast_ids(v) for v in value]
    return _plain(value) if isinstance(value, str) else value


def _plain(text: str) -> str:
    return re.sub(r"\)\d+_storage", ")_storage", re.sub(r"(\(\w+\))\d+", r"\1", text))


def artifact(name: str, output: Mapping[str, Any], sources: Mapping[str, str]) -> dict[str, Any]:
    """What is kept of one contract."""
    unit = f"contracts/{name}.sol"
    contract = output["contracts"][unit][name]
    used = {u: digest(text) for u, text in collect([unit]).items() if u in sources}
    deployed = contract["evm"]["deployedBytecode"]
    immutables = sorted(
        (place["start"], place["length"]) for places in deployed["immutableReferences"].values() for place in places
    )
    wanted = settings()
    compiler = {
        "version": wanted["version"],
        "settingsSha256": digest(json.dumps(wanted["settings"], sort_keys=True)),
    }
    return {
        "name": name,
        "compiler": compiler,
        "sourcesSha256": digest(json.dumps({"compiler": compiler, "sources": used}, sort_keys=True)),
        "sources": used,
        "abi": contract["abi"],
        "bytecode": contract["evm"]["bytecode"]["object"],
        "deployedBytecode": deployed["object"],
        "immutables": immutables,
        "userdoc": contract["userdoc"],
        "devdoc": contract["devdoc"],
        "storageLayout": without_ast_ids(contract["storageLayout"]),
    }


def build(names: Iterable[str] | None = None, *, lenient: bool = False) -> dict[Path, str]:
    """Compile contracts, by default all: file → text of each artifact, in one fixed form."""
    names = list(names or settings()["contracts"])
    sources = collect(f"contracts/{name}.sol" for name in names)
    output = compile_units(sources, lenient=lenient)
    return {
        ARTIFACTS / f"{name}.json": json.dumps(artifact(name, output, sources), indent=1, ensure_ascii=False) + "\n"
        for name in names
    }


def analysis_input(names: Iterable[str]) -> Mapping[str, Any]:
    """What the compiler is given, with the syntax trees asked for and without the optimizer: for analysers."""
    wanted = settings()["settings"] | {"optimizer": {"enabled": False}}
    wanted["outputSelection"] = {"*": {"*": ["abi", "metadata", "evm.bytecode", "evm.deployedBytecode"], "": ["ast"]}}
    sources = collect(f"contracts/{name}.sol" for name in names)
    given = {unit: {"content": text} for unit, text in sources.items()}
    return {"language": "Solidity", "sources": given, "settings": wanted}


def main(argv: list[str] | None = None) -> int:
    """Compile; write or compare. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Compile the contracts into ledger/chain/artifacts.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if an artifact would change")
    parser.add_argument("--lenient", action="store_true", help="let warnings pass (for mutants)")
    parser.add_argument("--input", type=Path, help="compile nothing; write the compiler's input here")
    parser.add_argument("names", nargs="*", help="contracts to compile; by default all")
    given = parser.parse_args(argv)
    if given.input:
        given.input.write_text(json.dumps(analysis_input(given.names or settings()["contracts"])), encoding="utf-8")
        return 0
    check, stale = given.check, []
    for path, text in build(given.names, lenient=given.lenient).items():
        size = len(json.loads(text)["deployedBytecode"]) // 2
        if check:
            same = path.exists() and path.read_text(encoding="utf-8") == text
            stale += [] if same else [path.name]
        else:
            path.write_text(text, encoding="utf-8")
        print(f"{path.stem}: {size} of 24576 bytes")
    if stale:
        print(f"Not up to date: {', '.join(stale)}. Run scripts/compile_contracts.py.", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())

"""Every import edge is allowed by ROOMS; the graph has no cycle; I/O stays at the edges.

Reads source with `ast`, so it needs no dependency and imports nothing it checks.
"""

from __future__ import annotations

import ast
import graphlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {
    "ledger": ROOT / "ledger",
    "api": ROOT / "api",
    "localchain": ROOT / "hardhat-free-local-chain" / "localchain",
    "scripts": ROOT / "scripts",
}

# room -> rooms it may import. A room may always import itself. Order is bottom to top.
PURE = {"ledger.plain", "ledger.errors", "ledger.values", "ledger.hashing", "ledger.merkle", "ledger.records"}
ROOMS: dict[str, set[str]] = {
    "ledger.plain": set(),
    "ledger.errors": set(),
    "ledger.values": {"ledger.errors"},
    "ledger.hashing": {"ledger.errors", "ledger.values"},
    "ledger.merkle": {"ledger.errors", "ledger.values", "ledger.hashing"},
    "ledger.records": PURE - {"ledger.records"},
    "ledger.verification": PURE,
    # Rechecking an export is verifying evidence, and verification stands before procurement in the design's order.
    "ledger.procurement": PURE | {"ledger.verification"},
    "ledger.ports": {"ledger.values", "ledger.records", "ledger.procurement"},
    "ledger.verification.gathering": PURE | {"ledger.verification", "ledger.ports"},
    "ledger.verification.service": PURE | {"ledger.verification", "ledger.verification.gathering", "ledger.ports"},
    "ledger.procurement.service": PURE | {"ledger.procurement", "ledger.ports"},
    "ledger.procurement.catalogue": PURE | {"ledger.procurement", "ledger.ports"},
    "ledger.cli.trace": PURE | {"ledger.cli", "ledger.cli.verify_trust", "ledger.procurement", "ledger.verification"},
    "ledger.durable": {"ledger.errors"},
    "ledger.locks": {"ledger.errors"},
    # An act of the council as a file: chain, interface and command line read and write it.
    "ledger.council_act": {"ledger.errors", "ledger.hashing", "ledger.values"},
    "ledger.log": PURE | {"ledger.durable", "ledger.locks", "ledger.ports", "ledger.log.collector"},
    "ledger.log.collector": set(),
    # Deploying refuses keys that everybody has; the list of them needs nothing else of the keys.
    "ledger.keys.wellknown": {"ledger.values"},
    "ledger.chain": PURE
    | {"ledger.council_act", "ledger.durable", "ledger.procurement", "ledger.ports", "ledger.keys.wellknown"},
    "ledger.store": PURE | {"ledger.ports"},
    "ledger.keys": PURE | {"ledger.durable", "ledger.ports", "ledger.keys.wellknown"},
    "ledger.documents": PURE | {"ledger.ports"},
    "ledger.sheets": {"ledger.errors"},
    # The clerk's desk stands on issuance and status, as the pages do, and reads tables that people upload.
    "ledger.office": PURE | {"ledger.log", "ledger.ports", "ledger.sheets"},
    "ledger.accounts": {"ledger.errors", "ledger.values", "ledger.hashing", "ledger.ports"},
    "ledger.settings": {"ledger.errors"},
    "ledger.backup": {"ledger.durable", "ledger.errors", "ledger.hashing", "ledger.locks", "ledger.values"},
    # Before everything else is loaded: the folder's lock, and its chain's process on its way.
    "ledger.holding": {"ledger.chain", "ledger.durable", "ledger.errors", "ledger.locks", "ledger.settings"},
    "ledger.wiring": {
        "ledger.accounts",
        "ledger.holding",
        "ledger.backup",
        "ledger.durable",
        "ledger.office",
        "ledger.hashing",
        "ledger.errors",
        "ledger.locks",
        "ledger.values",
        "ledger.records",
        "ledger.ports",
        "ledger.settings",
        "ledger.chain",
        "ledger.store",
        "ledger.keys",
        "ledger.documents",
        "ledger.log",
        "ledger.verification.service",
        "ledger.procurement.catalogue",
        "ledger.procurement.service",
    },
    # The offline verifier is wired without chain and store, so that it starts at once anywhere.
    "ledger.cli.verify": PURE
    | {"ledger.verification", "ledger.cli.verify_trust", "ledger.cli.verify_words", "ledger.cli.verify_online"},
    "ledger.cli.verify_trust": PURE,
    "ledger.cli.verify_words": PURE | {"ledger.verification"},
    "ledger.cli.verify_online": PURE | {"ledger.verification", "ledger.cli"},
    "ledger.cli": PURE | {"ledger.durable", "ledger.wiring", "ledger.settings", "ledger.procurement", "ledger.ports"},
    # A member of the council signs without a service: their keystore, and the act in words.
    "ledger.cli.council": PURE
    | {"ledger.cli", "ledger.chain", "ledger.council_act", "ledger.durable", "ledger.keys"},
    "ledger.cli.fsck": PURE
    | {"ledger.cli", "ledger.log", "ledger.log.collector", "ledger.settings", "ledger.wiring"},
    "ledger.cli.demo": PURE | {"ledger.cli", "ledger.documents", "ledger.durable", "ledger.settings"},
    # Launches the chain's process before anything heavy is loaded.
    "ledger.cli.up": {"ledger.cli", "ledger.cli.serving", "ledger.holding", "ledger.settings"},
    # The one place where the service's parts meet its HTTP side: settings, services, web server.
    "ledger.cli.serving": PURE
    | {
        "ledger.durable",
        "ledger.holding",
        "ledger.ports",
        "ledger.cli",
        "ledger.wiring",
        "ledger.settings",
        "ledger.cli.demo",
        "ledger.log.collector",
        "api.app",
        "api.logs",
        "api.server",
    },
    "ledger.__main__": {"ledger.cli"},
    "ledger": set(),
    "api.limits": set(),
    "api.problem_kinds": set(),
    "api.problems": {"api.problem_kinds", "ledger.errors"},
    "api.rate": {"api.limits"},
    "api.spool": {"api.limits"},
    "api.bulk": {"api.limits", "api.problems", "api.spool", "ledger.errors"},
    "api.doorway": {"api.limits", "api.logs", "api.problem_kinds", "api.problems"},
    "api.lane": {"api.problems", "ledger.errors"},
    "api.mailroom": set(),
    "api.logs": set(),
    "api.server": {"api.limits", "api.logs", "api.problem_kinds", "api.problems"},
    "api.openapi": {"api.problem_kinds", "api.problems"},
    "api.tile_path": {"ledger.errors"},
    # The forms that cross the ledger's services, written as JSON; nothing here calls one.
    "api.schemas": {
        "ledger.council_act",
        "ledger.values",
        "ledger.records",
        "ledger.verification",
        "ledger.procurement",
        "ledger.ports",
        "ledger.log",
    },
    "api.auth": {"api.problems", "ledger.ports", "ledger.values"},
    "api.deps": {
        "api.auth",
        "api.bulk",
        "api.limits",
        "api.mailroom",
        "api.problems",
        "api.rate",
        "ledger.ports",
        "ledger.settings",
        "ledger.values",
        "ledger.wiring",
    },
    "api.routers": PURE
    | {
        "api.auth",
        "api.bulk",
        "api.deps",
        "api.limits",
        "api.problems",
        "api.schemas",
        "api.tile_path",
        "ledger.council_act",
        "ledger.log",
        "ledger.ports",
        "ledger.wiring",
    },
    "api.pages.clerk": {
        "api.auth",
        "api.deps",
        "api.limits",
        "api.pages",
        "api.problems",
        "api.rate",
        "ledger.accounts",
        "ledger.errors",
        "ledger.log",
        "ledger.office",
        "ledger.ports",
        "ledger.records",
        "ledger.settings",
        "ledger.sheets",
        "ledger.values",
        "ledger.wiring",
    },
    "api.pages.auditor": {
        "api.deps",
        "api.pages",
        "ledger.errors",
        "ledger.hashing",
        "ledger.log",
        "ledger.procurement",
        "ledger.records",
        "ledger.values",
        "ledger.verification",
        "ledger.wiring",
    },
    "api.pages.routes": {
        "api.deps",
        "api.pages",
        "api.pages.auditor",
        "api.pages.clerk",
        "api.problem_kinds",
        "ledger.errors",
        "ledger.hashing",
        "ledger.log",
        "ledger.records",
        "ledger.values",
        "ledger.verification",
        "ledger.wiring",
    },
    "api.pages": {
        "api.deps",
        "api.problem_kinds",
        "ledger.errors",
        "ledger.hashing",
        "ledger.wiring",
        "ledger.records",
        "ledger.settings",
        "ledger.values",
        "ledger.verification",
    },
    "api.app": {
        "api.pages.routes",
        "api.deps",
        "api.doorway",
        "api.lane",
        "api.openapi",
        "api.pages",
        "api.problems",
        "api.routers",
        "ledger.settings",
        "ledger.wiring",
    },
    "api": set(),
    "localchain": set(),
    "scripts": {"ledger.chain", "ledger.keys", "ledger.settings", "ledger.errors", "ledger.values"},
}

# third-party or dangerous stdlib module -> the only rooms that may import it.
KEEPERS: dict[str, set[str]] = {
    "hashlib": {"ledger.hashing", "ledger.keys", "api.auth", "scripts", "localchain"},
    "rfc8785": set(),  # only tests compare with it
    "web3": {"ledger.chain", "scripts"},
    "sqlalchemy": {"ledger.store"},
    "sqlite3": {"ledger.store", "localchain"},
    "pikepdf": {"ledger.documents"},
    "argon2": {"ledger.accounts"},
    "openpyxl": {"ledger.sheets"},
    "typst": {"ledger.documents"},
    "fastapi": {
        "api.app",
        "api.deps",
        "api.openapi",
        "api.problems",
        "api.routers",
        "api.pages",
        "api.pages.routes",
        "api.pages.clerk",
        "api.pages.auditor",
        "ledger.cli.serving",
    },
    "jinja2": {"api.pages"},
    "pydantic_settings": {"ledger.settings"},
    "eth": {"localchain"},
    "eth_tester": {"localchain"},
    "solcx": {"scripts"},
}
BARE = {"ledger", "api"}  # rooms that are only their own __init__.py
MAX_LINES = 400


def modules() -> dict[str, Path]:
    found = {}
    for package, folder in PACKAGES.items():
        for path in sorted(folder.rglob("*.py")):
            parts = (package, *path.relative_to(folder).with_suffix("").parts)
            found[".".join(parts).removesuffix(".__init__")] = path
    return found


MODULES = modules()


def room_of(module: str) -> str | None:
    """Longest room that is `module` or a parent of it; a bare package is only itself."""
    hits = [r for r in ROOMS if module == r or (r not in BARE and module.startswith(r + "."))]
    return max(hits, key=len, default=None)


def imports(path: Path) -> list[tuple[str, int, bool]]:
    """(imported name, line, inside a function) for each import statement in `path`."""
    out: list[tuple[str, int, bool]] = []

    def visit(node: ast.AST, nested: bool) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                out.extend((a.name, child.lineno, nested) for a in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{path}:{child.lineno}: relative import"
                for alias in child.names:
                    full = f"{child.module}.{alias.name}"
                    name = full if full in MODULES else str(child.module)
                    out.append((name, child.lineno, nested))
            inner = nested or isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef))
            visit(child, inner)

    visit(ast.parse(path.read_text()), False)
    return out


@pytest.mark.parametrize("module", MODULES)
def test_imports_stay_in_their_rooms(module: str) -> None:
    room = room_of(module)
    assert room is not None, f"{module} is in no room: add it to ROOMS"
    for name, line, nested in imports(MODULES[module]):
        where = f"{MODULES[module].relative_to(ROOT)}:{line}"
        assert not nested, f"{where}: import inside a function hides an edge"
        top = name.split(".")[0]
        if top in KEEPERS:
            assert room in KEEPERS[top], f"{where}: {top} belongs to {sorted(KEEPERS[top])}"
        if top in PACKAGES:
            target = room_of(name)
            allowed = ROOMS[room] | {room}
            assert target in allowed, f"{where}: {room} may not import {target}"


def test_import_graph_has_no_cycle() -> None:
    graph = {m: {n for n, _, _ in imports(p) if n in MODULES and n != m} for m, p in MODULES.items()}
    graphlib.TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("module", MODULES)
def test_modules_stay_small(module: str) -> None:
    lines = len(MODULES[module].read_text().splitlines())
    assert lines <= MAX_LINES, f"{module} has {lines} lines; split it"

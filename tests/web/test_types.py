"""The browser's verifier is typed by JSDoc, and `tsc` finds nothing; it imports nothing from anywhere else."""

from __future__ import annotations

import re
import subprocess

from support.browser_verifier import ROOT, VERIFIER

PAGE = VERIFIER.parent / "page"


def test_tsc_finds_nothing() -> None:
    tsc = ROOT / "node_modules/.bin/tsc"
    assert tsc.exists(), "run npm ci: the type checker is one of the tools in package.json"
    done = subprocess.run([tsc, "--noEmit"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_tsc_looks_at_every_module() -> None:
    names = sorted(f"/{folder.name}/{path.name}" for folder in (VERIFIER, PAGE) for path in folder.glob("*.js"))
    listed = subprocess.run(
        [ROOT / "node_modules/.bin/tsc", "--noEmit", "--listFilesOnly"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert {name for name in names if name in listed} == set(names)


def test_modules_import_one_another_and_nothing_else() -> None:
    names = {f"./{path.name}" for path in VERIFIER.glob("*.js")}
    for path in VERIFIER.glob("*.js"):
        source = path.read_text(encoding="utf-8")
        imported = re.findall(r'^(?:import|export)[^;]*? from "([^"]+)"', source, re.MULTILINE)
        assert set(imported) <= names, path.name
        calls = re.sub(r'import\("\./[a-z0-9-]+\.js"\)', "", source)  # a type in a comment
        assert not re.search(r"\b(?:fetch|XMLHttpRequest|eval|WebSocket|sendBeacon|import)\s*\(", calls), path.name


def test_modules_stay_small() -> None:
    for path in VERIFIER.glob("*.js"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path.name

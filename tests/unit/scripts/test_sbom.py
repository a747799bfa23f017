"""The bill of materials names what the locks name, and nothing of it needs a network."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]


def load(name: str) -> ModuleType:
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.pop(0)


sbom = load("sbom")
vulnerabilities = load("vulnerabilities")


def test_every_line_of_every_lock_is_a_component(tmp_path: Path) -> None:
    output = tmp_path / "sillok.cdx.json"
    subprocess.run([sys.executable, str(ROOT / "scripts" / "sbom.py"), str(output)], check=True)
    content = json.loads(output.read_text())
    assert (content["bomFormat"], content["specVersion"]) == ("CycloneDX", "1.6")
    listed = {component["bom-ref"]: component for component in content["components"]}
    assert len(listed) == len(content["components"]), "a reference is there twice"
    for lock, scope in sbom.LOCKS:
        for name, version in re.findall(r"^([\w.-]+)==([^ ;\\]+)", (ROOT / lock).read_text(), re.MULTILINE):
            component = listed[f"pkg:pypi/{name}@{version}"]
            assert component["hashes"]
            if scope == sbom.REQUIRED:
                assert component["scope"] == "required"
    for path, package in json.loads((ROOT / "package-lock.json").read_text())["packages"].items():
        if path:
            name = path.removeprefix("node_modules/").replace("@", "%40")
            assert listed[f"pkg:npm/{name}@{package['version']}"]["hashes"][0]["alg"] == "SHA-512"
    needed = set(content["dependencies"][0]["dependsOn"])
    assert needed == {ref for ref, component in listed.items() if component["scope"] == "required"}
    assert all(
        re.fullmatch(r"[0-9a-f]{64}|[0-9a-f]{128}", h["content"]) for c in listed.values() for h in c["hashes"]
    )


def test_the_same_locks_give_the_same_bytes() -> None:
    assert json.dumps(sbom.bill()) == json.dumps(sbom.bill())


@pytest.mark.parametrize("line", ["requests>=2", "requests==2.0", "git+https://example.org/x"])
def test_what_is_not_pinned_and_hashed_is_no_lock(line: str) -> None:
    with pytest.raises(ValueError, match=r"no hash|no line"):
        list(sbom.python_components(line + "\n", sbom.REQUIRED))


RANGE = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}, {"introduced": "3.0"}]}


@pytest.mark.parametrize(
    ("version", "affected"), [("1.9", True), ("2.0", False), ("2.9.1", False), ("3.0", True), ("10.0", True)]
)
def test_ranges_are_read_as_osv_has_them(version: str, affected: bool) -> None:
    assert vulnerabilities.is_affected(version, {"ranges": [RANGE]}) == affected
    last = {"type": "SEMVER", "events": [{"introduced": "1.0"}, {"last_affected": "2.9.1"}]}
    assert vulnerabilities.is_affected(version, {"ranges": [last]}) == (version in ("1.9", "2.0", "2.9.1"))
    assert not vulnerabilities.is_affected(version, {"ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]})


def test_a_locked_package_with_a_record_is_named(tmp_path: Path) -> None:
    jinja = next(one for one in sbom.components() if one.name == "jinja2")
    oz = next(one for one in sbom.components() if one.name == "@openzeppelin/contracts")
    for number, package in enumerate(
        [{"ecosystem": "PyPI", "name": "Jinja2"}, {"ecosystem": "npm", "name": "@openzeppelin/contracts"}]
    ):
        record = {"id": f"TEST-{number}", "affected": [{"package": package, "ranges": [RANGE]}]}
        (tmp_path / f"{number}.json").write_text(json.dumps(record))
    gone = {
        "id": "TEST-9",
        "withdrawn": "2026-01-01T00:00:00Z",
        "affected": [{"package": package, "ranges": [RANGE]}],
    }
    (tmp_path / "9.yaml").write_text(json.dumps(gone))
    found = list(vulnerabilities.findings([jinja, oz], vulnerabilities.records(tmp_path)))
    assert found == [(jinja, "TEST-0"), (oz, "TEST-1")]
    assert vulnerabilities.main([str(tmp_path)]) == 1

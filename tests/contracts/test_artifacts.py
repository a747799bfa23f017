"""What is in git is what the compiler makes of the sources, says something about everything, and fits."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from ledger.chain.abi import Interface, keccak
from ledger.chain.artifacts import NAMES, load, notices, type_text
from scripts import compile_contracts

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SOURCES = sorted((ROOT / "contracts").rglob("*.sol"))
CODE_LIMIT = 24_576
INITCODE_LIMIT = 49_152
# The first topics of formats.md, section 9.
FROZEN = {
    "CheckpointAnchored": "7e73695e743c80bc1b2bab035cbf60838eabb45b22fcbfb996849fa4fa3cd68d",
    "StatusAttested": "a0f8bc9dbff2de2a2fdee32bd6d56443a1eb1d9feed3db724da88ee5c66a7607",
    "KeyAttested": "48501eb7df5ffca32824f12b1d8afca2aba7e0af2a9bdc296fd488d34191dfce",
}
# OpenZeppelin's own, whose sources say nothing to people: met only by whoever deploys or administers.
SILENT = {
    "AccessManagedInvalidAuthority", "AccessManagedRequiredDelay", "AccessManagerBadConfirmation",
    "AccessManagerInvalidInitialAdmin", "AccessManagerLockedFunction", "AccessManagerLockedRole",
    "AccessManagerUnauthorizedConsume", "FailedCall", "InsufficientBalance", "InvalidShortString",
    "MultiSignerERC7913AlreadyExists", "MultiSignerERC7913InvalidSigner", "MultiSignerERC7913NonexistentSigner",
    "MultiSignerERC7913UnreachableThreshold", "MultiSignerERC7913ZeroThreshold", "SafeCastOverflowedUintDowncast",
    "StringTooLong",
}  # fmt: skip


def own_errors() -> set[str]:
    """Errors that our sources declare."""
    return {name for path in SOURCES for name in re.findall(r"^\s+error (\w+)\(", path.read_text(), re.MULTILINE)}


@pytest.mark.parametrize("name", NAMES)
def test_artifacts_are_of_these_sources(name: str) -> None:
    """Needs no compiler: a changed source without its artifact is noticed anywhere."""
    for unit, digest in load(name).sources.items():
        path = compile_contracts.find(unit)
        if unit.startswith("@") and not path.exists():
            continue
        assert hashlib.sha256(path.read_bytes()).hexdigest() == digest, f"{unit}: run scripts/compile_contracts.py"


def test_the_compiler_makes_the_same_bytes_again() -> None:
    for path, text in compile_contracts.build().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run scripts/compile_contracts.py"
    assert {path.stem for path in compile_contracts.ARTIFACTS.glob("*.json")} == set(NAMES)


def test_code_fits_every_chain() -> None:
    for name in NAMES:
        assert len(load(name).deployed_bytecode) <= CODE_LIMIT
        assert len(load(name).bytecode) <= INITCODE_LIMIT


def test_frozen_events_have_their_topics() -> None:
    events = {e.name: e.topic.hex() for name in NAMES for e in Interface(name, load(name).abi).events.values()}
    assert {name: events[name] for name in FROZEN} == FROZEN


def test_everything_of_the_interface_says_what_it_means() -> None:
    """NatSpec on every function, event, error, parameter and return value of ours."""
    foreign = {"authority", "isConsumingScheduledOp", "setAuthority", "eip712Domain", "nonces"}
    ours = "".join(path.read_text() for path in SOURCES)
    for name in NAMES:
        contract = load(name)
        if name == "Governor":
            continue  # OpenZeppelin's; ours in it are in IGovernor, below
        for item in contract.abi:
            kind, said = str(item["type"]), contract.devdoc
            if kind not in ("function", "event", "error") or item["name"] in foreign | SILENT:
                continue
            signature = f"{item['name']}({','.join(type_text(i) for i in item['inputs'])})"  # type: ignore[attr-defined]
            section = {"function": "methods", "event": "events", "error": "errors"}[kind]
            if not re.search(rf"\b{kind} {item['name']}\(", ours):
                continue
            notice = contract.userdoc[section][signature]  # type: ignore[index]
            assert notice, signature
            params = said[section].get(signature, {})  # type: ignore[attr-defined]
            params = params[0] if isinstance(params, list) else params
            named = [i["name"] for i in item["inputs"]]  # type: ignore[attr-defined]
            assert set(params.get("params", {})) == set(named), signature


def test_every_error_says_something_to_people() -> None:
    assert {n.name for n in notices().values() if not n.text} == SILENT
    own = {n.name: n for n in notices().values() if n.name in own_errors()}
    assert set(own) == own_errors()
    for notice in own.values():
        assert notice.text.endswith("."), notice.name
        assert len(notice.text) < 160, notice.name


def test_every_error_of_ours_is_met_in_a_test_with_its_arguments() -> None:
    told = "".join(path.read_text() for path in HERE.glob("test_*.py") if path != Path(__file__))
    asserted = set(re.findall(r'reverts\(\s*"(\w+)"', told))
    asserted |= set(re.findall(r'^\s+\(.*"(\w+)", \(', told, re.MULTILINE))  # tables of cases
    assert own_errors() - asserted == set()


def test_layouts_of_storage_are_those_in_git() -> None:
    """A slot that moves is a new contract: `layout.json` is changed by hand and on purpose."""
    found = {name: layout(name) for name in NAMES}
    kept = json.loads((HERE / "layout.json").read_text())
    assert found == kept, json.dumps(found, indent=1)
    for packed, member in (("Key", "compromisedSince"), ("Log", "start")):
        slots = {field["label"]: int(field["slot"]) for field in struct(packed)}
        assert set(slots.values()) == {0}, f"{packed} is one slot"
        assert member in slots


def layout(name: str) -> list[str]:
    storage = load(name).storage_layout["storage"]
    return [f"{s['slot']}+{s['offset']} {s['label']} {s['type']}" for s in storage]  # type: ignore[attr-defined]


def struct(name: str) -> list[dict[str, str]]:
    for contract in NAMES:
        types = load(contract).storage_layout["types"] or {}
        for kind, said in types.items():  # type: ignore[attr-defined]
            if kind.startswith(f"t_struct({name})"):
                return said["members"]  # type: ignore[no-any-return]
    raise AssertionError(name)


def test_notices_are_found_by_the_selector_that_a_node_answers() -> None:
    notice = notices()[keccak(b"AgencyExists(bytes7)")[:4]]
    assert (notice.name, notice.text) == ("AgencyExists", "This agency is registered already.")


def test_code_is_recognised_whatever_its_immutables_are() -> None:
    artifact = load("StatusRegistry")
    code = bytearray(artifact.deployed_bytecode)
    start, length = artifact.immutables[0]
    code[start : start + length] = b"\x07" * length
    assert artifact.is_code(bytes(code))
    code[start - 1] ^= 1
    assert not artifact.is_code(bytes(code))
    assert not artifact.is_code(b"")

"""The interface's own description: in git, readable by the bundled Swagger UI, and true.

Written anew with: SILLOK_WRITE_OPENAPI=1 pytest tests/unit/api/test_openapi.py
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.service import Office

ONLY_IN_3_1 = {"const", "prefixItems", "patternProperties", "$defs", "contentMediaType", "unevaluatedProperties"}


@pytest.fixture(scope="module")
def document(office: Office) -> dict[str, object]:
    content: dict[str, object] = office.get("/openapi.json").json()
    return content


def nodes(node: object, at: str = "") -> Iterator[tuple[str, dict[str, object]]]:
    if isinstance(node, dict):
        yield at, node
        for key, value in node.items():
            yield from nodes(value, f"{at}/{key}")
    elif isinstance(node, list):
        for place, value in enumerate(node):
            yield from nodes(value, f"{at}/{place}")


def test_the_description_in_git_is_the_one_that_is_served(document: dict[str, object], root: Path) -> None:
    kept = root / "api" / "openapi.json"
    text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    if os.environ.get("SILLOK_WRITE_OPENAPI"):
        kept.write_text(text, encoding="utf-8")
    assert kept.read_text(encoding="utf-8") == text, "the interface changed: see this file's first lines"


def test_it_uses_nothing_that_its_version_does_not_know(document: dict[str, object]) -> None:
    assert document["openapi"] == "3.0.3"
    for at, node in nodes(document):
        assert not ONLY_IN_3_1 & node.keys(), at
        assert node.get("type") != "null", at
        assert not isinstance(node.get("type"), list), at
        if "exclusiveMaximum" in node and "properties" not in node:
            assert isinstance(node["exclusiveMaximum"], bool), at


def test_every_reference_leads_somewhere(document: dict[str, object]) -> None:
    for at, node in nodes(document):
        reference = node.get("$ref")
        if isinstance(reference, str):
            target: object = document
            for part in reference.removeprefix("#/").split("/"):
                assert isinstance(target, dict), (at, reference)
                assert part in target, (at, reference)
                target = target[part]


def test_every_address_says_what_it_does_and_that_it_may_fail(document: dict[str, object]) -> None:
    paths = document["paths"]
    assert isinstance(paths, dict)
    for path, operations in paths.items():
        for method, operation in operations.items():
            assert operation["summary"], (method, path)
            assert operation["description"], (method, path)
            assert "default" in operation["responses"], (method, path)
            assert "422" not in operation["responses"], "problems are described once"
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path":
                    assert f"{{{parameter['name']}}}" in path
            named = set(re.findall(r"{([^}]+)}", path))
            assert named == {p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"}, (method, path)


def test_the_hottest_address_is_described_like_all_others(document: dict[str, object]) -> None:
    paths = document["paths"]
    assert isinstance(paths, dict)
    operation = paths["/v1/agencies/{agency}/records"]["post"]
    assert {"200", "201"} <= operation["responses"].keys()
    assert operation["requestBody"]["content"]["application/json"]["schema"]["required"] == ["kind"]
    assert [p["name"] for p in operation["parameters"]] == ["agency", "Idempotency-Key"]

"""schemathesis over the whole description: no mistake of ours for any question, well formed or not.

Each operation is asked as the caller that may do it, and its answers are compared with the description. In a test run
a few questions each, the same every time; for as many as one likes, and others each time:

    SILLOK_QUESTIONS=2000 pytest tests/unit/api/test_schemathesis.py
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, SerializationContext
from schemathesis.checks import CheckFunction, load_all_checks
from schemathesis.specs.openapi import checks
from support.roles import INTERFACE, KEYS
from support.service import SEOUL, Office, running_office

from api.problem_kinds import PROBLEMS

ROOT = Path(__file__).resolve().parents[3]
ASKED = os.environ.get("SILLOK_QUESTIONS")
QUESTIONS = int(ASKED or 12)
SLOW = {"POST /v1/agencies", "POST /v1/agencies/{agency}/keys", "POST /v1/agencies/{agency}/accounts"}
"""Each question here is an act on the chain, or the hash of a password."""
MEMBERS = {"type", "title", "status", "detail", "where", "fix", "instance"}
KEPT: tuple[CheckFunction, ...] = (checks.response_schema_conformance, checks.content_type_conformance)

load_all_checks()
schema = schemathesis.openapi.from_path(str(ROOT / "api" / "openapi.json"))
OPERATIONS = {operation.label: operation for operation in (found.ok() for found in schema.get_all_operations())}
RULES = {rule.replace(":path}", "}"): allowed for rule, allowed in INTERFACE.items()}


@schemathesis.serializer("application/x-ndjson")
def lines(_context: SerializationContext, value: object) -> bytes:
    return value.encode("utf-8", "replace") if isinstance(value, str) else json.dumps(value).encode()


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office of its own: strangers' questions rotate its keys."""
    with running_office(tmp_path_factory.mktemp("asked")) as office:
        made = {"kind": "certificate", "sha256": "0a" * 32, "number": "1234-5678-9012-3459"}
        office.issue(made)
        yield office


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as opened:
        yield opened


def strategy(label: str) -> st.SearchStrategy[Case]:
    """Questions as the description has them, and questions that it forbids; most about an agency that there is."""
    operation = OPERATIONS[label]
    there = {"agency": str(SEOUL)} if "{agency}" in label else {}
    forms = [operation.as_strategy(GenerationMode.POSITIVE, path_parameters=there or None)]
    if list(operation.iter_parameters()) or operation.body:
        forms.append(operation.as_strategy(GenerationMode.NEGATIVE, path_parameters=there or None))
        forms.append(operation.as_strategy(GenerationMode.POSITIVE))
    return st.one_of(forms)


@pytest.mark.parametrize("label", OPERATIONS)
def test_no_question_is_our_mistake(asked: Office, session: requests.Session, label: str) -> None:
    caller = next(role for role in ("administrator", "clerk", "operator", *KEYS) if role in RULES[label])
    headers = {"Authorization": f"Bearer {asked.keys[caller]}"} if "stranger" not in RULES[label] else {}

    @settings(
        max_examples=min(QUESTIONS, 5) if label in SLOW and not ASKED else QUESTIONS,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=not ASKED,
        phases=[Phase.generate, Phase.shrink] if ASKED else [Phase.generate],
        database=None,
    )
    @given(case=strategy(label))
    def ask(case: Case) -> None:
        response = case.call(base_url=asked.url, session=session, headers=headers, timeout=60)
        status = response.status_code
        if status < 400:
            case.validate_response(response, checks=list(KEPT))
            return
        document = response.json()
        assert response.headers["content-type"] == ["application/problem+json"], (case, response.text)
        assert document.keys() == MEMBERS, (case, document)
        kind = PROBLEMS[document["type"].removeprefix("/problems/")]
        assert kind.status == status
        assert status < 500 or status == 503, (case.as_curl_command(), document)

    ask()


def test_every_operation_is_asked() -> None:
    assert OPERATIONS.keys() == RULES.keys() - {"GET /openapi.json"} - {r for r in RULES if "{generation}" in r}

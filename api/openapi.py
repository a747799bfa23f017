"""The OpenAPI document: FastAPI's own, put into version 3.0 (which the bundled Swagger UI reads), with our problems.

It is kept in git as `api/openapi.json`; `tests/unit/api/test_openapi.py` compares, and writes it anew on request.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.problem_kinds import PROBLEMS
from api.problems import MEDIA_TYPE

OPENAPI_VERSION: Final = "3.0.3"
_PROBLEM: Final[dict[str, Any]] = {
    "title": "Problem",
    "description": "RFC 9457; every member is always there",
    "type": "object",
    "required": ["type", "title", "status", "detail", "where", "fix", "instance"],
    "properties": {
        "type": {"type": "string", "enum": [f"/problems/{slug}" for slug in PROBLEMS], "description": "its page"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "what was wrong, in one sentence"},
        "where": {"type": "string", "description": "the member, header or line that it is about"},
        "fix": {"type": "string", "description": "what the caller can do about it"},
        "instance": {"type": "string", "description": "random name of this occurrence, as in the operator's log"},
    },
}
_ANSWER: Final = {
    "description": "Any failure: a problem document",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def describe(app: FastAPI) -> dict[str, Any]:
    """The document of an application."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        openapi_version=OPENAPI_VERSION,
        description=app.description,
        routes=app.routes,
    )
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = _PROBLEM
    document["components"]["securitySchemes"] = {
        "apiKey": {"type": "http", "scheme": "bearer", "description": "an API key of an agency, or the operator's"}
    }
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = _ANSWER
    downgraded = _downgrade(document)
    assert isinstance(downgraded, dict)
    return downgraded


def _downgrade(node: Any) -> Any:
    """Write what only OpenAPI 3.1 knows in the words of 3.0: null, examples, exclusive bounds, const."""
    if isinstance(node, list):
        return [_downgrade(item) for item in node]
    if not isinstance(node, dict):
        return node
    out = {key: _downgrade(value) for key, value in node.items()}
    choices = out.get("anyOf")
    if isinstance(choices, list) and {"type": "null"} in choices:
        rest = [choice for choice in choices if choice != {"type": "null"}]
        del out["anyOf"]
        out |= rest[0] if len(rest) == 1 and "$ref" not in rest[0] else {"anyOf": rest}
        out["nullable"] = True
    for bound, kept in (("exclusiveMaximum", "maximum"), ("exclusiveMinimum", "minimum")):
        if isinstance(out.get(bound), (int, float)) and not isinstance(out[bound], bool):
            out[kept], out[bound] = out[bound], True
    if "const" in out:
        out["enum"] = [out.pop("const")]
    if isinstance(out.get("examples"), list) and "type" in out:
        out["example"] = out.pop("examples")[0]
    return out

"""The OpenAPI 3.1 document, made of the routes: annotations, docstrings, and what the kernel answers by itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from workflow_kernel import __version__
from workflow_kernel.api import csrf, limits
from workflow_kernel.api.field_words import explain
from workflow_kernel.api.kernel import Endpoint
from workflow_kernel.api.problem import CONTENT_TYPE, ProblemView
from workflow_kernel.services.identify import KEY_HEADER, SESSION_COOKIE

REF = "#/components/schemas/{model}"
PROBLEM = "ProblemView"

SECURITY_SCHEMES: Mapping[str, Mapping[str, str]] = {
    "session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE, "description": "Of somebody signed in."},
    "csrf": {
        "type": "apiKey", "in": "header", "name": csrf.HEADER,
        "description": f"The cookie {csrf.CSRF_COOKIE}, sent back with whatever changes something.",
    },
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "An access token."},
    "api_key": {"type": "apiKey", "in": "header", "name": KEY_HEADER, "description": "An API key."},
}  # fmt: skip

_HEADERS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "X-Request-Id": ("Id of the request, as in the logs.", {"type": "string"}),
    "RateLimit-Limit": ("Requests a minute.", {"type": "integer"}),
    "RateLimit-Remaining": ("How many are left.", {"type": "integer"}),
    "RateLimit-Reset": ("Seconds until there are more.", {"type": "integer"}),
    "Retry-After": ("Seconds to wait.", {"type": "integer"}),
}

_Key = tuple[str, str]


def document(endpoints: Sequence[Endpoint], prefix: str = "") -> dict[str, Any]:
    """The document.

    Parameters
    ----------
    endpoints: in the order they are shown. prefix: path everything is mounted below.
    """
    schemas, definitions = _schemas(endpoints)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        operation = _operation(endpoint, schemas)
        paths.setdefault(endpoint.route.path, {})[endpoint.route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Workflow",
            "version": __version__,
            "summary": "Workflows, executions, credentials and triggers of a service.",
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": f"{prefix}/api"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(endpoint.route.tag for endpoint in endpoints)],
        "paths": paths,
        "components": {
            "schemas": definitions,
            "securitySchemes": SECURITY_SCHEMES,
            "headers": {
                name: {"description": text, "schema": schema} for name, (text, schema) in _HEADERS.items()
            },
        },
    }  # fmt: skip


_ABOUT = (
    "Sign in for a cookie, or send an access token or an API key. Errors are `application/problem+json`. Lists come in "
    "pages: send `next` of one as `cursor` for the following."
)


def _schemas(endpoints: Sequence[Endpoint]) -> tuple[dict[_Key, dict[str, Any]], Mapping[Any, Any]]:
    """The schema of every body, query and answer, by operation and kind; and the definitions they refer to."""
    inputs: list[tuple[_Key, JsonSchemaMode, Any]] = [
        (("", PROBLEM), "serialization", TypeAdapter(ProblemView).core_schema)
    ]
    for endpoint in endpoints:
        name, binding = endpoint.route.name, endpoint.binding
        if binding.body is not None:
            inputs.append(((name, "body"), "validation", binding.body.core_schema))
        if binding.query is not None:
            inputs.append(((name, "query"), "validation", binding.query.__pydantic_core_schema__))
        if binding.answer is not None:
            inputs.append(((name, "answer"), "serialization", binding.answer.core_schema))
        inputs += [
            ((name, f"path.{parameter}"), "validation", adapter.core_schema)
            for parameter, adapter in binding.path.items()
        ]
    generator = GenerateJsonSchema(by_alias=True, ref_template=REF)
    found, definitions = generator.generate_definitions(inputs)
    explain(definitions.values())
    return {key: schema for (key, _), schema in found.items()}, definitions


def _operation(endpoint: Endpoint, schemas: Mapping[_Key, dict[str, Any]]) -> dict[str, Any]:
    route = endpoint.route
    found: dict[str, Any] = {
        "operationId": route.name,
        "tags": [route.tag],
        "summary": route.summary,
        "parameters": _parameters(endpoint, schemas),
        "responses": _responses(endpoint, schemas.get((route.name, "answer"))),
        "security": _security(endpoint),
    }
    if route.description:
        found["description"] = route.description
    if endpoint.permissions:
        found["x-permissions"] = sorted(endpoint.permissions)
    if endpoint.binding.body_type is not None:
        found["requestBody"] = _body(endpoint, schemas.get((route.name, "body")))
    return {name: value for name, value in found.items() if value != [] or name == "security"}


def _security(endpoint: Endpoint) -> list[dict[str, list[str]]]:
    if endpoint.route.public:
        return []
    session: dict[str, list[str]] = {"session": []}
    if endpoint.route.method != "GET":
        session["csrf"] = []
    return [{"bearer": []}, {"api_key": []}, session]


def _body(endpoint: Endpoint, schema: dict[str, Any] | None) -> dict[str, Any]:
    media: dict[str, Any] = {"schema": schema if schema is not None else {}}
    if endpoint.route.example is not None:
        media["example"] = endpoint.route.example
    types = endpoint.route.content or limits.JSON_TYPES
    return {"required": not endpoint.binding.body_is_optional, "content": dict.fromkeys(types, media)}


def _parameters(endpoint: Endpoint, schemas: Mapping[_Key, dict[str, Any]]) -> list[dict[str, Any]]:
    name = endpoint.route.name
    found: list[dict[str, Any]] = []
    for parameter in re.findall(r"{(\w+)}", endpoint.route.path):
        schema = dict(schemas[name, f"path.{parameter}"])
        if schema.get("type") == "string" and "format" not in schema and "pattern" not in schema:
            schema.setdefault("minLength", 1)
        text = schema.pop("description", parameter.replace("_", " ").capitalize() + ".")
        found.append({"name": parameter, "in": "path", "required": True, "description": text, "schema": schema})
    query = endpoint.binding.query
    if query is None:
        return found
    whole = TypeAdapter(query).json_schema(ref_template=REF)
    for parameter, schema in whole.get("properties", {}).items():
        kept = {key: value for key, value in schema.items() if key not in ("title", "description")}
        found.append({
            "name": parameter, "in": "query", "required": parameter in whole.get("required", ()),
            "description": schema.get("description", ""), "schema": _without_null(kept),
        })  # fmt: skip
    return found


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a parameter: one that is left out is no null."""
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    kept = {key: value for key, value in schema.items() if key != "anyOf" and not (key == "default" and value is None)}
    if len(options) == 1:
        return {**options[0], **kept}
    return {**kept, "anyOf": options} if options else kept


def _responses(endpoint: Endpoint, schema: dict[str, Any] | None) -> dict[str, Any]:
    route = endpoint.route
    content: dict[str, Any] = {kind: {"schema": {}} for kind in route.answers}
    if schema is not None:
        content["application/json"] = {"schema": schema}
    status = HTTPStatus.NO_CONTENT if not content and route.status == HTTPStatus.OK else route.status
    shown = ["X-Request-Id", *(name for name in _HEADERS if route.limited and name.startswith("RateLimit"))]
    good: dict[str, Any] = {
        "description": HTTPStatus(status).phrase,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in shown},
    }
    if content:
        good["content"] = content
    found = {str(int(status)): good}
    if route.method == "GET" and content:
        found["304"] = {"description": "Not changed since If-None-Match"}
    for error in errors_of(endpoint):
        found[str(error)] = _problem(error)
    return dict(sorted(found.items()))


def errors_of(endpoint: Endpoint) -> list[int]:
    """The statuses of errors a route can answer with: its own, and the kernel's."""
    route, binding = endpoint.route, endpoint.binding
    found = {400, 503, *route.errors}
    if not route.public:
        found.add(401)
    if endpoint.permissions or route.method != "GET":
        found.add(403)
    if binding.path:
        found |= {404, 422}
    if binding.query is not None:
        found.add(422)
    if binding.body_type is not None:
        found |= {413, 415, 422}
    if 409 in found:
        found.add(412)
    if route.limited:
        found.add(429)
    return sorted(found)


def _problem(status: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "description": HTTPStatus(status).phrase,
        "content": {CONTENT_TYPE: {"schema": {"$ref": REF.format(model=PROBLEM)}}},
    }
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        found["headers"] = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}
    return found

"""Requests that could be right, made of the OpenAPI document: the smallest value every schema allows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ID = "0190a5b4-0000-7000-8000-000000000001"
_FORMATS = {
    "uuid": ID, "email": "ada@example.com", "date-time": "2026-01-01T00:00:00Z", "date": "2026-01-01",
    "uri": "https://example.com", "password": "seven brown otters juggle", "binary": "",
}  # fmt: skip


class Plausible:
    """Makes requests for a document.

    Parameters
    ----------
    document: the OpenAPI document.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def operation(self, path: str, method: str) -> dict[str, Any]:
        """What the document says of a route."""
        found: dict[str, Any] = self._document["paths"][path][method.lower()]
        return found

    def path(self, path: str, operation: Mapping[str, Any]) -> str:
        """The path with values for its parameters, and the query it must have."""
        query = []
        for parameter in operation.get("parameters", ()):
            value = self.value(parameter["schema"])
            if parameter["in"] == "path":
                path = path.replace(f"{{{parameter['name']}}}", str(value))
            elif parameter.get("required"):
                query.append(f"{parameter['name']}={value}")
        return f"/api{path}{'?' if query else ''}{'&'.join(query)}"

    def body(self, operation: Mapping[str, Any]) -> tuple[str, Any]:
        """Content type and body; None where there is none."""
        found = operation.get("requestBody")
        if found is None:
            return "", None
        kind, media = next(iter(found["content"].items()))
        return kind, media["example"] if "example" in media else self.value(media["schema"])

    def value(self, schema: Mapping[str, Any]) -> Any:
        """The smallest value a schema allows."""
        if "$ref" in schema:
            return self.value(self._document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
        for name in ("const", "default"):
            if schema.get(name) is not None:
                return schema[name]
        if "enum" in schema:
            return schema["enum"][0]
        for name in ("anyOf", "oneOf", "allOf"):
            if name in schema:
                return self.value(schema[name][0])
        match schema.get("type"):
            case "object":
                required = schema.get("required", ())
                return {name: self.value(schema.get("properties", {}).get(name, {})) for name in required}
            case "array":
                return [self.value(schema.get("items", {}))] * schema.get("minItems", 0)
            case "integer" | "number":
                return schema.get("minimum", 1)
            case "boolean":
                return False
            case "null":
                return None
            case "string":
                return _FORMATS.get(schema.get("format", ""), "x" * max(1, schema.get("minLength", 0)))
            case _:
                return {}

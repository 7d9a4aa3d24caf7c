"""From a request to the arguments of a route's function, and from what it returns to bytes.

The annotations are read once; every error of path, query and body is found at once.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Mapping
from typing import Any, Union, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

from pydantic import BaseModel, TypeAdapter, ValidationError

from workflow_kernel.api import limits, problem
from workflow_kernel.api.routing import Answer, Request, Route
from workflow_kernel.base.errors import Problem

MOST_PARAMETERS = 100
"""Parameters a query string may have."""


class Binding:
    """What a route's annotations say.

    Parameters
    ----------
    route: whose.
    """

    def __init__(self, route: Route) -> None:
        hints = get_type_hints(route.function, include_extras=True)
        names = list(inspect.signature(route.function).parameters)
        self.route = route
        self.path = {name: TypeAdapter(hints[name]) for name in names[1:] if f"{{{name}}}" in route.path}
        self.query: type[BaseModel] | None = hints.get("query")
        self.body_type: Any = hints.get("body")
        self.takes_raw = self.body_type is bytes
        self.body = None if self.body_type is None or self.takes_raw else TypeAdapter(self.body_type)
        self.body_is_optional = _is_optional(self.body_type)
        self.returned: Any = _returned(hints.get("return"))
        self.answer = None if self.returned is None else TypeAdapter(self.returned)
        self._many = _fields_of_many(self.query)
        unknown = set(names[1:]) - self.path.keys() - {"query", "body"}
        if unknown or not names:
            raise TypeError(f"route {route.name}: {sorted(unknown)} are neither in its path nor 'query' or 'body'")

    def arguments(self, path: Mapping[str, str], query: str, body: bytes, depth: int) -> dict[str, Any]:
        """The arguments after the request.

        Parameters
        ----------
        path: parameters of the path. query: the query string. body: as sent. depth: how deep its JSON may be.
        """
        made: dict[str, Any] = {}
        problems: list[Problem] = []
        for name, adapter in self.path.items():
            try:
                made[name] = adapter.validate_strings(path[name])
            except ValidationError as error:
                problems += problem.of_validation(error, f"path.{name}")
        if self.query is not None:
            try:
                made["query"] = self.query.model_validate(self._query_values(query))
            except ValidationError as error:
                problems += problem.of_validation(error, "query")
        if self.takes_raw:
            made["body"] = body
        elif self.body is not None:
            try:
                made["body"] = self._read(body, depth)
            except ValidationError as error:
                problems += problem.of_validation(error, "body")
        if problems:
            raise problem.invalid(problems)
        return made

    def _read(self, body: bytes, depth: int) -> Any:
        assert self.body is not None
        if not body and self.body_is_optional:
            return None
        limits.check_json(body, depth)
        return self.body.validate_json(body)

    def _query_values(self, query: str) -> dict[str, Any]:
        if "%00" in query:
            raise problem.invalid([Problem("WF780", "A NUL character is in it.", "Leave it out.", field="query")])
        try:
            found = parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_PARAMETERS, errors="strict")
        except ValueError:
            message = f"It has more than {MOST_PARAMETERS} parameters, or bytes that are no text."
            raise problem.invalid([Problem("WF780", message, "Send fewer, in UTF-8.", field="query")]) from None
        values: dict[str, Any] = {}
        for name, value in found:
            if name in self._many:
                values.setdefault(name, []).append(value)
            else:
                values[name] = value
        return values

    async def call(self, request: Request, arguments: Mapping[str, Any]) -> Answer[Any]:
        """What the function returns, as an answer."""
        value = await self.route.function(request, **arguments)
        return value if isinstance(value, Answer) else Answer(value)

    def dump(self, value: Any) -> bytes:
        """A value as JSON."""
        if isinstance(value, BaseModel):
            return value.__pydantic_serializer__.to_json(value, by_alias=True)
        adapter = self.answer or TypeAdapter(type(value))
        return adapter.dump_json(value, by_alias=True)


def _is_optional(found: Any) -> bool:
    return get_origin(found) in (Union, types.UnionType) and type(None) in get_args(found)


def _returned(hint: Any) -> Any:
    """The type of the JSON of an answer; None where there is none."""
    if get_origin(hint) is Answer:
        hint = get_args(hint)[0]
    return None if hint in (None, type(None), Answer, Any, bytes, str) else hint


def _fields_of_many(query: type[BaseModel] | None) -> frozenset[str]:
    """Names of query parameters that may come several times."""
    found = {} if query is None else query.model_fields
    return frozenset(
        field.alias or name
        for name, field in found.items()
        if any(
            get_origin(part) in (list, tuple, set, frozenset)
            for part in (field.annotation, *get_args(field.annotation))
        )
    )

"""Pages: which request comes next, and evaluating the expressions that say so.

These expressions see names that exist only between two requests: ``$response`` (body, headers, statusCode),
``$request`` and ``$pageCount``. They are evaluated in the workflow's language over the run's own scope, so ``$json``
and ``$('Node')`` work as everywhere; the three names stand in ``$vars`` for the evaluation.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import msgspec

from workflow_kernel.expressions.parse import is_expression
from workflow_kernel.expressions.scope import UNDEFINED, Facts, Failure, Match, NodeView, Scope, Unmatched
from workflow_kernel.nodes.web._models import PageParameter, Pagination
from workflow_kernel.sdk import Context, Item, NodeError
from workflow_kernel.worker.context import RunContext
from workflow_kernel.worker.parameters import as_error

_NAMES = re.compile(r"\$(response|request|pageCount)\b")
_ALIKE_LIMIT = 5


class PageScope:
    """A run's scope with more variables."""

    def __init__(self, base: Scope, names: Mapping[str, Any]) -> None:
        facts = base.facts
        self._base = base
        self.facts: Facts = msgspec.structs.replace(facts, variables={**facts.variables, **names})

    @property
    def items(self) -> Sequence[Item]:
        """See the contract."""
        return self._base.items

    @property
    def inputs(self) -> Sequence[Sequence[Item]]:
        """See the contract."""
        return self._base.inputs

    @property
    def context(self) -> Mapping[str, Any]:
        """See the contract."""
        return self._base.context

    def node(self, name: str) -> NodeView | None:
        """See the contract."""
        return self._base.node(name)

    def node_names(self) -> Sequence[str]:
        """See the contract."""
        return self._base.node_names()

    def trace(self, name: str, indices: Sequence[int]) -> Sequence[Match | Unmatched]:
        """See the contract."""
        return self._base.trace(name, indices)


def evaluate(ctx: Context, text: Any, index: int, names: Mapping[str, Any]) -> Any:
    """The value of a parameter that may be an expression with the names of a page.

    Parameters
    ----------
    text: anything but a text that starts with ``=`` is its own value. index: of the item in the scope.
    names: ``response``, ``request`` and ``pageCount``.

    Returns
    -------
    The value, ``UNDEFINED``, or a ``Failure``.
    """
    if not is_expression(text):
        return text
    if not isinstance(ctx, RunContext):
        raise NodeError(
            "Expressions of a pagination cannot be evaluated here.",
            mend="Run the node in a workflow, or with run_node.",
        )
    evaluator = ctx.task.environment.evaluator(ctx.task.language)
    scope = PageScope(ctx.scope, {f"page_{name}": value for name, value in names.items()})
    code = _NAMES.sub(lambda found: f"$vars.page_{found[1]}", text)
    value = evaluator.evaluate([code], scope, [index])[0][0]
    return value._replace(expression=text) if isinstance(value, Failure) else value


class Pager:
    """Where the reading of one item's pages stands.

    Parameters
    ----------
    pagination: the parameters, expressions unevaluated. ctx: of the run. index: of the item in the scope.
    """

    def __init__(self, pagination: Pagination, ctx: Context, index: int) -> None:
        self._pagination = pagination
        self._ctx = ctx
        self._index = index
        self._names: dict[str, Any] = {
            "response": {"body": {}, "headers": {}, "statusCode": 0}, "request": {}, "pageCount": 0,
        }  # fmt: skip
        self._last = b""
        self._alike = 1

    @property
    def count(self) -> int:
        """Pages read so far."""
        return int(self._names["pageCount"])

    @property
    def interval(self) -> float:
        """Seconds to wait before the next request."""
        return float(self._value(self._pagination.interval) or 0)

    def set_request(self, request: Mapping[str, Any]) -> None:
        """What ``$request`` shows: method, url, headers, qs and body, without sign-in."""
        self._names["request"] = dict(request)

    def next_url(self, url: str) -> str:
        """The URL of this page's request; relative ones begin at the one before."""
        text = self._pagination.next_url
        if self._pagination.mode != "next_url" or not text:
            return url
        value = self._evaluate(text)
        if isinstance(value, Failure):
            if self.count:
                raise as_error(value)
            return url
        if value is UNDEFINED or value is None or value == "":
            if self.count:
                raise NodeError(
                    f"Page {self.count} names no next URL, yet is not the last one by the settings.",
                    mend="Set 'until' so that it ends there, e.g. an expression that is true without a next URL.",
                )
            return url
        return urljoin(url, str(value))

    def parameters(self) -> list[tuple[PageParameter, Any]]:
        """The parts of the request that change, with this page's values."""
        if self._pagination.mode != "parameter":
            return []
        if not self._pagination.parameters:
            raise NodeError("The pagination changes no parameter.", mend="Add one to 'pagination.parameters'.")
        found = []
        for parameter in self._pagination.parameters:
            if not parameter.name or parameter.value == "":
                raise NodeError(
                    "A parameter of the pagination has no name or no value.",
                    mend="Fill in both: a request that never changes would go on for ever.",
                )
            value = self._evaluate(parameter.value)
            if isinstance(value, Failure):
                if self.count:
                    raise as_error(value)
                value = UNDEFINED
            if value is not UNDEFINED:
                found.append((parameter, value))
        return found

    def take(self, body: Any, headers: Mapping[str, Any], status: int, raw: bytes) -> bool:
        """Note an answer; says whether another page is to be read."""
        self._names["response"] = {"body": body, "headers": dict(headers), "statusCode": status}
        self._names["pageCount"] = self.count + 1
        limit = self._value(self._pagination.max_requests)
        if limit and self.count >= int(limit):
            return False
        if not self._goes_on(body, status):
            return False
        self._refuse_standstill(raw)
        return True

    def _goes_on(self, body: Any, status: int) -> bool:
        pagination = self._pagination
        if pagination.until == "status":
            codes = self._value(pagination.status_codes)
            if isinstance(codes, str):
                codes = [int(code) for code in re.findall(r"\d+", codes)]
            return status not in (codes if isinstance(codes, list) else [int(codes)])
        if pagination.until == "expression":
            if not is_expression(pagination.complete):
                raise NodeError(
                    "The pagination has no expression that says when it is complete.",
                    mend="Write one into 'pagination.complete', e.g. ={{ not $response.body.next }}.",
                )
            done = self._value(pagination.complete)
            return not done or done == "false"
        return bool(body) or (not isinstance(body, list | str | dict) and body is not None)

    def _refuse_standstill(self, raw: bytes) -> None:
        digest = hashlib.sha256(raw).digest() if raw else b""
        self._alike = self._alike + 1 if digest and digest == self._last else 1
        self._last = digest
        if self._alike >= _ALIKE_LIMIT:
            raise NodeError(
                f"The last {_ALIKE_LIMIT} pages were the same.",
                mend="Check what changes from page to page and when the pagination is complete.",
            )

    def _evaluate(self, text: Any) -> Any:
        return evaluate(self._ctx, text, self._index, self._names)

    def _value(self, text: Any) -> Any:
        value = self._evaluate(text)
        if isinstance(value, Failure):
            raise as_error(value)
        return None if value is UNDEFINED else value


def without_repeats(url: str, query: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """The query fields that a next URL does not have itself."""
    there = {name for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)}
    return [(name, value) for name, value in query if name not in there]

"""What V8 is told of a node run's data: only what the compiled texts read, the rest when it is asked for.

Made by ``javascript`` and ``javascript_code`` for one call. Knows scopes and items, nothing of V8.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from workflow_kernel.expressions import parse
from workflow_kernel.expressions.javascript_isolate import Isolate
from workflow_kernel.expressions.scope import Match, NodeView, Scope, Unmatched
from workflow_kernel.runs.item import Binary, Item

WIDE = 8
"""Items with more fields than this over those read are sent as the fields read."""

KEPT_ROWS = 50_000
"""Batches larger than this are not kept inside V8 for the next evaluation."""

_UNITS = ("B", "kB", "MB", "GB", "TB")


class Uses(msgspec.Struct):
    """What a compiled text reads: ``$json`` (of which ``keys``, unless whole), attachments, all items, facts."""

    json: bool = False
    wholeJson: bool = False  # noqa: N815 - as the runtime writes it
    binary: bool = False
    all: bool = False
    facts: bool = False
    keys: list[str] = []

    @classmethod
    def merge(cls, many: Sequence[Uses]) -> Uses:
        """What several texts read together."""
        return cls(
            json=any(one.json for one in many),
            wholeJson=any(one.wholeJson for one in many),
            binary=any(one.binary for one in many),
            all=any(one.all for one in many),
            facts=any(one.facts for one in many),
            keys=sorted({key for one in many for key in one.keys}),
        )


class Request:
    """One question to the runtime, growing with what it asks for."""

    def __init__(
        self,
        operation: str,
        texts: Sequence[str],
        scope: Scope,
        indices: Sequence[int],
        uses: Uses,
        path: str = "",
    ) -> None:
        self._scope = scope
        self._indices = indices
        self._is_whole_range = _is_range(indices, len(scope.items))
        self._uses = uses
        self._outputs: dict[str, str] = {}
        self._traced: dict[str, list[int]] = {}
        self._message: dict[str, Any] = {
            "op": operation,
            "texts": texts,
            "path": path,
            "facts": _facts(scope) if uses.facts else None,
            "nodes": {},
            "traces": {},
            "context": dict(scope.context),
            **_moment(scope),
        }

    def add(self, **fields: Any) -> None:
        """Add fields of the operation's own."""
        self._message.update(fields)

    def supply(self, need: Sequence[Any]) -> None:
        """Add what the runtime found missing."""
        kind = need[0]
        if kind == "items":
            self._uses.all = self._uses.binary = True
        elif kind == "facts":
            self._message["facts"] = _facts(self._scope)
        elif kind == "node":
            self._message["nodes"][need[1]] = _describe(self._scope.node(need[1]))
        elif kind == "output":
            _, name, run, port, key = need
            self._outputs[key] = _output(self._scope.node(name), run, port)
        elif kind == "trace":
            self._trace(str(need[1]), int(need[2]))

    def encode(self, isolate: Isolate) -> tuple[str, str]:
        """The request as the runtime reads it: the message, and the rows apart."""
        items = self._scope.items
        sent = self._sent()
        message = dict(self._message, sent=sent, count=len(items), outputs=self._outputs, token=None)
        message["whole"] = self._uses.all
        message["indices"] = None if self._is_whole_range else list(self._indices)
        if self._uses.binary:
            message["binaries"] = _binaries(self._rows(sent))
        is_code = message["op"] == "code"
        if not is_code:
            self._outputs = {}
        rows = ""
        is_kept = isolate.recent is items
        if sent == "all" and not is_code and (is_kept or self._is_worth_keeping()):
            message["token"] = 1
            if not is_kept:
                rows = _encode([item.json for item in items])
            isolate.recent = items
        elif sent != "none":
            rows = self._encode_rows(sent)
            isolate.recent = None
        return _encode(message), rows

    def _is_worth_keeping(self) -> bool:
        """Whether all of the items go into V8 and stay there for the node run's next evaluation."""
        return len(self._scope.items) <= KEPT_ROWS and not self._is_narrow(self._scope.items)

    def _is_narrow(self, rows: Sequence[Item]) -> bool:
        """Whether little of each item is read."""
        uses = self._uses
        if uses.wholeJson or uses.all or not rows:
            return False
        return len(rows[0].json) > len(uses.keys) + WIDE

    def _sent(self) -> str:
        uses = self._uses
        if uses.all or (uses.json and self._is_whole_range):
            return "all"
        return "rows" if uses.json or uses.binary else "none"

    def _rows(self, sent: str) -> Sequence[Item]:
        items = self._scope.items
        if sent == "all":
            return items
        return [items[index] for index in self._indices if 0 <= index < len(items)]

    def _encode_rows(self, sent: str) -> str:
        rows = self._rows(sent)
        keys = self._uses.keys
        if not self._is_narrow(rows):
            return _encode([row.json for row in rows])
        return _encode([{key: row.json[key] for key in keys if key in row.json} for row in rows])

    def _trace(self, name: str, index: int) -> None:
        """Trace the current items; an index asked for beyond them makes it all items, and then that one too."""
        known = self._traced.get(name)
        indices = list(self._indices) if known is None else sorted({*known, *range(len(self._scope.items))})
        if index not in indices:
            indices.append(index)
        self._traced[name] = indices
        matches: Sequence[Match | Unmatched] = self._scope.trace(name, indices)
        self._message["traces"][name] = {"indices": indices, "matches": list(matches)}


def _is_range(indices: Sequence[int], length: int) -> bool:
    """Whether the indices are those of all items, in order."""
    if isinstance(indices, range):
        return indices == range(length)
    return len(indices) == length and all(k == index for k, index in enumerate(indices))


def _moment(scope: Scope) -> dict[str, Any]:
    facts = scope.facts
    workflow = facts.workflow
    return {
        "now": facts.now * 1000,
        "zone": facts.timezone,
        "node": facts.node,
        "run": facts.run_index,
        "combined": workflow.get("binaryMode") == "combined",
    }


def _facts(scope: Scope) -> dict[str, Any]:
    facts = scope.facts
    return {
        "parameters": facts.parameters,
        "previous": facts.previous,
        "execution": dict(facts.execution),
        "workflow": facts.workflow,
        "variables": facts.variables,
        "environment": facts.environment,
        "secrets": facts.secrets,
    }


def _describe(view: NodeView | None) -> dict[str, Any] | None:
    if view is None:
        return None
    return {
        "parameters": view.parameters,
        "context": view.context,
        "output": view.default_output,
        "runs": [run.key for run in view.runs],
        "once": getattr(view, "execute_once", False),
    }


def _output(view: NodeView | None, run: int, port: int) -> str:
    if view is None:
        return "[]"
    outputs = view.runs[run].outputs
    if not 0 <= port < len(outputs):
        return "[]"
    return _encode_items(outputs[port])


def compile_request(texts: Sequence[str]) -> str:
    """What makes the runtime compile parameter texts."""
    parts = [(text, [(part.is_code, part.text) for part in parse.split(text)]) for text in texts]
    return _encode({"op": "compile", "texts": parts})


def _encode_items(items: Sequence[Item]) -> str:
    """Items as code sees them: ``json``, and ``binary`` where they have attachments."""
    return _encode(
        [
            {"json": item.json} if not item.binary else {"json": item.json, "binary": _attachments(item.binary)}
            for item in items
        ]
    )


def _binaries(rows: Sequence[Item]) -> list[dict[str, Any] | None] | None:
    if not any(row.binary for row in rows):
        return None
    return [_attachments(row.binary) if row.binary else None for row in rows]


def _attachments(binary: Mapping[str, Binary]) -> dict[str, Any]:
    return {name: _attachment(value) for name, value in binary.items()}


def _attachment(value: Binary) -> dict[str, Any]:
    """An attachment as expressions know it; its bytes stay in the blob store, named by ``id`` and ``blob``."""
    return {**msgspec.to_builtins(value), "id": value.blob, "fileSize": _readable(value.size), "bytes": value.size}


def _readable(size: float) -> str:
    for unit in _UNITS:
        if size < 1000 or unit == _UNITS[-1]:
            return f"{size:.3g} {unit}"
        size /= 1000
    return ""


def _encode(value: Any) -> str:
    """JSON, also of what msgspec refuses: odd characters, very large numbers, values of other libraries."""
    try:
        return msgspec.json.encode(value, enc_hook=str).decode()
    except (TypeError, ValueError, OverflowError):
        return json.dumps(_plain(value))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    return msgspec.to_builtins(value, enc_hook=str)

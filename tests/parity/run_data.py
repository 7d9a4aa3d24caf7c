"""A scope over n8n run data as the tables record it: outputs per node and run, each item with its ``pairedItem``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from workflow_kernel.expressions.scope import Facts, Match, NodeView, Unmatched
from workflow_kernel.runs.item import Binary, Item


def read_items(values: Sequence[Mapping[str, Any]] | None) -> list[Item]:
    """Items from n8n's form."""
    return [Item(dict(value["json"]), _read_binary(value.get("binary"))) for value in values or ()]


def _read_binary(values: Mapping[str, Any] | None) -> dict[str, Binary] | None:
    if not values:
        return None
    return {
        name: Binary(
            blob=value.get("data", ""),
            mime_type=value.get("mimeType", ""),
            file_name=value.get("fileName"),
            file_extension=value.get("fileExtension"),
        )
        for name, value in values.items()
    }


class RecordedRun:
    """One recorded run of a node."""

    def __init__(self, outputs: Sequence[Sequence[Mapping[str, Any]] | None]) -> None:
        self.recorded = outputs

    @cached_property
    def outputs(self) -> list[list[Item]]:
        return [read_items(output) for output in self.recorded]

    @cached_property
    def key(self) -> str:
        return json.dumps(self.recorded, sort_keys=True)


class RecordedNode:
    """A node of the recorded workflow with its runs."""

    def __init__(self, node: Mapping[str, Any], runs: list[RecordedRun], output: int) -> None:
        self.name: str = node["name"]
        self.parameters: Mapping[str, Any] = node.get("parameters", {})
        self.runs = runs
        self.context: Mapping[str, Any] = {}
        self.default_output = output
        self.execute_once = node.get("executeOnce") is True


class RunDataScope:
    """What an expression sees in the recorded situation. Implements ``Scope``."""

    def __init__(
        self, recorded: Mapping[str, Any], *, now: float, timezone: str, environment: Mapping[str, str]
    ) -> None:
        workflow = recorded["workflow"]
        self._nodes = {node["name"]: node for node in workflow["nodes"]}
        self._connections = workflow.get("connections", {})
        self._run_data = recorded.get("run_data") or {}
        self._pins = self._find_pins(recorded)
        self._recorded = recorded
        self._sources = self._find_sources()
        self.items = read_items(recorded["input"])
        self.inputs = [self.items]
        self.context = self._tool_context()
        name = recorded["node"]
        settings = workflow.get("settings") or {}
        previous = self._sources[0] if self._sources else None
        self.facts = Facts(
            node=name,
            parameters=self._nodes.get(name, {}).get("parameters", {}),
            run_index=recorded.get("run_index", 0),
            previous=self._step(previous) if previous else None,
            execution={"id": "1", "mode": recorded.get("mode", "manual")},
            workflow={"id": "1", "name": "test", "active": False, "binaryMode": settings.get("binaryMode")},
            timezone=timezone,
            now=now,
            environment=environment,
        )

    @staticmethod
    def _find_pins(recorded: Mapping[str, Any]) -> Mapping[str, Any]:
        """Pinned data, which only manual runs take."""
        if recorded.get("mode") != "manual":
            return {}
        return recorded.get("pin_data") or recorded["workflow"].get("pinData") or {}

    def node(self, name: str) -> NodeView | None:
        node = self._nodes.get(name)
        return None if node is None else RecordedNode(node, self._runs(name), self._output_towards(name))

    def node_names(self) -> list[str]:
        return [name for name in self._nodes if self._runs(name)]

    def trace(self, name: str, indices: Sequence[int]) -> list[Match | Unmatched]:
        if name not in self._run_data and name in self._pins:
            return [Match(0, 0, index) for index in indices]
        return [self._trace_one(name, index) for index in indices]

    def _runs(self, name: str) -> list[RecordedRun]:
        recorded = self._run_data.get(name)
        if not recorded:
            return [RecordedRun([self._pins[name]])] if name in self._pins else []
        return [RecordedRun(next(iter((run.get("data") or {}).values()), [])) for run in recorded]

    def _find_sources(self) -> list[Mapping[str, Any] | None]:
        source = self._recorded.get("source")
        if source:
            return list(next(iter(source.values())))
        runs = self._run_data.get(self._recorded["node"])
        return list(runs[-1].get("source") or []) if runs else []

    @staticmethod
    def _step(source: Mapping[str, Any]) -> tuple[str, int, int]:
        return source["previousNode"], source.get("previousNodeOutput") or 0, source.get("previousNodeRun") or 0

    def _tool_context(self) -> dict[str, Any]:
        runs = self._run_data.get(self._recorded["node"]) or []
        run_index = self._recorded.get("run_index", 0)
        override = runs[run_index].get("inputOverride") if run_index < len(runs) else None
        if not override:
            return {}
        items = next(iter(override.values()))[0]
        return {"$fromAI": items[self._recorded.get("item_index", 0)]["json"]}

    def _output_towards(self, name: str) -> int:
        """The output of ``name`` on the way to the current node, by the shortest way back."""
        queue, seen = [self._recorded["node"]], set()
        while queue:
            target = queue.pop(0)
            seen.add(target)
            for source, kinds in self._connections.items():
                for edges in kinds.values():
                    for port, targets in enumerate(edges or ()):
                        if not any(edge["node"] == target for edge in targets or ()):
                            continue
                        if source == name:
                            return port
                        if source not in seen:
                            queue.append(source)
        return 0

    def _trace_one(self, name: str, index: int) -> Match | Unmatched:
        recorded = self._recorded["input"]
        if not 0 <= index < len(recorded):
            return Unmatched("Can't get data for expression")
        pair = recorded[index].get("pairedItem", {"item": index})
        found = set(self._follow(name, pair, self._sources))
        if len(found) == 1:
            return found.pop()
        return Unmatched("Multiple matches found" if found else "Can't get data for expression")

    def _follow(self, name: str, pair: Any, sources: Sequence[Mapping[str, Any] | None]) -> list[Match]:
        if isinstance(pair, list):
            return [match for one in pair for match in self._follow(name, one, sources)]
        if pair is None:
            return []
        item, port = (pair, 0) if isinstance(pair, int) else (pair["item"], pair.get("input") or 0)
        source = sources[port] if port < len(sources) else None
        if source is None:
            return []
        previous, output, run = self._step(source)
        if previous == name:
            return [Match(run, output, item)]
        task = self._run_data[previous][run]
        items = task["data"]["main"][output]
        if item >= len(items):
            return []
        return self._follow(name, items[item].get("pairedItem"), task.get("source") or [])

"""Runs parity cases that are whole workflows: imports them, runs them, compares what each node gave."""

from __future__ import annotations

import asyncio
import base64
import json
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from tests.parity.http_mock import Exchanges
from workflow_kernel.app.local import LocalEngine, local_environment
from workflow_kernel.cli.load import Library
from workflow_kernel.engine.result import ExecutionResult, NodeRunResult
from workflow_kernel.interchange.n8n import ImportedWorkflow, N8nImporter
from workflow_kernel.runs.item import Item, Items, as_item
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.storage.blobs import MemoryBlobs
from workflow_kernel.worker.environment import Environment

TIMEOUT = 30.0


class Outcome(NamedTuple):
    """How a case fared: ``passed``, ``failed`` or ``not_covered``, with the reason."""

    id: str
    kind: str
    status: str
    detail: str = ""
    nodes: tuple[str, ...] = ()


def run_case(path: Path, registry: Registry, importer: N8nImporter) -> Outcome:
    """Run one case file; whatever goes wrong is a failure of this case alone."""
    case = json.loads(path.read_text(encoding="utf-8"))
    nodes = tuple(case.get("nodes_used") or ())
    with tempfile.TemporaryDirectory() as folder:
        try:
            status, detail = _run_prepared(case, path, Path(folder), registry, importer)
        except Exception as error:
            status, detail = "failed", f"{type(error).__name__}: {error}"
    return Outcome(case["id"], case["kind"], status, detail, nodes)


def _run_prepared(
    case: Mapping[str, Any], path: Path, folder: Path, registry: Registry, importer: N8nImporter
) -> tuple[str, str]:
    prepared = _with_files(case, path, folder)
    imported = importer.convert(_named_credentials(prepared["workflow"]))
    missing = [report.source for report in imported.nodes if not report.is_covered and _is_reached(report, case)]
    if missing:
        return "not_covered", "no node type for " + ", ".join(missing)
    detail = asyncio.run(_run(prepared, imported, registry, folder))
    return "failed" if detail else "passed", detail


def _is_reached(report: Any, case: Mapping[str, Any]) -> bool:
    """Whether the node takes part at all: some cases carry nodes nothing leads to."""
    connections = case["workflow"].get("connections") or {}
    seen, line = {case["start_node"]}, [case["start_node"]]
    while line:
        for outputs in (connections.get(line.pop()) or {}).values():
            for target in (entry for output in outputs or () for entry in output or ()):
                if target["node"] not in seen:
                    seen.add(target["node"])
                    line.append(target["node"])
    return report.name in seen


def _with_files(case: Mapping[str, Any], path: Path, folder: Path) -> dict[str, Any]:
    """The case with its file names pointing to real files."""
    text = json.dumps(case)
    text = text.replace("$FIXTURES", str(path.parent.parent / "fixtures"))
    for number, (name, content) in enumerate((case.get("virtual_files") or {}).items()):
        real = folder / f"file{number}" / Path(name).name
        real.parent.mkdir()
        real.write_bytes(base64.b64decode(content["$base64"]) if isinstance(content, Mapping) else content.encode())
        text = text.replace(json.dumps(name), json.dumps(str(real)))
    prepared: dict[str, Any] = json.loads(text)
    return prepared


async def _run(case: Mapping[str, Any], imported: ImportedWorkflow, registry: Registry, folder: Path) -> str:
    now = case.get("fixed_now")
    moment = datetime.fromisoformat(now.replace("Z", "+00:00")).timestamp() if now else None
    options = {} if moment is None else {"clock": lambda: moment}
    environment = local_environment(
        MemoryBlobs(), folder=folder, credentials=case.get("credentials") or {},
        http=Exchanges(case.get("http") or []).client, **options,
    )  # fmt: skip
    given = (case.get("trigger") or {}).get("input")
    items = Items([as_item(entry) for entry in _first_output(given)]) if given else Items([Item({})])
    library = Library(folder, registry)
    async with LocalEngine(registry, environment, find_workflow=library.find) as engine:
        result = await asyncio.wait_for(
            engine.run(imported.workflow, items, start=case["start_node"], is_manual=True), TIMEOUT
        )
    outputs = {report.name: report.outputs for report in imported.nodes}
    return compare(case, result, environment, outputs)


def _named_credentials(workflow: Mapping[str, Any]) -> dict[str, Any]:
    """The workflow with every credential called by its type, as the case's credentials are."""
    nodes = [
        {**node, "credentials": {kind: {"id": kind, "name": kind} for kind in node["credentials"]}}
        if node.get("credentials")
        else node
        for node in workflow["nodes"]
    ]
    return {**workflow, "nodes": nodes}


def _first_output(given: Any) -> Sequence[Any]:
    if isinstance(given, Mapping):
        return [given]
    return given[0] if given and isinstance(given[0], list) else given


def compare(
    case: Mapping[str, Any],
    result: ExecutionResult,
    environment: Environment,
    ports: Mapping[str, Sequence[str]],
) -> str:
    """What differs between a run and what the case expects; empty when nothing does.

    ``ports`` has for each node our output ports in the order the case counts them.
    """
    if "expected_error" in case:
        # n8n reports the error of the node that ran last even where that node goes on after errors.
        error = result.error or next((run.error for run in reversed(result.runs) if run.error is not None), None)
        message = error.message if error else "(no error)"
        return "" if message == case["expected_error"] else f"error {message!r}, expected {case['expected_error']!r}"
    if result.state not in ("succeeded", "suspended"):
        return f"ended {result.state}: {result.error}"
    with_binary = bool(case["compare"].get("binary"))
    for name, runs in (case.get("expected_runs") or case["expected"]).items():
        found = result[name].runs if name in result else []
        if len(found) != len(runs):
            return f"{name}: {len(found)} runs, expected {len(runs)}"
        for index, (run, expected) in enumerate(zip(found, runs, strict=True)):
            outputs = expected if case.get("all_outputs") else [expected]
            for port, items in enumerate(outputs):
                if items is None:
                    continue
                actual = _sent(run, port, ports.get(name, ()))
                detail = difference(
                    [_plain(item, environment, with_binary) for item in actual],
                    [_expected(item, with_binary) for item in items],
                )
                if detail:
                    return f"{name} run {index} output {port}: {detail}"
    return ""


def _sent(run: NodeRunResult, output: int, ports: Sequence[str]) -> list[Item]:
    """The items sent through an output, by its number in the case; its error output comes after the others."""
    if output < len(ports) and ports[output] in run.ports:
        return run.items(ports[output])
    if output == len(ports) and "error" in run.ports:
        return run.items("error")
    return run.items(output) if not ports and output < len(run.ports) else []


def _plain(item: Item, environment: Environment, with_binary: bool) -> dict[str, Any]:
    plain: dict[str, Any] = {"json": item.json}
    if with_binary and item.binary:
        plain["binary"] = {
            name: {
                "mimeType": entry.mime_type,
                "fileType": _file_type(entry.mime_type),
                "fileExtension": entry.file_extension,
                "fileName": entry.file_name,
                "data": base64.b64encode(environment.blobs.get(entry.blob)).decode(),
                "fileSize": _shown_size(entry.size),
            }
            for name, entry in item.binary.items()
        }
    return plain


def _expected(item: Mapping[str, Any], with_binary: bool) -> dict[str, Any]:
    plain: dict[str, Any] = {"json": item.get("json")}
    if "$match" in item:
        return dict(item)
    if with_binary and item.get("binary"):
        plain["binary"] = {
            name: {key: value for key, value in entry.items() if key not in ("directory", "bytes", "id")}
            for name, entry in item["binary"].items()
        }
    return plain


def _file_type(mime_type: str) -> str | None:
    main = mime_type.split("/")[0]
    if mime_type == "application/json":
        return "json"
    if mime_type == "text/html":
        return "html"
    if main in ("image", "video", "audio", "text"):
        return main
    return "pdf" if mime_type == "application/pdf" else None


def _shown_size(size: int) -> str:
    """A size as n8n shows it beside an attachment."""
    units = ["B", "kB", "MB", "GB"]
    value, unit = float(size), 0
    while value >= 1000 and unit < len(units) - 1:
        value, unit = value / 1000, unit + 1
    return f"{float(f'{value:.3g}'):g} {units[unit]}"


def difference(actual: Any, expected: Any, place: str = "") -> str:
    """Where two values differ; empty when they are equal by the rules of the cases."""
    if isinstance(expected, Mapping) and expected.get("$match") == "objectContaining":
        wanted = expected.get("value") or {}
        if not isinstance(actual, Mapping):
            return f"{place}: {actual!r} is no object"
        return next((d for k, v in wanted.items() if (d := difference(actual.get(k), v, f"{place}.{k}"))), "")
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        for key in expected.keys() | actual.keys():
            if key not in actual or key not in expected:
                side = expected.get(key) if key in expected else actual.get(key)
                if _is_absent(side, place, key):
                    continue
                where = "missing" if key in expected else "unexpected"
                return f"{place}.{key} is {where} ({str(side)[:80]!r})"
            if detail := difference(actual[key], expected[key], f"{place}.{key}"):
                return detail
        return ""
    if isinstance(expected, list) and isinstance(actual, list | tuple):
        if len(actual) != len(expected):
            shown = f"{str(actual)[:200]} != {str(expected)[:200]}"
            return f"{place}: {len(actual)} entries, expected {len(expected)}: {shown}"
        return next(
            (
                d
                for i, (a, b) in enumerate(zip(actual, expected, strict=True))
                if (d := difference(a, b, f"{place}[{i}]"))
            ),
            "",
        )
    is_number = isinstance(actual, int | float) and isinstance(expected, int | float)
    if is_number and not isinstance(actual, bool) and not isinstance(expected, bool):
        return "" if actual == expected else f"{place}: {actual!r} != {expected!r}"
    if type(actual) is type(expected) and actual == expected:
        return ""
    return f"{place}: {str(actual)[:200]!r} != {str(expected)[:200]!r}"


def _is_absent(value: Any, place: str, key: str) -> bool:
    """Whether a key that stands on one side only counts as equal: undefined, or attachment details nobody sent."""
    if value == {"$undefined": True} or (key == "binary" and not value):
        return True
    return ".binary." in f"{place}." and (value is None or key in ("fileSize", "fileType", "fileName", "fileExtension"))

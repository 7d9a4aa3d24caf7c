"""Writes the corpus of broken files to tests/graph/broken: ``python -m tests.graph.make_broken``.

Small files are kept in the repository, so that they can be read and given to the command line; ``LARGE`` are made when
they are needed. Each says which code it must give.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "broken"

START = {"name": "Start", "type": "flow.manual_trigger"}
LIMIT = {"name": "Limit", "type": "data.limit"}


def flow(nodes: Any = None, edges: Any = None, **more: Any) -> str:
    document = {"format": "workflow/1", "name": "Broken", "nodes": nodes if nodes is not None else {"a": START}}
    return json.dumps({**document, "edges": edges if edges is not None else [], **more}, indent=1)


def two(parameters: Any = None, edges: Any = None, **more: Any) -> str:
    """A start and a limit node that has something wrong."""
    node = {**LIMIT, **({"parameters": parameters} if parameters is not None else {}), **more}
    line = [{"source": ["a", "main"], "target": ["b", "main"]}]
    return flow({"a": START, "b": node}, edges if edges is not None else line)


def edge(source: str, target: str) -> dict[str, Any]:
    return {"source": source.split("."), "target": target.split(".")}


def chain(*types: str, edges: list[dict[str, Any]]) -> str:
    nodes = {f"n{i}": {"name": f"Node {i}", "type": name} for i, name in enumerate(types)}
    return flow(nodes, edges)


GOOD = two({"count": 3})

# File name > (code it must give, content). Codes from WF200 on come from validate, the others from reading.
SMALL: Mapping[str, tuple[str, str | bytes]] = {
    "empty.flow": ("WF134", ""),
    "blank.flow": ("WF134", " \n\n "),
    "truncated_in_object.flow": ("WF134", GOOD[: len(GOOD) // 2].rstrip()),
    "truncated_in_text.flow": ("WF134", '{"format": "workflow/1", "name": "Bro'),
    "truncated_after_comma.flow": ("WF134", '{"format": "workflow/1",'),
    "trailing_comma.flow": ("WF133", '{"format": "workflow/1", "name": "x",}'),
    "trailing_comma_in_list.flow": ("WF133", '{"format": "workflow/1", "name": "x", "tags": ["a",]}'),
    "comment.flow": ("WF133", '{\n  // the format\n  "format": "workflow/1"}'),
    "single_quotes.flow": ("WF133", "{'format': 'workflow/1'}"),
    "python_literals.flow": ("WF133", '{"format": "workflow/1", "name": None}'),
    "unquoted_key.flow": ("WF133", '{format: "workflow/1"}'),
    "missing_colon.flow": ("WF133", '{"format" "workflow/1"}'),
    "bad_escape.flow": ("WF133", '{"format": "workflow/1", "name": "\\q"}'),
    "line_break_in_text.flow": ("WF133", '{"format": "workflow/1", "name": "a\nb"}'),
    "two_values.flow": ("WF133", '{"format": "workflow/1", "name": "x"} {}'),
    "merge_conflict.flow": ("WF133", '{\n<<<<<<< HEAD\n"name": "a"\n=======\n"name": "b"\n>>>>>>> b\n}'),
    "yaml.flow": ("WF133", "format: workflow/1\nname: x\n"),
    "null_bytes.flow": ("WF133", b"\x00\x00\x00\x00"),
    "byte_order_mark.flow": ("WF132", b"\xef\xbb\xbf" + GOOD.encode()),
    "utf16.flow": ("WF132", GOOD.encode("utf-16")),
    "utf32.flow": ("WF132", GOOD.encode("utf-32")),
    "latin1.flow": ("WF132", GOOD.replace("Broken", "Grüße").encode("latin-1")),
    "surrogate.flow": ("WF132", flow(description="@").replace("@", "\\ud800")),
    "surrogate_key.flow": ("WF132", two({"@": 1}).replace("@", "\\udc00")),
    "duplicate_key.flow": ("WF135", '{"format": "workflow/1", "name": "x", "name": "y"}'),
    "duplicate_node.flow": ("WF135", flow().replace('"nodes": {', '"nodes": {"a": {"name": "A"},')),
    "nan.flow": ("WF136", flow(settings={"timeout": float("nan")})),
    "infinity.flow": ("WF136", two({"count": float("-inf")})),
    "overflow.flow": ("WF136", two({"count": "@"}).replace('"@"', "1e999")),
    "long_number.flow": ("WF136", two({"count": "@"}).replace('"@"', "9" * 5000)),
    "not_an_object.flow": ("WF138", "[]"),
    "a_number.flow": ("WF138", "42"),
    "null.flow": ("WF138", "null"),
    "no_format.flow": ("WF138", '{"name": "x", "nodes": {}}'),
    "format_of_wrong_type.flow": ("WF138", '{"format": 1, "name": "x"}'),
    "unknown_format.flow": ("WF138", '{"format": "pipeline/1", "name": "x"}'),
    "n8n.flow": ("WF138", '{"name": "x", "nodes": [{"type": "n8n-nodes-base.set"}], "connections": {}}'),
    "notebook.flow": ("WF138", '{"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}'),
    "newer_format.flow": ("WF139", '{"format": "workflow/7", "name": "x", "new": true}'),
    "unknown_field.flow": ("WF140", flow(descripton="x")),
    "unknown_field_of_node.flow": ("WF140", two(paramters={})),
    "unknown_field_of_retry.flow": ("WF140", two(retry={"tires": 3})),
    "unknown_field_of_edge.flow": ("WF140", two(edges=[{**edge("a.main", "b.main"), "color": "red"}])),
    "unknown_field_of_settings.flow": ("WF140", flow(settings={"time_zone": "UTC"})),
    "value_in_credential.flow": ("WF140", two(credentials={"api": {"id": "1", "value": "secret"}})),
    "missing_name.flow": ("WF141", '{"format": "workflow/1"}'),
    "missing_type.flow": ("WF141", flow({"a": {"name": "A"}})),
    "missing_target.flow": ("WF141", two(edges=[{"source": ["a", "main"]}])),
    "name_of_wrong_type.flow": ("WF142", flow().replace('"Broken"', "17")),
    "nodes_as_list.flow": ("WF142", flow([{"id": "a", **START}])),
    "node_as_text.flow": ("WF142", flow({"a": "flow.manual_trigger"})),
    "edges_as_object.flow": ("WF142", flow(edges={"a": "b"})),
    "edge_of_three.flow": ("WF142", two(edges=[{"source": ["a", "main", "x"], "target": ["b", "main"]}])),
    "edge_as_text.flow": ("WF142", two(edges=[{"source": "a", "target": "b"}])),
    "version_as_text.flow": ("WF142", two(version="1")),
    "version_with_fraction.flow": ("WF142", two(version=1.5)),
    "position_of_one.flow": ("WF142", two(position=[1])),
    "position_of_texts.flow": ("WF142", two(position=["1", "2"])),
    "parameters_as_list.flow": ("WF142", two([1, 2])),
    "disabled_as_text.flow": ("WF142", two(disabled="yes")),
    "tries_as_text.flow": ("WF142", two(retry={"tries": "three"})),
    "pin_as_list.flow": ("WF142", two(pin=[{"a": 1}])),
    "pin_of_texts.flow": ("WF142", two(pin={"main": ["a"]})),
    "timeout_too_long_a_number.flow": ("WF142", two(timeout="@").replace('"@"', "1" + "0" * 400)),
    "callers_as_number.flow": ("WF142", flow(settings={"callers": 3})),
    "empty_name.flow": ("WF143", flow({"a": {**START, "name": ""}})),
    "bad_id.flow": ("WF143", flow({"a b": START})),
    "unknown_on_error.flow": ("WF143", two(on_error="ignore")),
    "unknown_order.flow": ("WF143", flow(settings={"order": "canvass"})),
    "old_nodes_as_object.flow": ("WF142", '{"format": "workflow/0", "name": "x", "nodes": {}}'),
    "old_node_without_id.flow": ("WF142", '{"format": "workflow/0", "name": "x", "nodes": [{"name": "A"}]}'),
    "old_edge_without_end.flow": ("WF142", '{"format": "workflow/0", "name": "x", "edges": [{"from": "a"}]}'),
    "unknown_type.flow": ("WF201", flow({"a": START, "b": {"name": "B", "type": "data.limits"}})),
    "strange_type.flow": ("WF201", flow({"a": START, "b": {"name": "B", "type": "..os.system"}})),
    "unknown_version.flow": ("WF202", two(version=99)),
    "version_zero.flow": ("WF202", two(version=0)),
    "missing_parameter.flow": ("WF203", flow({"a": START, "b": {"name": "B", "type": "web.http_request"}})),
    "unknown_parameter.flow": ("WF204", two({"coutn": 1})),
    "wrong_parameter.flow": ("WF205", two({"count": "many"})),
    "parameter_out_of_range.flow": ("WF205", two({"count": -1})),
    "parameter_choice.flow": ("WF205", two({"keep": "fist"})),
    "code_that_is_no_python.flow": (
        "WF206", flow({"a": START, "b": {"name": "B", "type": "code.python", "parameters": {"code": "retrun 1 +"}}}),
    ),
    "bad_expression.flow": ("WF208", two({"count": "={{ 1 + }}"})),
    "javascript_in_python.flow": ("WF208", two({"count": "={{ $json.a === 1 }}"})),
    "reference_to_nothing.flow": ("WF209", two({"count": "={{ $('Strat').first().json.n }}"})),
    "dangling_source.flow": ("WF210", two(edges=[edge("x.main", "b.main")])),
    "dangling_target.flow": ("WF210", two(edges=[edge("a.main", "x.main")])),
    "unknown_output.flow": ("WF211", two(edges=[edge("a.out", "b.main")])),
    "error_port_without_branch.flow": ("WF211", two(edges=[edge("a.main", "b.main"), edge("b.error", "b.main")])),
    "unknown_input.flow": ("WF212", two(edges=[edge("a.main", "b.c")])),
    "edge_into_trigger.flow": ("WF212", two(edges=[edge("a.main", "b.main"), edge("b.main", "a.main")])),
    "self_edge.flow": ("WF214", two(edges=[edge("a.main", "b.main"), edge("b.main", "b.main")])),
    "double_edge.flow": ("WF215", two(edges=[edge("a.main", "b.main"), edge("a.main", "b.main")])),
    "cycle.flow": (
        "WF216",
        chain(
            "flow.manual_trigger", "flow.no_op", "flow.no_op", "flow.no_op",
            edges=[edge("n0.main", "n1.main"), edge("n1.main", "n2.main"), edge("n2.main", "n3.main"),
                   edge("n3.main", "n1.main")],
        ),
    ),
    "two_of_one_name.flow": ("WF220", flow({"a": START, "b": {**LIMIT, "name": "Start"}})),
    "blank_name.flow": ("WF224", flow({"a": {**START, "name": "  "}})),
    "pin_of_unknown_port.flow": ("WF225", two(pin={"out": [{"a": 1}]})),
    "unknown_slot.flow": ("WF226", two(credentials={"api": {"id": "1"}})),
    "no_tries.flow": ("WF228", two(retry={"tries": 0})),
    "jitter_of_two.flow": ("WF228", two(retry={"tries": 2, "jitter": 2})),
    "negative_timeout.flow": ("WF229", two(timeout=-5)),
    "negative_memory.flow": ("WF230", two(resources={"memory": -1})),
    "no_such_time_zone.flow": ("WF231", flow(settings={"timezone": "Europe/Berln"})),
    "time_zone_as_path.flow": ("WF231", flow(settings={"timezone": "../../etc/passwd"})),
    "no_turns.flow": ("WF232", flow(settings={"loop_limit": 0})),
    "group_of_nothing.flow": ("WF233", flow(groups={"g": {"title": "G", "nodes": ["zz"]}})),
}  # fmt: skip


def many_nodes(count: int) -> str:
    return flow({f"n{i}": {"name": f"N{i}", "type": "flow.no_op"} for i in range(count)})


def long_cycle(count: int) -> str:
    edges = [edge(f"n{i}.main", f"n{(i + 1) % count}.main") for i in range(count)]
    return flow({f"n{i}": {"name": f"N{i}", "type": "flow.no_op"} for i in range(count)}, edges)


LARGE: Mapping[str, tuple[str, Callable[[], str | bytes]]] = {
    "long_name": ("WF143", lambda: flow({"a": {**START, "name": "x" * 10_000_000}})),
    "long_type": ("WF143", lambda: flow({"a": {**START, "type": "x." * 5_000_000}})),
    "long_key": ("WF140", lambda: flow(**{"k" * 10_000_000: 1})),
    "long_id": ("WF143", lambda: flow({"i" * 10_000_000: START})),
    "long_parameter": ("WF205", lambda: two({"count": "x" * 10_000_000})),
    "long_reference": ("WF209", lambda: two({"count": "={{ $('" + "x" * 100_000 + "') }}"})),
    "too_many_bytes": ("WF131", lambda: flow(description="x" * 50_000_001)),
    "deep_lists": ("WF137", lambda: "[" * 100_000),
    "deep_objects": ("WF137", lambda: '{"a":' * 100_000),
    "deep_and_closed": ("WF137", lambda: "[" * 100_000 + "]" * 100_000),
    "deep_parameter": ("WF137", lambda: two({"count": "@"}).replace('"@"', "[" * 500 + "]" * 500)),
    "too_many_nodes": ("WF144", lambda: many_nodes(10_001)),
    "too_many_edges": ("WF144", lambda: flow(edges=[edge("a.main", "a.main")] * 100_001)),
    "many_problems": ("WF149", lambda: flow({f"n{i}": {"name": 1} for i in range(5_000)})),
    "many_unknown_fields": ("WF140", lambda: flow(**{f"field{i}": i for i in range(50_000)})),
    "long_cycle": ("WF216", lambda: long_cycle(1_000)),
    "long_list_of_numbers": ("WF142", lambda: '{"format": "workflow/1", "name": [' + "1," * 2_000_000 + "1]}"),
    "many_quotes": ("WF133", lambda: '"' * 5_000_001),
    "backslashes": ("WF134", lambda: '{"a": "' + "\\" * 10_000_000),
}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, (_, content) in SMALL.items():
        data = content if isinstance(content, bytes) else content.encode()
        (FOLDER / name).write_bytes(data)


if __name__ == "__main__":
    main()

"""The file: what is written is read back, reads well in a diff, and is never half there."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import hypothesis
import msgspec
import pytest

from tests.graph.workflows import workflows
from workflow_kernel.base.errors import InvalidWorkflowError, WorkflowError
from workflow_kernel.graph import format as flow_format
from workflow_kernel.graph import schema, shape
from workflow_kernel.graph.format import read, save, write
from workflow_kernel.graph.model import Edge, End, Node, Retry, Settings, Workflow
from workflow_kernel.graph.validate import validate
from workflow_kernel.sdk.catalog import RegistryCatalog
from workflow_kernel.sdk.registry import Registry

SMALL = Workflow(
    "Report",
    {
        "start": Node("start", "Start", "flow.manual_trigger"),
        "few": Node(
            "few", "Few", "data.limit", parameters={"count": "={{ $json.n }}"}, position=(240.0, 0.5), retry=Retry(3)
        ),
    },
    (Edge(End("start"), End("few")),),
    Settings(timezone="Europe/Berlin"),
)
TEXT = """\
{
  "format": "workflow/1",
  "name": "Report",
  "settings": {
    "timezone": "Europe/Berlin"
  },
  "nodes": {
    "start": {
      "name": "Start",
      "type": "flow.manual_trigger"
    },
    "few": {
      "name": "Few",
      "type": "data.limit",
      "parameters": {
        "count": "={{ $json.n }}"
      },
      "position": [240, 0.5],
      "retry": {
        "tries": 3
      }
    }
  },
  "edges": [
    {"source": ["start", "main"], "target": ["few", "main"]}
  ]
}
"""


def test_a_file_holds_what_differs_from_the_defaults_a_node_a_block() -> None:
    assert write(SMALL) == TEXT


@hypothesis.given(workflows())
@hypothesis.settings(max_examples=150, deadline=None)
def test_what_is_written_is_read_back(workflow: Workflow) -> None:
    text = write(workflow)
    again = read(text)
    assert again == workflow
    assert write(again) == text
    assert read(text.encode()) == workflow
    assert list(again.nodes) == list(workflow.nodes)


@hypothesis.given(workflows(most=3), hypothesis.strategies.data())
@hypothesis.settings(max_examples=150, deadline=None)
def test_a_damaged_file_gives_problems_and_no_other_error(
    workflow: Workflow, data: hypothesis.strategies.DataObject
) -> None:
    raw = bytearray(write(workflow).encode())
    for _ in range(data.draw(hypothesis.strategies.integers(1, 3))):
        place = data.draw(hypothesis.strategies.integers(0, len(raw) - 1))
        raw[place] = data.draw(hypothesis.strategies.integers(0, 255))
    try:
        validate(
            read(bytes(raw[: data.draw(hypothesis.strategies.integers(0, len(raw)))])), RegistryCatalog(Registry())
        )
    except InvalidWorkflowError as error:
        assert error.problems


def test_the_shape_of_the_file_is_that_of_the_structs() -> None:
    pairs = (
        (shape.NodeShape, Node, {"id"}),
        (shape.RetryShape, Retry, set()),
        (shape.SettingsShape, Settings, set()),
        (shape.FileShape, Workflow, set()),
        (shape.ResourcesShape, flow_format.Resources, set()),
        (shape.NoteShape, flow_format.Note, {"id"}),
        (shape.GroupShape, flow_format.Group, {"id"}),
    )
    for model, struct, keys in pairs:
        fields = {field.name: field for field in msgspec.structs.fields(struct) if field.name not in keys}
        assert set(model.model_fields) - {"format"} == set(fields)
        for name, field in model.model_fields.items():
            default = fields[name].default if name != "format" else msgspec.NODEFAULT
            if isinstance(default, str | int | float | bool | type(None)):
                assert field.default == default, (struct, name)


def test_the_published_schema_is_not_stale() -> None:
    published = Path(__file__).parents[2] / schema.PLACE
    assert published.read_text(encoding="utf-8") == schema.text(), "python -m workflow_kernel.graph.schema"


def test_the_schema_accepts_what_is_written() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(json.loads(write(SMALL)), json.loads(schema.text()))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"format": "workflow/1", "name": "x", "nodez": {}}, json.loads(schema.text()))


def test_the_format_before_the_first_release_is_migrated() -> None:
    old = {
        "format": "workflow/0",
        "name": "Report",
        "settings": {"timezone": "Europe/Berlin"},
        "nodes": [
            {"id": "start", "name": "Start", "type": "flow.manual_trigger"},
            {"id": "few", "name": "Few", "type": "data.limit", "parameters": {"count": "={{ $json.n }}"},
             "position": [240, 0.5], "retry": {"tries": 3}},
        ],
        "edges": [{"from": "start", "to": "few"}],
    }  # fmt: skip
    assert read(json.dumps(old)) == SMALL


def test_all_problems_of_a_file_are_told_at_once_with_their_places() -> None:
    text = TEXT.replace('"Start"', "7").replace('"tries"', '"tires"').replace('["few", "main"]', '["few"]')
    with pytest.raises(InvalidWorkflowError) as caught:
        read(text)
    assert [(p.code, p.node, p.field) for p in caught.value.problems] == [
        ("WF142", "start", "name"),
        ("WF140", "Few", "retry.tires"),
        ("WF142", "", "edges.0.target"),
    ]
    assert [p.message.rpartition("(")[2] for p in caught.value.problems] == [
        "line 9, column 7).", "line 20, column 9).", "line 25, column 35).",
    ]  # fmt: skip
    assert caught.value.problems[1].mend == "Did you mean 'tries'?"


def test_values_that_no_file_can_hold_are_told_on_writing() -> None:
    for value, named in (
        (datetime.date(2026, 1, 1), "date"),
        (float("nan"), "finite"),
        ({1: 2}, "key"),
        ({1, 2}, "set"),
    ):
        node = Node("a", "A", "data.limit", parameters={"deep": [{"x": value}]})
        with pytest.raises(InvalidWorkflowError, match=named) as caught:
            write(Workflow("W", {"a": node}))
        assert "deep" in str(caught.value)


def test_saving_keeps_the_mode_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "a.flow"
    save(SMALL, path)
    path.chmod(0o640)
    link = tmp_path / "link.flow"
    link.symlink_to(path)
    save(Workflow("Other"), link)
    assert read(path).name == "Other"
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert sorted(found.name for found in tmp_path.iterdir()) == ["a.flow", "link.flow"]


def test_a_save_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.flow"
    save(SMALL, path)
    with pytest.raises(InvalidWorkflowError):
        save(Workflow("W", {"a": Node("a", "A", "t", parameters={"x": float("inf")})}), path)
    assert read(path) == SMALL
    with pytest.raises(WorkflowError, match="cannot be written"):
        save(SMALL, tmp_path / "nowhere" / "a.flow")
    assert [found.name for found in tmp_path.iterdir()] == ["a.flow"]

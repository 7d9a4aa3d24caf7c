"""What the editor's tests know of the node types is what the node types say."""

from __future__ import annotations

import pytest

from tests.editor.node_types import FILE, filled, fixture, refused
from workflow_kernel.sdk.node import NodeType
from workflow_kernel.sdk.registry import BUILT_IN, Registry

TYPES = [each for each in Registry() if each.spec.family in BUILT_IN]


def test_the_fixture_of_the_editor_is_up_to_date() -> None:
    assert FILE.read_text(encoding="utf-8") == fixture(), "run: python -m tests.editor.node_types"


@pytest.mark.parametrize("node_type", TYPES, ids=lambda each: each.spec.type)
def test_fields_hang_on_fields_beside_them(node_type: type[NodeType]) -> None:
    """The form looks for the fields of ``show`` in the same model."""
    schema = node_type.model_json_schema()
    for model in (schema, *schema.get("$defs", {}).values()):
        properties = model.get("properties", {})
        for name, field in properties.items():
            missing = field.get("ui", {}).get("show", {}).keys() - properties.keys()
            assert not missing, f"{node_type.spec.type}.{name} is shown by {missing}"


@pytest.mark.parametrize("node_type", TYPES, ids=lambda each: each.spec.type)
def test_filled_parameters_are_ones_the_node_takes(node_type: type[NodeType]) -> None:
    assert refused(node_type, filled(node_type)) == set()

"""Import of n8n's Item Lists, which became several nodes."""

from __future__ import annotations

from typing import Any

import pytest

from workflow_kernel.nodes.data.split_out import SplitOut
from workflow_kernel.sdk import Imported, ImportedNode


def convert(version: float, **parameters: Any) -> Imported:
    name = "n8n-nodes-base.itemLists"
    return SplitOut.spec.imports[name](ImportedNode(name, version, parameters))


@pytest.mark.parametrize(
    ("operation", "type_name"),
    [
        ("aggregateItems", "data.aggregate"),
        ("concatenateItems", "data.aggregate"),
        ("limit", "data.limit"),
        ("removeDuplicates", "data.remove_duplicates"),
        ("sort", "data.sort"),
        ("summarize", "data.summarize"),
    ],
)
def test_each_operation_has_a_node(operation: str, type_name: str) -> None:
    assert convert(3, operation=operation).type == type_name


def test_splitting_is_what_it_does_by_default() -> None:
    imported = convert(
        2, fieldToSplitOut="data", include="selectedOtherFields", fieldsToInclude={"fields": [{"fieldName": "a"}]}
    )
    assert imported.type is None
    assert imported.parameters["include_fields"] == ["a"]


@pytest.mark.parametrize(
    ("version", "missing", "not_list"),
    [(1, "error", "error"), (2, "error", "error"), (2.1, None, "error"), (2.2, None, None)],
)
def test_versions_differ_in_what_they_take(version: float, missing: str | None, not_list: str | None) -> None:
    parameters = convert(version, fieldToSplitOut="data").parameters
    assert (parameters.get("missing"), parameters.get("not_list")) == (missing, not_list)


def test_only_the_last_version_takes_types_that_vary() -> None:
    assert convert(3, operation="removeDuplicates").parameters["mixed_types"] == "error"
    assert convert(3.1, operation="removeDuplicates").parameters["mixed_types"] == "allow"


def test_an_unknown_operation_is_told() -> None:
    assert convert(3, operation="={{ $json.o }}").warnings

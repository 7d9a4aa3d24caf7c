"""Behaviour of ``data.debug_data`` and ``data.execution_data``."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from workflow_kernel.nodes.data._random_records import CARDS, Kind
from workflow_kernel.nodes.data.debug_data import DebugData
from workflow_kernel.runs.outcome import Done
from workflow_kernel.sdk import ImportedNode
from workflow_kernel.testing import run_node


@pytest.mark.parametrize("kind", get_args(Kind))
def test_records_of_every_kind_repeat_with_their_seed(kind: str) -> None:
    parameters = {"kind": kind, "count": 3, "seed": "s"}
    rows = run_node("data.debug_data", parameters, [{}]).json()
    assert len(rows) == 3 and all(rows)
    assert run_node("data.debug_data", parameters, [{}]).json() == rows
    assert run_node("data.debug_data", {**parameters, "seed": "other"}, [{}]).json() != rows


def test_a_user_has_the_usual_fields() -> None:
    row = run_node("data.debug_data", {"count": 1}, [{}]).json()[0]
    assert list(row) == ["uid", "email", "firstname", "lastname", "password"]


def test_card_numbers_pass_the_check_of_their_digits() -> None:
    for _, number in CARDS:
        digits = [int(digit) for digit in reversed(number)]
        total = sum(digits[0::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])
        assert total % 10 == 0


def test_records_are_made_for_each_item_and_linked_to_it() -> None:
    result = run_node("data.debug_data", {"count": 2}, [{}, {}])
    assert result.sources() == [[(0, 0)], [(0, 0)], [(0, 1)], [(0, 1)]]


def test_records_may_stand_in_one_list() -> None:
    rows = run_node("data.debug_data", {"count": 4, "single_list": True}, [{}]).json()
    assert len(rows) == 1 and len(rows[0]["list"]) == 4


def test_ids_have_the_length_and_letters_asked_for() -> None:
    parameters = {"kind": "nanoid", "count": 1, "nanoid_alphabet": "ab", "nanoid_length": 30}
    row = run_node("data.debug_data", parameters, [{}]).json()[0]
    assert len(row["nanoId"]) == 30 and set(row["nanoId"]) == {"a", "b"}


def test_a_long_sequence_leaves_memory_chunk_by_chunk() -> None:
    result = run_node("data.debug_data", {"action": "sequence", "count": 250_000, "start": 5}, [{}])
    batch = result.batch()
    assert len(batch) == 250_000 and type(batch).__name__ == "SpilledItems"
    chunk = next(batch.chunks(3))
    assert chunk.json() == [{"index": 5}, {"index": 6}, {"index": 7}]
    assert batch.lineage.sources(249_999)[0][:2] == (0, 0)


def test_an_error_is_thrown_for_each_item() -> None:
    assert run_node("data.debug_data", {"action": "error", "message": "no"}, [{}]).error == "no"
    result = run_node("data.debug_data", {"action": "error"}, [{"a": 1}, {"a": 2}], on_error="branch")
    assert result.json() == []
    assert result.json("error") == [{"a": n, "error": "Node has thrown an error"} for n in (1, 2)]


def test_memory_is_used_and_nothing_is_nothing() -> None:
    assert run_node("data.debug_data", {"action": "memory", "memory": 2}, [{}]).json() == [{"megabytes": 2}]
    assert run_node("data.debug_data", {"action": "nothing"}, [{}]).json() == []


def test_n8n_parameters_are_carried_over() -> None:
    name = "n8n-nodes-base.debugHelper"

    def convert(**parameters: Any) -> dict[str, Any]:
        return DebugData.spec.imports[name](ImportedNode(name, 1, parameters)).parameters

    assert convert() == {"action": "error"}
    assert convert(category="doNothing") == {"action": "nothing"}
    assert convert(category="randomData", randomDataType="semver", randomDataCount=2) == {
        "action": "random",
        "kind": "version",
        "count": 2,
    }


def test_values_are_kept_with_the_execution_and_items_pass() -> None:
    parameters = {"values": [{"key": "id", "value": "={{ $json['id'] }}"}, {"key": "k" * 60, "value": "v" * 600}]}
    result = run_node("data.execution_data", parameters, [{"id": 1}, {"id": 2}])
    assert result.json() == [{"id": 1}, {"id": 2}]
    assert isinstance(result.outcome, Done)
    assert result.outcome.annotations == {"id": "2", "k" * 50: "v" * 512}

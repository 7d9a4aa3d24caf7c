"""Behaviour of ``flow.wait``."""

from __future__ import annotations

from typing import Any

import pytest

from workflow_kernel.nodes.flow.wait import Wait
from workflow_kernel.runs.outcome import Suspended
from workflow_kernel.sdk import ImportedNode
from workflow_kernel.testing import run_node

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("amount", "unit", "seconds"), [(5, "seconds", 5), (1.5, "minutes", 90), (2, "hours", 7200), (1, "days", 86400)]
)
def test_it_waits_an_interval(amount: float, unit: str, seconds: float) -> None:
    result = run_node("flow.wait", {"amount": amount, "unit": unit}, [{"a": 1}], now=NOW)
    assert result.suspended_until == NOW + seconds
    assert result.json() == [{"a": 1}]
    assert result.sources() == [[(0, 0)]]


def test_no_interval_is_no_wait() -> None:
    result = run_node("flow.wait", {"amount": 0}, [{"a": 1}], now=NOW)
    assert result.suspended_until is None and result.json() == [{"a": 1}]


def test_it_waits_until_a_date_in_the_time_zone_of_the_workflow() -> None:
    parameters = {"resume": "date", "date": "2023-12-01T00:00:00"}
    utc = run_node("flow.wait", parameters, [{}], now=NOW)
    assert utc.suspended_until == 1_701_388_800.0
    new_york = run_node("flow.wait", parameters, [{}], now=NOW, timezone="America/New_York")
    assert new_york.suspended_until == 1_701_388_800.0 + 5 * 3600


def test_a_date_that_is_over_is_no_wait() -> None:
    result = run_node("flow.wait", {"resume": "date", "date": "2020-01-01"}, [{"a": 1}], now=NOW)
    assert result.suspended_until is None and result.json() == [{"a": 1}]


def test_what_is_no_date_is_told() -> None:
    assert "Cannot wait until 'soon'" in run_node("flow.wait", {"resume": "date", "date": "soon"}, [{}]).error
    assert "amount" in run_node("flow.wait", {"amount": -1}, [{}]).error
    assert "too long" in run_node("flow.wait", {"amount": 1e300, "unit": "days"}, [{}]).error


def test_it_waits_for_a_call_with_or_without_a_limit() -> None:
    result = run_node("flow.wait", {"resume": "call"}, [{}], now=NOW)
    assert isinstance(result.outcome, Suspended) and result.suspended_until is None
    limited = {"resume": "call", "limit": "interval", "amount": 1, "unit": "hours"}
    assert run_node("flow.wait", limited, [{}], now=NOW).suspended_until == NOW + 3600


def test_n8n_versions_wait_differently_by_default() -> None:
    name = "n8n-nodes-base.wait"

    def convert(version: float, **parameters: Any) -> dict[str, Any]:
        return Wait.spec.imports[name](ImportedNode(name, version, parameters)).parameters

    assert convert(1) == {"resume": "interval", "amount": 1, "unit": "hours"}
    assert convert(1.1) == {"resume": "interval", "amount": 5, "unit": "seconds"}
    assert convert(1.1, resume="specificTime", dateTime="2030-01-01") == {"resume": "date", "date": "2030-01-01"}
    assert convert(1.1, resume="webhook") == {"resume": "call", "gives": "call"}
    limited = convert(1.1, resume="webhook", limitWaitTime=True, resumeAmount=2)
    assert limited == {"resume": "call", "gives": "call", "limit": "interval", "amount": 2, "unit": "hours"}

"""The open parity cases, where they are on this machine: they are not part of the project and never shipped.

Their folder is ``WORKFLOW_PARITY``, or ``shared/parity/open`` beside the project.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from tests.parity.runner import run_folder
from tests.parity.workflows import Outcome, difference

FOLDER = Path(os.environ.get("WORKFLOW_PARITY") or Path(__file__).parents[3] / "shared" / "parity" / "open")
COVERED_NEEDS = {"none", "code-js", "fixed-clock", "files"}

needs_cases = pytest.mark.skipif(not FOLDER.is_dir(), reason="the parity cases are not on this machine")


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    return run_folder(FOLDER)


def _share(outcomes: list[Outcome]) -> float:
    counts = Counter(outcome.status for outcome in outcomes)
    return counts["passed"] / max(1, counts.total())


@needs_cases
def test_at_least_95_percent_of_the_workflows_that_need_only_core_nodes_pass(outcomes: list[Outcome]) -> None:
    core = {
        case["id"]
        for kind in ("node", "engine")
        for path in (FOLDER / kind).glob("*.json")
        if set((case := json.loads(path.read_text(encoding="utf-8")))["needs"]) <= COVERED_NEEDS
    }
    found = [outcome for outcome in outcomes if outcome.id in core]
    assert _share(found) >= 0.95, [outcome for outcome in found if outcome.status != "passed"]


@needs_cases
def test_at_least_95_percent_of_the_table_records_pass(outcomes: list[Outcome]) -> None:
    found = [outcome for outcome in outcomes if outcome.kind == "table"]
    assert _share(found) >= 0.95, [outcome for outcome in found if outcome.status != "passed"]


def test_differences_are_found() -> None:
    assert not difference({"json": {"a": 1.0, "b": [1]}}, {"json": {"b": [1], "a": 1}})
    assert difference({"json": {"a": "1"}}, {"json": {"a": 1}})
    assert difference([1, 2], [2, 1])
    assert difference({"a": True}, {"a": 1})
    assert difference({}, {"a": None})
    assert not difference({}, {"a": {"$undefined": True}})

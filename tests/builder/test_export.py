"""Workflows as Python scripts: running one builds the same workflow, and a formatter leaves it alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import hypothesis

from tests.builder.test_builder import report
from tests.graph.workflows import workflows
from workflow_kernel.graph.model import Workflow
from workflow_kernel.interchange.python import export

RUFF = Path(sys.executable).with_name("ruff")


def built_by(script: str) -> Workflow:
    names: dict[str, Any] = {"__name__": "script"}
    exec(script, names)
    workflow: Workflow = names["wf"].build()
    return workflow


def test_a_script_reads_well() -> None:
    assert (
        export(report().build())
        == """\
# Report

from workflow_kernel import Workflow

wf = Workflow("Report", timezone="Europe/Berlin")

start = wf.node("flow.manual_trigger", "Start")
large = wf.node(
    "data.filter",
    "Large",
    conditions={
        "conditions": [
            {"left": "={{ $json.n }}", "operator": "number.larger", "right": 2},
        ],
    },
)
few = wf.node("data.limit", "Few", count=1)
no_operation = wf.node("flow.no_op", "No operation")

start >> large >> few
large["discarded"] >> no_operation

if __name__ == "__main__":
    result = wf.run()
    result.raise_if_failed()
    print(result.output().json())
"""
    )


def test_code_of_several_lines_stays_so() -> None:
    wf = report()
    code = 'for item in items:\n    item["a"] = "\\n"\nreturn items\n'
    wf["Few"] >> wf.node("code.python", "Code", code=code)
    script = export(wf.build())
    assert 'code="""\\\nfor item in items:\n    item["a"] = "\\\\n"\nreturn items\n""",' in script
    assert built_by(script) == wf.build()


@hypothesis.given(workflows())
@hypothesis.settings(max_examples=150, deadline=None)
def test_running_a_script_builds_the_same_workflow(workflow: Workflow) -> None:
    again = built_by(export(workflow))
    assert again == workflow
    assert list(again.nodes) == list(workflow.nodes)


def test_a_formatter_leaves_a_script_alone(tmp_path: Path) -> None:
    scripts: list[str] = []

    @hypothesis.given(workflows())
    @hypothesis.settings(max_examples=100, deadline=None, database=None)
    def collect(workflow: Workflow) -> None:
        scripts.append(export(workflow))

    collect()
    for index, script in enumerate([*scripts, export(report().build())]):
        (tmp_path / f"script{index}.py").write_text(script, encoding="utf-8")
    for width in ("88", "120"):
        command = [str(RUFF), "format", "--isolated", "--line-length", width, "--diff", str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[:2000] + done.stderr[:500]

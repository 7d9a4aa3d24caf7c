"""``workflow run --sweep``: once for each combination, with a summary."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.cli.command import on_terminal
from workflow_kernel.cli.run import run

FLOW = {
    "format": "workflow/1", "name": "sweep",
    "nodes": {
        "s": {"name": "Start", "type": "flow.manual_trigger"},
        "a": {"name": "Set", "type": "data.set", "position": [200, 0], "parameters": {"fields": [
            {"name": "score", "value": "={{ $json.lr * $json.seed }}"}], "include": "all"}},
    },
    "edges": [{"source": ["s", "main"], "target": ["a", "main"]}],
}  # fmt: skip


@pytest.fixture
def flow(tmp_path: Path) -> str:
    path = tmp_path / "sweep.flow"
    path.write_text(json.dumps(FLOW))
    return str(path)


def swept(flow: str, *options: str) -> tuple[int, list[dict[str, object]]]:
    done = CliRunner().invoke(run, [flow, "--json", "--no-cache", *options], standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return done.return_value, [json.loads(line) for line in done.stdout.splitlines()]


def test_every_combination_is_run(flow: str) -> None:
    code, lines = swept(flow, "--sweep", "lr=0.1,0.2", "--sweep", "seed=1..3", "--input", "name=x")
    assert code == 0
    assert lines[-1] == {"event": "sweep.finished", "runs": 6, "done": 6, "succeeded": 6}
    runs = {(row["fields"]["lr"], row["fields"]["seed"]): row["output"] for row in lines[:-1]}  # type: ignore[index]
    assert runs[0.2, 3] == [{"lr": 0.2, "seed": 3, "name": "x", "score": pytest.approx(0.6)}]
    assert len(runs) == 6


def test_dates_and_lists(flow: str) -> None:
    _, lines = swept(flow, "--sweep", "day=2026-02-27..2026-03-01", "--sweep", "lr=[1, 2]", "--input", "seed=2")
    days = [row["fields"]["day"] for row in lines[:-1]]  # type: ignore[index]
    assert sorted(set(days)) == ["2026-02-27", "2026-02-28", "2026-03-01"]
    assert len(days) == 6


def test_a_failure_is_a_row_and_the_exit_code(flow: str) -> None:
    code, lines = swept(flow, "--sweep", "lr=1,null", "--sweep", "seed=2", "--input", "y=1")
    assert code == 1
    assert {row["state"] for row in lines[:-1]} == {"succeeded", "failed"}


@pytest.mark.parametrize("text", ["lr", "lr=", "seed=1..99999999", "day=2026-02-30..2026-03-01"])
def test_what_is_no_sweep_is_told(flow: str, text: str) -> None:
    with pytest.raises(Exception, match="sweep"):
        swept(flow, "--sweep", text)


def test_people_see_a_table(flow: str) -> None:
    shown = on_terminal("run", flow, "--no-cache", "--sweep", "lr=1,2", "--input", "seed=3", folder=Path(flow).parent)
    assert shown.code == 0
    assert [word in shown.everything for word in ("lr", "state", "succeeded", "score", "6")] == [True] * 5

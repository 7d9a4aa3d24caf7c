"""What a person at a terminal sees: the tree of nodes as they run, then the output or the error."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from tests.cli.command import node, on_terminal, write_flow
from workflow_kernel import wire
from workflow_kernel.cli.progress import Progress
from workflow_kernel.cli.tree import rows
from workflow_kernel.graph.model import Edge, End, Node, Retry, Workflow
from workflow_kernel.runs.outcome import ErrorInfo

START = node("start", "flow.manual_trigger")


def drawn(edges: str, *more: str) -> list[str]:
    """The rows of a workflow given by its edges; nodes stand on the canvas in the order they are named."""
    pairs = [pair.split(">") for pair in edges.split()]
    names = list(dict.fromkeys([name for pair in pairs for name in pair] + list(more)))
    nodes = {name: Node(name, name, "flow.no_op", position=(0.0, float(y))) for y, name in enumerate(names)}
    made = Workflow("w", nodes=nodes, edges=tuple(Edge(End(a), End(b)) for a, b in pairs))
    return [f"{row.indent}{row.node.name}" for row in rows(made)]


def test_a_chain_has_no_indent() -> None:
    assert drawn("a>b b>c") == ["a", "b", "c"]


def test_branches_hang_below_the_node_they_part_at_and_a_merge_below_all_of_them() -> None:
    #      b > c
    #  a <       > e > f
    #      d
    assert drawn("a>b b>c a>d c>e d>e e>f") == ["a", "├─ b", "│  c", "└─ d", "e", "f"]


def test_branches_nest() -> None:
    assert drawn("a>b a>c b>d b>e") == ["a", "├─ b", "│  ├─ d", "│  └─ e", "└─ c"]


def test_a_loop_hangs_below_its_node() -> None:
    assert drawn("a>loop loop>work work>loop loop>done") == ["a", "loop", "├─ work", "└─ done"]


def test_nodes_without_edges_and_rings_are_shown_too() -> None:
    assert drawn("a>b", "lone") == ["a", "b", "lone"]
    assert sorted(drawn("x>y y>x")) == ["x", "y"]


def test_a_long_chain_needs_no_deep_stack() -> None:
    assert len(drawn(" ".join(f"n{number}>n{number + 1}" for number in range(3000)))) == 3001


def shown(progress: Progress) -> list[str]:
    console = Console(width=100, height=40, file=None)
    with console.capture() as capture:
        console.print(progress._draw())
    return [line.rstrip() for line in capture.get().splitlines()]


def test_states_retries_waits_and_progress_are_told() -> None:
    nodes = {
        name: Node(name, name, "flow.no_op", position=(float(x), 0.0), retry=Retry(tries=3))
        for x, name in enumerate(("ran", "tries", "waits", "works", "broke", "idle"))
    }
    edges = tuple(Edge(End(a), End(b)) for a, b in zip(list(nodes), list(nodes)[1:], strict=False))
    progress = Progress(Workflow("w", nodes=nodes, edges=edges), console=Console(width=100, height=40))
    error = ErrorInfo("no answer")
    for event in (
        wire.ExecutionBegan("e", 100.0, "w"),
        wire.NodeRunStarted("e", 100.0, "ran", 0, 1),
        wire.NodeRunEnded("e", 101.0, "ran", 0, 1.5, {"main": 1200}),
        wire.NodeRunStarted("e", 101.0, "tries", 0, 1),
        wire.NodeRunFailed("e", 102.0, "tries", 0, 1, error, retry_at=9e9),
        wire.NodeRunStarted("e", 102.0, "waits", 0, 1),
        wire.NodeRunWaits("e", 102.0, "waits", 0, None),
        wire.NodeRunStarted("e", 102.0, "works", 0, 2),
        wire.NodeProgress("e", 102.0, "works", 0, 0.5, "half"),
        wire.NodeRunStarted("e", 102.0, "broke", 0, 1),
        wire.NodeRunFailed("e", 103.0, "broke", 0, 1, error),
    ):
        progress.take(event)
    lines = shown(progress)
    assert lines[0].split() == ["✓", "ran", "1,200", "1.5", "s"]
    assert "↻ tries" in lines[1]
    assert "again in" in lines[1]
    assert "no answer" in lines[1]
    assert "waits to be resumed" in lines[2]
    assert "━━━━━━────── 50% half" in lines[3]
    assert lines[4].startswith("✗ broke")
    assert lines[5] == "· idle"
    assert "1 of 6 nodes" in lines[6]


def test_a_big_workflow_shows_the_part_at_work() -> None:
    nodes = {f"n{x}": Node(f"n{x}", f"n{x}", "flow.no_op", position=(float(x), 0.0)) for x in range(100)}
    edges = tuple(Edge(End(f"n{x}"), End(f"n{x + 1}")) for x in range(99))
    progress = Progress(Workflow("w", nodes=nodes, edges=edges), console=Console(width=100, height=20))
    progress.take(wire.NodeRunStarted("e", 1.0, "n50", 0, 1))
    lines = shown(progress)
    assert "nodes above" in lines[0]
    assert any("n50" in line for line in lines)
    assert len(lines) <= 18


def test_a_person_sees_the_nodes_and_the_output(tmp_path: Path) -> None:
    make = node("make", "code.python", {"code": "return [{'n': i, 'text': '[red]x'} for i in range(30)]"})
    keep = node("keep", "data.filter", {"conditions": {"conditions": [
        {"left": "={{ $json.n }}", "operator": "number.larger", "right": 4}]}})  # fmt: skip
    path = write_flow(tmp_path / "w.flow", START, make, keep)
    screen = on_terminal("run", path, folder=tmp_path)
    assert screen.code == 0
    assert "✓ start" in screen.last
    assert "25 kept, 5 discarded" in screen.last
    assert "3 of 3 nodes" in screen.last
    assert "25 items; the first 20 are shown" in screen.last
    assert "[red]x" in screen.last


def test_a_person_sees_what_failed_and_how_to_mend_it(tmp_path: Path) -> None:
    bad = node("bad", "data.set", {"fields": [{"name": "n", "value": "={{ $json.n.nope() }}"}]})
    screen = on_terminal("run", write_flow(tmp_path / "w.flow", START, bad), "-i", "n=a", folder=tmp_path)
    assert screen.code == 1
    assert "✗ bad" in screen.last
    assert "Node 'bad' failed at item 0" in screen.last
    assert "={{ $json.n.nope() }}" in screen.last
    assert "WF310" in screen.last


def test_ctrl_c_stops_a_run_and_leaves_the_terminal_in_order(tmp_path: Path) -> None:
    path = write_flow(tmp_path / "w.flow", START, node("wait", "flow.wait", {"amount": 60}))
    screen = on_terminal("run", path, folder=tmp_path, keys={"waits": b"\x03"})
    assert screen.code == 3
    assert "■ wait" in screen.last
    assert "The run was cancelled." in screen.last
    assert screen.everything.count("Traceback") == 0


def test_json_lines_are_had_on_a_terminal_too(tmp_path: Path) -> None:
    path = write_flow(tmp_path / "w.flow", START)
    assert '"event":"execution.finished"' in on_terminal("run", path, "--json", folder=tmp_path).everything

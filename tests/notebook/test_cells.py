"""Reading cells: what each defines, uses and changes, and what cannot be known of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.notebook.making import make
from tests.notebook.notebooks import corpus, sources
from tests.notebook.tracing import trace
from workflow_kernel.cells.graph import CellGraph


def graph(*cells: str) -> CellGraph:
    made = CellGraph()
    made.update((str(index), source) for index, source in enumerate(cells))
    return made


def told(made: CellGraph, cell: int) -> set[tuple[str, str]]:
    """Edges to a cell as (source, name), without those of order."""
    return {(edge.source, edge.name) for edge in made.edges_to(str(cell)) if edge.kind != "order"}


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["x = 1", "print(x)"], {("0", "x")}),
        (["x = 1", "x = 2", "print(x)"], {("1", "x")}),
        (["x = []", "x.append(1)", "len(x)"], {("1", "x")}),
        (["x = []", "len(x)", "print(x)"], {("0", "x")}),
        (["x = []; y = x", "y.append(1)", "print(x)"], {("1", "x")}),
        (["x = []; y = [x]", "y.append(1)", "print(x)"], {("0", "x")}),
        (["x = []; y = [x]", "y[0].append(1)", "print(x)"], {("1", "x")}),
        (["x = {}", "x['a'] = 1", "x"], {("1", "x")}),
        (["import sys as s", "s.argv"], {("0", "s")}),
        (["k = 2", "def f(v):\n    return v * k", "k = 3", "f(1)"], {("1", "f"), ("2", "k")}),
        (["x = 1", "[x for x in range(3)]", "print(x)"], {("0", "x")}),
        (["x = 1", "[y for y in range(x)]"], {("0", "x")}),
        (["n = 0", "def f():\n    global n\n    n += 1", "f()", "print(n)"], {("2", "n")}),
        (["x = 1", "del x", "x = 2", "x"], {("2", "x")}),
        (["i = 5", "for i in range(3):\n    pass", "i"], {("1", "i")}),
        (["x = 1", "if x > 5:\n    y = 1", "print(x)"], {("0", "x")}),
        (["a = []", "class A:\n    def go(self):\n        return a", "A().go()"], {("1", "A"), ("0", "a")}),
        (["rows = []", "def add(r, v):\n    r.append(v)", "add(rows, 1)", "rows"], {("2", "rows")}),
        (["rows = []", "def size(r):\n    return len(r)", "size(rows)", "rows"], {("0", "rows")}),
        (["q = 1", "%time r = q + 1", "r"], {("1", "r")}),
        (["q = 1", "%%timeit\nr = q", "r = 2", "%%bash\necho $r {q}"], {("2", "r"), ("0", "q")}),
        (["import random", "random.seed(1)", "x = random.random()", "x"], {("2", "x")}),
    ],
)  # fmt: skip
def test_a_cell_depends_on_those_that_gave_what_it_uses(cells: list[str], expected: set[tuple[str, str]]) -> None:
    assert told(graph(*cells), len(cells) - 1) == expected


def test_what_a_condition_may_have_left_is_passed_on() -> None:
    made = graph("y = 0", "c = False", "if c:\n    y = 1", "print(y)")
    assert told(made, 3) == {("2", "y")}
    assert told(made, 2) == {("1", "c"), ("0", "y")}
    assert told(graph("y = 0", "c = False", "if c:\n    y = 1"), 2) == {("1", "c")}


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("from os.path import *", "star_import"),
        ("exec('x = 2')", "dynamic"),
        ("globals()['x'] = 3", "dynamic"),
        ("%run other.py", "magic"),
        ("print(_)", "history"),
        ("key = 'a'\nimport os\nos.environ[key.lower()] = key", "state"),
        ("def f(:", "syntax"),
    ],
)
def test_what_cannot_be_known_is_marked(source: str, kind: str) -> None:
    made = graph("x = 1", source, "print(x)")
    assert [mark.kind for mark in made["1"].marks] == [kind]
    if kind != "syntax":
        assert ("1", "x") in told(made, 2)


def test_files_and_random_numbers_keep_their_order() -> None:
    made = graph(
        "import random", "random.seed(1)", "a = random.random()", "open('f', 'w').write('x')", "open('f').read()"
    )
    assert {(edge.source, edge.name) for edge in made.edges_to("2")} >= {("1", "random")}
    assert {(edge.source, edge.name) for edge in made.edges_to("4")} == {("3", "files")}


def test_settings_of_the_process_are_told_as_statements() -> None:
    made = graph("import warnings", "warnings.filterwarnings('ignore')\n%matplotlib inline", "x = 1")
    assert set(made["1"].settings) == {"%matplotlib inline", "warnings.filterwarnings('ignore')"}
    assert [(edge.source, edge.name) for edge in made.edges_to("2")] == [("1", "settings")]


def test_a_changed_cell_gives_the_same_graph_as_reading_all_anew() -> None:
    for seed in range(12):
        cells = make(seed)
        made = graph(*cells)
        for index in (len(cells) // 2, 1, len(cells) - 1):
            cells[index] += "\nl0 = [1]\nextra = n0"
            made.change(str(index), cells[index])
            fresh = graph(*cells)
            assert [made.edges_to(cell) for cell in made.order] == [fresh.edges_to(cell) for cell in fresh.order]
        del cells[2]
        made.update((str(index if index < 2 else index + 1), source) for index, source in enumerate(cells))
        fresh = CellGraph()
        fresh.update((str(index if index < 2 else index + 1), source) for index, source in enumerate(cells))
        assert [made.edges_to(cell) for cell in made.order] == [fresh.edges_to(cell) for cell in fresh.order]


def _compare(cells: list[str]) -> tuple[int, int, int]:
    """How many dependencies were seen, how many of them are in the graph, how many are missed without a mark."""
    seen, _ = trace(cells)
    made = graph(*cells)
    missed = [one for one in seen if str(one.source) not in made.before([str(one.target)])]
    silent = sum(not any(made[str(cell)].marks for cell in range(one.target + 1)) for one in missed)
    return len(seen), len(seen) - len(missed), silent


@pytest.mark.filterwarnings("ignore")
def test_notebooks_depend_as_they_are_seen_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    kept = dict(os.environ)
    runs = [sources(entry["notebook"]) for entry in corpus().values() if entry["runs"]]
    results = [_compare(cells) for cells in (*runs, *(make(seed) for seed in range(160)))]
    os.environ.clear()
    os.environ.update(kept)
    assert len(results) >= 200
    seen, found, silent = (sum(part) for part in zip(*results, strict=True))
    assert seen > 1500
    assert found / seen >= 0.99
    assert silent == 0


def test_every_notebook_of_the_corpus_is_read() -> None:
    for entry in corpus().values():
        made = graph(*sources(entry["notebook"]))
        assert len(list(made)) == len(sources(entry["notebook"]))

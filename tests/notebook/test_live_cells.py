"""Cells as they are run one by one: what is stale, what a deleted cell takes along."""

from __future__ import annotations

from workflow_kernel.notebook.live_cells import Changed, LiveCells


def ran(**sources: str) -> LiveCells:
    cells = LiveCells()
    for cell, source in sources.items():
        cells.ran(cell, source)
    return cells


def test_what_depends_on_a_cell_that_ran_again_is_stale() -> None:
    cells = ran(a="x = 1", b="y = x", c="print(y)", d="z = 2")
    assert cells.ran("a", "x = 2").stale == ("b", "c")
    assert cells.stale == ("b", "c")
    assert cells.needed("c", "print(y)") == ("b",)
    cells.ran("b", "y = x")
    assert cells.stale == ("c",)


def test_order_in_the_file_does_not_matter() -> None:
    cells = ran(late="print(total(3))", early="def total(n):\n    return n + base", base="base = 1")
    assert cells.order.index("base") < cells.order.index("late")
    assert cells.ran("base", "base = 2").stale == ("late",)


def test_a_function_brings_what_it_reads() -> None:
    cells = ran(k="k = 1", f="def f(v):\n    return v * k", use="f(3)")
    assert cells.ran("k", "k = 5").stale == ("use",)


def test_a_deleted_cell_takes_its_variables_along() -> None:
    cells = ran(a="x = 1\nshared = 1", b="y = x", c="shared = 2")
    assert cells.deleted("a") == Changed(stale=("b",), removed=("x",))
    assert cells.deleted("a") == Changed()
    assert "a" not in cells


def test_a_name_a_cell_no_longer_defines_is_gone() -> None:
    cells = ran(a="x = 1\nold = 2")
    assert cells.ran("a", "x = 1").removed == ("old",)


def test_names_that_several_cells_define_are_told() -> None:
    cells = ran(a="import os\nx = 1")
    assert cells.ran("b", "import os\nx = 2").twice == {"x": ("a",)}


def test_cells_that_need_each_other_come_in_the_order_they_ran() -> None:
    cells = ran(a="b = 0 if 'a' not in dir() else a", c="a = b")
    assert cells.order == ("a", "c")

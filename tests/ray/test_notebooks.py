"""A notebook's cells on a cluster: they show what they show here, and share what they share."""

from __future__ import annotations

from tests.notebook.documents import notebook
from tests.ray.conftest import Make
from workflow_kernel.interchange.notebook import from_notebook

CELLS = (
    "import numpy as np\nrows = []\na = np.arange(3)",
    "same = rows\nview = a[:2]",
    "def add(v):\n    same.append(v)\n    view[0] = v",
    "add(7)",
    "print(rows, a)",
    "{'total': int(a.sum())}",
)


async def test_cells_give_the_same(on_ray: Make) -> None:
    document = notebook(*CELLS)
    result = await on_ray().run(from_notebook(document, "x"))
    result.raise_if_failed()
    shown = {run.node.node.id: run.outputs[0].items().rows[0].json for run in result.runs}
    assert shown["c4"]["outputs"][0]["text"] == "[7] [7 1 2]\n"
    assert shown["c5"]["outputs"][0]["data"]["text/plain"] == "{'total': 10}"

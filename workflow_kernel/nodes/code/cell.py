"""Notebook cell: code as it stands in a notebook, with a port for every variable it takes and gives.

The worker process's side is ``worker.child_cell``.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from typing import Any

from workflow_kernel.cells.graph import CellGraph
from workflow_kernel.sdk import Batch, Context, Field, Items, NodeError, NodeType, Object, Outputs, Ports, node
from workflow_kernel.sdk.node import Port
from workflow_kernel.worker.cell_ports import after_port, variable_port
from workflow_kernel.worker.child_batches import given
from workflow_kernel.worker.child_values import Pickled, PickledObject

ENTRY = "workflow_kernel.worker.child_cell:run"


@node(
    "code.cell",
    title="Notebook cell",
    inputs=(Port("main", "any"),),
    outputs=(Port("main", "items"),),
    required="all",
    where="process",
    pure=False,
    reads="declared",
    icon="square-terminal",
    keywords=("jupyter", "ipynb", "python", "code", "notebook"),
)
class Cell(NodeType):
    """Runs a cell of a notebook: its variables come in and go out by ports of their names.

    The code runs in a worker process as in a notebook: magics, `display`, plots and the value of the last line are
    there. What it shows leaves by `main`, as a notebook keeps it. Made by `workflow from-notebook`; by hand, ports are
    told by the code unless they are named.
    """

    code: str = Field("", description="The cell.", expression=False, widget="code", language="python")
    takes: list[str] | None = Field(
        None, description="Variables that come in; those the code uses when empty.", expression=False
    )
    gives: list[str] | None = Field(
        None, description="Variables that go out; those the code defines or changes when empty.", expression=False
    )
    after: list[str] = Field(
        default_factory=list,
        description="Ids of nodes it waits for without a variable of theirs, each with a port.",
        expression=False,
        section="Options",
    )
    settings: list[str] = Field(
        default_factory=list,
        description="Statements of earlier cells that hold for the whole process, repeated before the code runs.",
        expression=False,
        section="Options",
    )
    may_fail: bool = Field(
        False, description="Go on when it fails, as cells do that are tagged raises-exception.", section="Options"
    )
    kept_in: str = Field(
        "",
        description="Folder that keeps results, so that an equal run is not done again; none when empty.",
        expression=False,
        section="Options",
    )

    @classmethod
    def ports(cls, parameters: Mapping[str, Any]) -> Ports:
        """A port for each variable."""
        takes, gives = _named(parameters)
        inputs = [Port("main", "any"), *(Port(variable_port(name), "any") for name in takes)]
        inputs += [Port(after_port(str(cell)), "any") for cell in parameters.get("after") or ()]
        return Ports(
            tuple(inputs), (Port("main", "items"), *(Port(variable_port(name), "any") for name in gives)), "all"
        )

    async def run(self, batch: Batch, ctx: Context) -> Outputs:
        """Run the code in a worker process."""
        takes, gives = _named({"code": self.code, "takes": self.takes, "gives": self.gives})
        batches = dict(zip(takes, ctx.inputs()[1:], strict=False))
        data = {
            "takes": {name: _sent(found) for name, found in batches.items() if len(found)},
            "gives": list(gives),
            "settings": self.settings,
            "may_fail": self.may_fail,
            "kept_in": str(ctx.folder / self.kept_in) if self.kept_in else "",
        }
        answer = await ctx.run_python(self.code, data, entry=ENTRY)
        if answer["failure"] is not None and not self.may_fail:
            failure = answer["failure"]
            raise NodeError(
                failure["message"],
                description=failure["description"],
                data={"outputs": answer["outputs"]},
                code=failure.get("code") or "WF301",
                mend=failure.get("mend") or "",
            )
        shown = {"outputs": answer["outputs"], "seconds": answer["seconds"], "is_kept": answer["is_kept"]}
        return {"main": Items.of(shown), **{variable_port(name): _received(answer["given"][name]) for name in gives}}


def _named(parameters: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The variables that come in and go out."""
    takes, gives = parameters.get("takes"), parameters.get("gives")
    if takes is None or gives is None:
        graph = CellGraph()
        graph.update([("cell", str(parameters.get("code", "")))])
        facts = graph["cell"]
        takes = list(facts.uses) if takes is None else takes
        gives = list(facts.gives) if gives is None else gives
    return list(dict.fromkeys(map(str, takes))), list(dict.fromkeys(map(str, gives)))


def _sent(batch: Batch) -> Any:
    """A variable as the process gets it: what another cell made goes unopened."""
    if isinstance(batch, PickledObject):
        parts = [pickle.PickleBuffer(part) for part in batch.pickled.buffers]
        return {"kind": "pickled", "data": pickle.PickleBuffer(batch.pickled.data), "buffers": parts}
    return given(batch)


def _received(value: Any) -> Batch:
    return PickledObject(value) if isinstance(value, Pickled) else Object(value)

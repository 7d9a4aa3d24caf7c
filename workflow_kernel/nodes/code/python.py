"""Python: a user's code over items, tables or any object, in a worker process.

The worker process's side is ``worker.child_node``.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Mapping
from typing import Any, Literal

from workflow_kernel.sdk import EMPTY, Batch, Context, Field, NodeType, node
from workflow_kernel.sdk.node import Port
from workflow_kernel.worker.child_batches import batch_of, given, report_failures

ENTRY = "workflow_kernel.worker.child_node:run"

STARTING_POINT = """\
for item in items:
    item["new_field"] = 1
return items
"""


@node(
    "code.python",
    inputs=(Port("main", "any"),),
    outputs=(Port("main", "any"),),
    where="process",
    pure=False,
    reads="all",
    icon="code",
    keywords=("code", "script", "function", "pandas", "polars", "numpy"),
)
class Python(NodeType):
    """Runs Python code over the items, once for all of them or once for each.

    The code is the body of a function: `return` gives the result, imports and functions may stand in it, and `await`
    works. What it prints goes to the log.

    It sees `items`, a list whose entries have `item.json` and `item.binary` and can be used like the JSON object
    itself (`item["name"]`); `item` and `index` when run for each item; `value` when the input is an object; `table`,
    the input as an Arrow table; `node("Name")` with `.items`, `.first()`, `.last()` and `.item` of an earlier node;
    `now`; `variables`; `read_binary(item, "data")` for the bytes of an attachment, `attach(data, name="a.csv")` to
    make one, and `progress(0.5, "half way")`. n8n's names (`_input`, `_items`, `_json` ...) are there too.

    It returns an object, a list of objects or items, a pandas or polars data frame, an Arrow table, any other Python
    object, or nothing.
    """

    code: str = Field(
        STARTING_POINT, description="The body of a function.", expression=False, widget="code", language="python"
    )
    mode: Literal["all", "each"] = Field(
        "all", description="Whether the code runs once for all items, or once for each of them.", expression=False
    )

    @classmethod
    def check(cls, parameters: Mapping[str, Any]) -> list[str]:
        """A sentence when the code is not Python."""
        try:
            ast.parse(textwrap.dedent(str(parameters.get("code", ""))))
        except SyntaxError as error:
            return [f"The code is not Python: {error.msg} (line {error.lineno})."]
        except (ValueError, RecursionError, MemoryError) as error:
            return [f"The code cannot be read: {error}."]
        return []

    async def run(self, batch: Batch, ctx: Context) -> Batch:
        """Run the code in a worker process."""
        entered = batch if batch is not None else EMPTY
        data = {
            "input": given(entered),
            "each": self.mode == "each",
            "stops": ctx.stops_on_error,
            "timezone": ctx.timezone,
            "now": ctx.now().timestamp(),
        }
        answer = await ctx.run_python(self.code, data, entry=ENTRY)
        report_failures(answer, ctx)
        return batch_of(answer, entered)

"""SQL: queries the items and tables that come in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from workflow_kernel.nodes.data import _tables
from workflow_kernel.sdk import Batch, Context, Field, NodeError, NodeType, Ports, node


@node(
    "data.query",
    title="SQL",
    inputs=("input1", "input2"),
    where="thread",
    icon="database-zap",
    keywords=("sql", "duckdb", "select", "join", "group", "table", "analytics"),
)
class Query(NodeType):
    """Queries the items or tables that come in by SQL: input1, input2 ... are the tables."""

    query: str = Field(
        description="SQL of DuckDB; input1, input2 ... are the inputs, $name a parameter.", widget="code",
        language="sql", placeholder="SELECT a.*, b.price FROM input1 a JOIN input2 b USING (id)",
    )  # fmt: skip
    inputs: int = Field(2, ge=1, le=_tables.MOST_INPUTS, description="How many inputs there are.", expression=False)
    parameters: dict[str, Any] | list[Any] | str = Field(
        {}, description="Values for $name, or a list for $1 ...", widget="json"
    )
    result: _tables.Result = Field(
        "auto", description="Whether items or a table go on; auto gives a table where one came in.", section="Options"
    )

    @classmethod
    def ports(cls, parameters: Mapping[str, Any]) -> Ports:
        """As many inputs as asked for."""
        count = parameters.get("inputs", 2)
        return Ports.named(tuple(_tables.input_names(count if isinstance(count, int) else 2)), ("main",))

    def run(self, batch: Batch, ctx: Context) -> Batch:
        """The rows the query gives."""
        batches = ctx.inputs()
        tables = {
            name: _tables.as_arrow(entry)
            for name, entry in zip(_tables.input_names(self.inputs), batches, strict=False)
        }
        table = _tables.run_sql(self.query, tables, self._parameters(), lambda: ctx.is_cancelled)
        return _tables.as_batch(table, batches, self.result, None)

    def _parameters(self) -> dict[str, Any] | list[Any]:
        given: Any = self.parameters
        if isinstance(given, str):
            try:
                given = json.loads(given or "{}")
            except (ValueError, RecursionError):
                given = None
        if not isinstance(given, dict | list):
            raise NodeError("Parameter 'parameters' is not a JSON object or list.", mend='Write it as {"name": 1}.')
        return given

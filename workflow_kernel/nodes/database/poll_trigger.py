"""Postgres poll trigger: starts a workflow when a query gives new rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workflow_kernel.nodes._polled import is_by_hand
from workflow_kernel.nodes.database._statements import bind
from workflow_kernel.nodes.flow._given import given
from workflow_kernel.sdk import Batch, Context, Credential, Field, Item, Items, NodeError, NodeType, node
from workflow_kernel.sdk.schedules import Rule
from workflow_kernel.sdk.triggers import Listener, Polls


@node(
    "database.poll_trigger",
    title="Postgres poll trigger",
    trigger=True,
    credentials=(Credential("postgres", ("postgres",)),),
    icon="database",
    keywords=("sql", "postgres", "postgresql", "poll", "new", "rows", "changed", "watch", "cursor"),
)
class DatabasePollTrigger(NodeType):
    """Starts the workflow when a query gives rows beyond the last one, one item each."""

    query: str = Field(
        description="SQL that gives rows beyond :cursor, in order.", widget="code", language="sql", expression=False,
        placeholder="select * from orders where id > :cursor order by id limit 100",
    )  # fmt: skip
    column: str = Field("id", description="Column whose value in the last row is the next cursor.", min_length=1)
    start: str | int | float = Field(
        0, description="The first cursor; rows beyond it that are there already start the workflow too."
    )
    rules: list[Rule] = Field(
        default_factory=lambda: [Rule(every=1, unit="minutes")], description="When it looks.", expression=False,
        widget="list",
    )  # fmt: skip
    timeout: float = Field(60.0, gt=0, description="Seconds a statement may take.", section="Options")
    dsn: str = Field(
        "", description="Where to connect, in place of a credential.", secret=True, section="Options",
        placeholder="postgresql://user:password@host:5432/database",
    )  # fmt: skip

    @classmethod
    def check(cls, parameters: Mapping[str, Any]) -> list[str]:
        """What is wrong with its rules."""
        rules = parameters.get("rules")
        checked = (Rule.model_validate(rule) for rule in (rules if isinstance(rules, list) else ()))
        return [problem for rule in checked if (problem := rule.problem())]

    def listeners(self) -> Sequence[Listener]:
        """Looks at its moments."""
        return [Polls(tuple(self.rules))]

    async def run(self, ctx: Context) -> Batch:
        """Send the rows beyond the last one."""
        found = given(ctx)
        if found is not None:
            return found
        rows = await self._rows(ctx)
        if rows and not is_by_hand(ctx):
            if self.column not in rows[-1]:
                raise NodeError(f"The rows have no column '{self.column}'.", mend="Correct 'column', or the query.")
            ctx.state["cursor"] = rows[-1][self.column]
        return Items([Item(row) for row in rows])

    async def _rows(self, ctx: Context) -> list[dict[str, Any]]:
        import psycopg

        from workflow_kernel.nodes.database import _connection

        cursor = self.start if is_by_hand(ctx) else ctx.state.get("cursor", self.start)
        statement = bind(self.query, {"cursor": cursor})
        where = (self.dsn, ctx.credential("postgres"), self.timeout, ctx.check_address)
        async with _connection.connect(*where) as connection:
            try:
                rows = await _connection.send(connection, statement)
            except psycopg.Error as error:
                raise _connection.as_node_error(error) from None
        return [{name: _connection.plain(value, "number") for name, value in row.items()} for row in rows]

"""Database: reads and writes Postgres."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from workflow_kernel.nodes.database import _n8n_postgres
from workflow_kernel.nodes.database._statements import Condition, Order, Statement, Table, Where, adapted, bind
from workflow_kernel.sdk import Context, Credential, Field, Item, Items, Lineage, NodeError, NodeType, node

if TYPE_CHECKING:
    from workflow_kernel.nodes.database._connection import Connection, Rows

_FORM = ["select", "insert", "upsert", "update", "delete"]
_WRITES = ["insert", "upsert", "update"]


@node(
    "database.query",
    title="Postgres",
    pure=False,
    per_item=(
        "query", "parameters", "schema_name", "table", "values", "columns", "match", "where", "combine", "order",
        "limit", "returning",
    ),
    credentials=(Credential("postgres", ("postgres",)),),
    imports={"n8n-nodes-base.postgres": _n8n_postgres.convert},
    icon="database",
    keywords=("sql", "postgres", "postgresql", "select", "insert", "update", "upsert", "delete", "table"),
)  # fmt: skip
class DatabaseQuery(NodeType):
    """Runs SQL on a Postgres database, or reads and changes the rows of a table."""

    operation: Literal["query", "select", "insert", "upsert", "update", "delete"] = Field(
        "query", description="What is done."
    )
    query: str = Field(
        "", description="SQL, with $1 or :name where parameters go.", widget="code", language="sql",
        show={"operation": "query"},
    )  # fmt: skip
    parameters: list[Any] | dict[str, Any] | str = Field(
        [], description="Parameters: a list for $1 ..., an object for :name.", widget="json",
        show={"operation": "query"},
    )  # fmt: skip
    table: str = Field("", description="Table to work on.", show={"operation": _FORM})
    values: dict[str, Any] | str | None = Field(
        None, description="Value by column; the item's own fields when not given.", widget="key-value",
        show={"operation": _WRITES},
    )  # fmt: skip
    match: list[str] = Field(
        [], description="Columns that tell which row is meant.", show={"operation": ["upsert", "update", "delete"]}
    )
    columns: list[str] = Field([], description="Columns to read; all when empty.", show={"operation": "select"})
    where: list[Condition] = Field(
        [], description="Conditions rows must meet.", show={"operation": ["select", "update", "delete"]}
    )
    combine: Literal["and", "or"] = Field(
        "and",
        description="Whether all conditions must be met or any.",
        show={"operation": ["select", "update", "delete"]},
    )
    order: list[Order] = Field([], description="Columns to sort by.", show={"operation": "select"})
    limit: int | None = Field(None, ge=0, description="Most rows to read.", show={"operation": "select"})
    run_for: Literal["each", "once"] = Field("each", description="Whether it is run for each item or once.")
    mode: Literal["single", "independent", "transaction"] = Field(
        "independent",
        description="Whether items stand alone, or all are done or none: one after another or sent together.",
        section="Options",
    )
    schema_name: str = Field(
        "public", description="Schema the table is in.", section="Options", show={"operation": _FORM}
    )
    returning: list[str] = Field(
        [], description="Columns given of the rows written; all when empty.", section="Options",
        show={"operation": ["insert", "upsert", "update", "delete"]},
    )  # fmt: skip
    skip_conflicts: bool = Field(
        False, description="Whether a row that exists is left alone.", section="Options", show={"operation": "insert"}
    )
    decimals: Literal["number", "text"] = Field(
        "number", description="How exact decimals are given; text keeps every digit.", section="Options"
    )
    confirm: bool = Field(
        False, description="Whether a statement that reads nothing and gives no rows gives {success: true}.",
        section="Options",
    )  # fmt: skip
    exactly_once: bool = Field(
        False,
        description="Whether a run that is tried again finds its effect done; kept in a table workflow_effects.",
        section="Options",
    )
    timeout: float = Field(60.0, gt=0, description="Seconds a statement may take.", section="Options")
    dsn: str = Field(
        "", description="Where to connect, in place of a credential.", secret=True, section="Options",
        placeholder="postgresql://user:password@host:5432/database",
    )  # fmt: skip

    async def run(self, items: Items, ctx: Context) -> Items:
        """Send the statements of all items; rows are linked to the item they were read or written for."""
        import psycopg

        from workflow_kernel.nodes.database import _connection
        from workflow_kernel.nodes.database._work import Work

        where = (self.dsn, ctx.credential("postgres"), self.timeout, ctx.check_address)
        async with _connection.connect(*where) as connection:
            try:
                if self.exactly_once:
                    await _connection.make_effects_table(connection)
                table = await self._described(connection, ctx)
                count = len(items) if self.run_for == "each" else min(1, len(items))
                work = Work(self, items, ctx, connection, table)
                if self.mode == "independent":
                    found = await work.independent(count)
                else:
                    found = await work.together(count)
            except psycopg.Error as error:
                raise _connection.as_node_error(error) from None
        return self._linked(found, ctx, len(items))

    def statement(self, item: Item, table: Callable[[str, str], Table]) -> Statement:
        """What is sent for one item; ``self`` is resolved for it."""
        if self.operation == "query":
            if not self.query.strip():
                raise NodeError("There is no query.", mend="Fill in 'query'.")
            bound = bind(self.query, _given(self.parameters))
            return Statement(bound.text, tuple(adapted(value) for value in bound.values))
        target = table(self.schema_name, self.table)
        where = Where(self.where, self.combine)
        row = item.json if self.values is None else _row(self.values)
        match self.operation:
            case "select":
                return target.select(self.columns, where, self.order, self.limit)
            case "insert":
                return target.insert(row, self.returning, self.skip_conflicts)
            case "upsert":
                return target.upsert(row, self.match, self.returning)
            case "update":
                return target.update(row, where, self.match, self.returning)
            case "delete":
                return target.delete(row, where, self.match, self.returning)

    async def _described(self, connection: Connection, ctx: Context) -> Callable[[str, str], Table]:
        """Finds tables the items name; each is looked up once."""
        from workflow_kernel.nodes.database import _connection

        if self.operation == "query":
            return lambda schema, name: Table(schema, name, {})
        names = dict.fromkeys(zip(ctx.column("schema_name"), ctx.column("table"), strict=True))
        described: dict[tuple[str, str], Table] = {}
        for given_schema, given_name in names:
            schema = given_schema if isinstance(given_schema, str) else "public"
            name = str(given_name or "")
            described[schema, name] = Table(schema, name, await _connection.columns(connection, schema, name))
        return lambda schema, name: described[schema, name]

    def _linked(self, found: dict[int, Rows], ctx: Context, total: int) -> Items:
        rows: list[Item] = []
        sources: list[int] = []
        for index, entries in found.items():
            rows.extend(Item(entry) for entry in entries)
            sources.extend([index] * len(entries))
        if self.run_for == "once":
            everything = [(0, index) for index in range(total)]
            return Items(rows, Lineage.many([everything] * len(rows)))
        return Items(rows, Lineage.one(sources))


def _given(parameters: list[Any] | dict[str, Any] | str) -> list[Any] | dict[str, Any]:
    if not isinstance(parameters, str):
        return parameters
    try:
        value = json.loads(parameters or "[]")
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, list | dict):
        return value
    raise NodeError("Parameter 'parameters' is not a JSON list or object.", mend='Write it as [1, "a"] or {"a": 1}.')


def _row(values: dict[str, Any] | str) -> dict[str, Any]:
    value: Any = values
    if isinstance(values, str):
        try:
            value = json.loads(values or "{}")
        except (ValueError, RecursionError):
            value = None
    if isinstance(value, dict):
        return value
    raise NodeError("Parameter 'values' is not a JSON object.", mend='Write it as {"column": "value"}.')

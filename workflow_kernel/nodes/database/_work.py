"""The statements of one run of the Postgres node: each by itself, or all or none, and exactly once where asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import psycopg

from workflow_kernel.nodes.database import _connection
from workflow_kernel.nodes.database._connection import Connection, Rows
from workflow_kernel.nodes.database._statements import Statement, Table
from workflow_kernel.sdk import Context, Items, NodeError

if TYPE_CHECKING:
    from workflow_kernel.nodes.database.query import DatabaseQuery

_READS = re.compile(r"\s*(?:SELECT|TABLE|VALUES|SHOW)\b", re.IGNORECASE)


class Work:
    """The statements of one run."""

    def __init__(
        self, node: DatabaseQuery, items: Items, ctx: Context, connection: Connection,
        table: Callable[[str, str], Table],
    ) -> None:  # fmt: skip
        self.node, self.items, self.ctx, self.connection, self.table = node, items, ctx, connection, table

    def statement(self, index: int) -> Statement:
        """What is sent for an item."""
        mine = self.ctx.at(self.node, index)
        return mine.statement(self.items[index], self.table)

    async def independent(self, count: int) -> dict[int, Rows]:
        """Each item by itself; one that fails does not touch the others."""
        found: dict[int, Rows] = {}
        for index in range(count):
            try:
                statement = self.statement(index)
                if self.node.exactly_once:
                    (rows,) = await self._once(self.ctx.item_token(index), [statement])
                else:
                    rows = self._given(statement, await _connection.send(self.connection, statement))
                found[index] = rows
            except psycopg.Error as error:
                self.ctx.fail(index, _connection.as_node_error(error))
            except NodeError as error:
                self.ctx.fail(index, error)
        return found

    async def together(self, count: int) -> dict[int, Rows]:
        """All items or none."""
        statements = [self.statement(index) for index in range(count)]
        if self.node.exactly_once:
            results = await self._once(self.ctx.token, statements)
        else:
            async with self.connection.transaction():
                results = await self._send(statements)
        return dict(enumerate(results))

    async def _once(self, token: str, statements: Sequence[Statement]) -> list[Rows]:
        async with self.connection.transaction():
            earlier = await _connection.earlier_effect(self.connection, token)
            if earlier is not None:
                return list(earlier)
            results = await self._send(statements)
            await _connection.keep_effect(self.connection, token, results)
            return results

    async def _send(self, statements: Sequence[Statement]) -> list[Rows]:
        if self.node.mode == "single" and all(statement.values for statement in statements):
            answers = await _connection.send_all(self.connection, statements)
            return [self._given(statement, rows) for statement, rows in zip(statements, answers, strict=True)]
        results = []
        for index, statement in enumerate(statements):
            try:
                results.append(self._given(statement, await _connection.send(self.connection, statement)))
            except psycopg.Error as error:
                failure = _connection.as_node_error(error)
                failure.item = index
                raise failure from None
        return results

    def _given(self, statement: Statement, rows: Rows) -> Rows:
        """A statement's rows as they go on."""
        if not rows and self.node.confirm and not _READS.match(statement.text):
            return [{"success": True}]
        decimals = self.node.decimals
        return [{name: _connection.plain(value, decimals) for name, value in row.items()} for row in rows]

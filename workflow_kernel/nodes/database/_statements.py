"""Making SQL statements: named parameters of a query, and statements built from a form.

Values never become part of the text; names are quoted by psycopg. Sending statements does not belong here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from workflow_kernel.sdk import Field, Model, NodeError

Operator = Literal[
    "equals", "not_equals", "greater", "greater_or_equal", "less", "less_or_equal", "like", "not_like", "in", "not_in",
    "is_null", "is_not_null",
]  # fmt: skip
_SYMBOLS = {
    "equals": "=", "not_equals": "<>", "greater": ">", "greater_or_equal": ">=", "less": "<", "less_or_equal": "<=",
    "like": "LIKE", "not_like": "NOT LIKE",
}  # fmt: skip

_TOKEN = re.compile(
    r"""(?P<skip>
        '(?:[^'\\]|''|\\.)*'            # a text
      | "(?:[^"]|"")*"                  # a quoted name
      | --[^\n]*                        # a comment
      | /\*.*?\*/
      | (?P<tag>\$(?:[A-Za-z_]\w*)?\$).*?(?P=tag)
      | ::
      | :=
    )
    | (?<![\w\]:]):(?P<name>[A-Za-z_]\w*)
    | \$(?P<number>\d+)""",
    re.VERBOSE | re.DOTALL,
)


class Statement(NamedTuple):
    """SQL with ``$1`` ... and their values."""

    text: str
    values: tuple[Any, ...] = ()


class Condition(Model):
    """A comparison a row must meet."""

    column: str = Field(description="Column that is compared.")
    operator: Operator = Field("equals", description="How it is compared.")
    value: Any = Field(None, description="What it is compared with.")


class Order(Model):
    """A column rows are sorted by."""

    column: str = Field(description="Column to sort by.")
    descending: bool = Field(False, description="Whether the largest comes first.")


def bind(query: str, parameters: Sequence[Any] | Mapping[str, Any]) -> Statement:
    """A query with its parameters: ``$1`` ... for a list, ``:name`` for an object.

    Raises
    ------
    NodeError: the query names a parameter that is not given.
    """
    if not isinstance(parameters, Mapping):
        _check_numbers(query, len(parameters))
        return Statement(query, tuple(parameters))
    numbers: dict[str, int] = {}

    def numbered(found: re.Match[str]) -> str:
        name = found["name"]
        if name is None:
            return found[0]
        if name not in parameters:
            known = ", ".join(f"':{key}'" for key in parameters) or "none"
            raise NodeError(f"The query has ':{name}', which is no parameter.", mend=f"Parameters given: {known}.")
        return f"${numbers.setdefault(name, len(numbers) + 1)}"

    text = _TOKEN.sub(numbered, query)
    return Statement(text, tuple(parameters[name] for name in numbers))


def _check_numbers(query: str, count: int) -> None:
    numbers = [int(found["number"]) for found in _TOKEN.finditer(query) if found["number"]]
    if numbers and max(numbers) > count:
        raise NodeError(
            f"The query has ${max(numbers)}, but {count} parameters are given.", mend="Add the missing parameters."
        )


class Table:
    """Builds statements for one table.

    Parameters
    ----------
    schema, name: of the table. json_columns: columns whose values are stored as JSON.
    """

    def __init__(self, schema: str, name: str, columns: Mapping[str, str]) -> None:
        self._name = f"{quoted(schema)}.{quoted(name)}"
        self._label = f"{schema}.{name}"
        self._columns = columns

    def insert(self, row: Mapping[str, Any], returning: Sequence[str], skip: bool) -> Statement:
        """Adds a row; an existing one is left alone when ``skip``."""
        conflict = " ON CONFLICT DO NOTHING" if skip else ""
        return self._insert(row, conflict, returning)

    def upsert(self, row: Mapping[str, Any], match: Sequence[str], returning: Sequence[str]) -> Statement:
        """Adds a row, or changes the one with the same values in ``match``."""
        if not match:
            raise NodeError("An upsert needs columns that tell rows apart.", mend="Fill in 'match'.")
        self._check([*row, *match])
        rest = [name for name in row if name not in match]
        change = ", ".join(f"{quoted(name)} = EXCLUDED.{quoted(name)}" for name in rest)
        target = ", ".join(quoted(name) for name in match)
        action = f"DO UPDATE SET {change}" if change else "DO NOTHING"
        return self._insert(row, f" ON CONFLICT ({target}) {action}", returning)

    def update(self, row: Mapping[str, Any], where: Where, match: Sequence[str], returning: Sequence[str]) -> Statement:
        """Changes the rows that meet ``where`` and have the row's values in ``match``."""
        changed = {name: value for name, value in row.items() if name not in match}
        self._check(row)
        if not changed:
            raise NodeError("The update changes no column.", mend="Fill in 'values' with other columns than 'match'.")
        values = [self._adapted(name, value) for name, value in changed.items()]
        sets = ", ".join(f"{quoted(name)} = ${number}" for number, name in enumerate(changed, 1))
        condition = self._where(where.matching(row, match), values)
        if not condition:
            raise NodeError("The update has no condition.", mend="Fill in 'match' or 'where'.")
        return Statement(f"UPDATE {self._name} SET {sets}{condition}{_returning(returning)}", tuple(values))  # noqa: S608 - names are quoted

    def delete(self, row: Mapping[str, Any], where: Where, match: Sequence[str], returning: Sequence[str]) -> Statement:
        """Removes the rows that meet ``where`` and have the row's values in ``match``."""
        values: list[Any] = []
        condition = self._where(where.matching(row, match), values)
        if not condition:
            raise NodeError(
                f"The delete has no condition and would empty {self._label}.",
                mend="Fill in 'match' or 'where'; to empty a table on purpose write TRUNCATE as a query.",
            )
        return Statement(f"DELETE FROM {self._name}{condition}{_returning(returning)}", tuple(values))  # noqa: S608 - names are quoted

    def select(self, columns: Sequence[str], where: Where, order: Sequence[Order], limit: int | None) -> Statement:
        """Reads rows."""
        values: list[Any] = []
        text = f"SELECT {_listed(columns)} FROM {self._name}{self._where(where, values)}"  # noqa: S608 - names are quoted
        if order:
            keys = (quoted(key.column) + (" DESC" if key.descending else "") for key in order)
            text += f" ORDER BY {', '.join(keys)}"
        if limit is not None:
            values.append(limit)
            text += f" LIMIT ${len(values)}"
        return Statement(text, tuple(values))

    def _insert(self, row: Mapping[str, Any], conflict: str, returning: Sequence[str]) -> Statement:
        self._check(row)
        if not row:
            return Statement(f"INSERT INTO {self._name} DEFAULT VALUES{conflict}{_returning(returning)}")
        names = ", ".join(quoted(name) for name in row)
        places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
        text = f"INSERT INTO {self._name} ({names}) VALUES ({places}){conflict}{_returning(returning)}"  # noqa: S608 - names are quoted
        return Statement(text, tuple(self._adapted(name, value) for name, value in row.items()))

    def _check(self, names: Sequence[str] | Mapping[str, Any]) -> None:
        unknown = [name for name in names if name not in self._columns]
        if unknown:
            known = ", ".join(f"'{name}'" for name in self._columns)
            raise NodeError(f"Table {self._label} has no column '{unknown[0]}'.", mend=f"Its columns: {known}.")

    def _adapted(self, name: str, value: Any) -> Any:
        if value is not None and self._columns.get(name) in ("json", "jsonb"):
            return as_json(value)
        return value

    def _where(self, where: Where, values: list[Any]) -> str:
        self._check([condition.column for condition in where.conditions])
        parts = [self._condition(condition, values) for condition in where.conditions]
        return f" WHERE {f' {where.combine.upper()} '.join(parts)}" if parts else ""

    def _condition(self, condition: Condition, values: list[Any]) -> str:
        name, operator, value = quoted(condition.column), condition.operator, condition.value
        if operator in ("is_null", "is_not_null"):
            return f"{name} IS {'NOT ' if operator == 'is_not_null' else ''}NULL"
        if operator in ("in", "not_in"):
            listed = value if isinstance(value, list) else str(value).split(",")
            values.append([_compared(entry) for entry in listed])
            kind = self._columns[condition.column]
            return f"{name} {'= ANY' if operator == 'in' else '<> ALL'}(${len(values)}::{kind}[])"
        if value is None and operator in ("equals", "not_equals"):
            return f"{name} IS {'NOT ' if operator == 'not_equals' else ''}NULL"
        values.append(_compared(value))
        return f"{name} {_SYMBOLS[operator]} ${len(values)}"


class Where(NamedTuple):
    """Conditions and how they go together."""

    conditions: Sequence[Condition] = ()
    combine: Literal["and", "or"] = "and"

    def matching(self, row: Mapping[str, Any], match: Sequence[str]) -> Where:
        """These conditions, or where ``match`` names columns, equality with the row's values."""
        if not match:
            return self
        missing = [name for name in match if name not in row]
        if missing:
            raise NodeError(f"The item has no value for '{missing[0]}'.", mend="Correct 'match' or 'values'.")
        own = [Condition(column=name, value=row[name]) for name in match]
        if self.conditions and self.combine == "or":
            raise NodeError("'match' and conditions joined by 'or' exclude each other.", mend="Use one of them.")
        return Where([*own, *self.conditions])


def _compared(value: Any) -> Any:
    """A value as text without a type, so that Postgres takes the column's."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def as_json(value: Any) -> Any:
    """A value that is stored as JSON."""
    from psycopg.types.json import Jsonb

    return Jsonb(value)


def adapted(value: Any) -> Any:
    """A query's parameter: objects, and lists of objects, go as JSON."""
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(entry, dict | list) for entry in value)):
        return as_json(value)
    return value


def quoted(name: str) -> str:
    """A name as SQL, safe whatever it holds."""
    from psycopg import sql

    return sql.Identifier(name).as_string()


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(quoted(name) for name in columns) if columns else "*"


def _returning(columns: Sequence[str]) -> str:
    return f" RETURNING {_listed(columns)}"

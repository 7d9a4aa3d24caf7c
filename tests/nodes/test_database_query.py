"""The Postgres node, against a real Postgres."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from workflow_kernel.base.errors import NodeError
from workflow_kernel.nodes.database._statements import bind
from workflow_kernel.runs.outcome import Failed
from workflow_kernel.sdk.imports import ImportedNode
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.testing import NodeResult, run_node, run_node_async

Connection = psycopg.Connection[Any]


@pytest.fixture
def db(postgres: str) -> Iterator[Connection]:
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS workflow_effects; DROP TABLE IF EXISTS people")
        connection.execute(
            'CREATE TABLE people (id serial PRIMARY KEY, name text UNIQUE, "Age" int, data jsonb, zip text, '
            "born date, tags text[])"
        )
        yield connection


def run(postgres: str, *items: Any, options: dict[str, Any] | None = None, **parameters: Any) -> NodeResult:
    return run_node("database.query", {"dsn": postgres, **parameters}, list(items) or [{}], **(options or {}))


def names(db: Connection) -> list[str]:
    return [row[0] for row in db.execute("SELECT name FROM people ORDER BY id")]


def test_a_query_runs_for_each_item_with_its_parameters(postgres: str, db: Connection) -> None:
    query = "SELECT * FROM generate_series(1, $1::int) AS n"
    result = run(postgres, {"n": 2}, {"n": 0}, {"n": 1}, query=query, parameters=["={{ $json.n }}"])
    assert result.json() == [{"n": 1}, {"n": 2}, {"n": 1}]
    assert result.sources() == [[(0, 0)], [(0, 0)], [(0, 2)]]


def test_named_parameters_leave_texts_casts_and_comments_alone(postgres: str, db: Connection) -> None:
    query = "SELECT :a::int AS a, ':a' AS t, $q$ :b $q$ AS q, :a::int + :b::int AS s, '100%' AS p -- :c\n/* :d */"
    result = run(postgres, query=query, parameters={"a": 1, "b": 2})
    assert result.json() == [{"a": 1, "t": ":a", "q": " :b ", "s": 3, "p": "100%"}]
    assert "':missing', which is no parameter" in run(postgres, query="SELECT :missing", parameters={"a": 1}).error
    assert "has $2, but 1 parameters" in run(postgres, query="SELECT $1, $2", parameters=[1]).error
    assert bind("a[1:n] := :x", {"x": 1}).text == "a[1:n] := $1"


def test_values_come_back_as_json(postgres: str, db: Connection) -> None:
    query = (
        "SELECT '2024-01-02'::date d, '2024-01-02 03:04:05+00'::timestamptz at time zone 'UTC' t, 1.50::numeric n, "
        "7::numeric i, 'NaN'::float f, '\\x00ff'::bytea b, '{\"a\": [1]}'::jsonb j, ARRAY[1, 2] l, NULL z, "
        "'0b0e7e5c-0000-0000-0000-000000000000'::uuid u, '1 day'::interval v"
    )
    (row,) = run(postgres, query=query).json()
    assert row == {
        "d": "2024-01-02", "t": "2024-01-02T03:04:05", "n": 1.5, "i": 7, "f": None, "b": "AP8=", "j": {"a": [1]},
        "l": [1, 2], "z": None, "u": "0b0e7e5c-0000-0000-0000-000000000000", "v": "1 day, 0:00:00",
    }  # fmt: skip
    assert run(postgres, query="SELECT 1.50::numeric n", decimals="text").json() == [{"n": "1.50"}]


def test_several_statements_without_parameters_give_all_their_rows(postgres: str, db: Connection) -> None:
    result = run(postgres, query="INSERT INTO people (name) VALUES ('a'); SELECT name FROM people; SELECT 1 AS one")
    assert result.json() == [{"name": "a"}, {"one": 1}]


def test_items_are_inserted_and_their_rows_given(postgres: str, db: Connection) -> None:
    items = [
        {"name": 'O\'Hara "x"; --', "Age": 5, "data": [1, {"a": 2}], "zip": 12345, "born": "2000-01-02", "tags": ["a"]},
        {"name": "Bo", "Age": None},
    ]
    result = run(postgres, *items, operation="insert", table="people")
    assert result.json()[0] == {"id": 1, **items[0], "zip": "12345"}
    assert result.json()[1]["name"] == "Bo"
    assert result.sources() == [[(0, 0)], [(0, 1)]]
    assert run(postgres, {"name": "C"}, operation="insert", table="people", returning=["Age"]).json() == [{"Age": None}]


@pytest.mark.parametrize("mode", ["single", "transaction"])
def test_many_rows_are_inserted_all_or_none(postgres: str, db: Connection, mode: str) -> None:
    rows = [{"name": f"n{n}"} for n in range(2500)]
    result = run(postgres, *rows, operation="insert", table="people", mode=mode, returning=["name"])
    assert result.json() == rows
    assert result.sources()[2400] == [(0, 2400)]
    failed = run(postgres, {"name": "new"}, {"name": "n1"}, operation="insert", table="people", mode=mode)
    assert "duplicate key" in failed.error
    assert "new" not in names(db)


def test_independent_items_fail_alone(postgres: str, db: Connection) -> None:
    items = [{"name": "a"}, {"name": "a"}, {"name": "b"}]
    options = {"on_error": "branch"}
    result = run(postgres, *items, operation="insert", table="people", returning=["name"], options=options)
    assert result.json() == [{"name": "a"}, {"name": "b"}]
    assert result.sources() == [[(0, 0)], [(0, 2)]]
    (failed,) = result.json("error")
    assert "duplicate key" in failed["error"]
    assert names(db) == ["a", "b"]


def test_upsert_update_delete_and_select_by_form(postgres: str, db: Connection) -> None:
    table = {"table": "people"}
    for age in (1, 2):
        items = [{"name": "a", "Age": age}, {"name": "b", "Age": age}]
        run(postgres, *items, operation="upsert", match=["name"], **table).json()
    assert [row[0] for row in db.execute('SELECT "Age" FROM people')] == [2, 2]
    updated = run(
        postgres, {"n": "b"}, operation="update", values={"Age": 9, "name": "={{ $json.n }}"}, match=["name"], **table
    )
    assert [row["Age"] for row in updated.json()] == [9]
    where = [{"column": "Age", "operator": "greater", "value": "1"}]
    order = [{"column": "Age", "descending": True}]
    found = run(postgres, operation="select", columns=["name"], where=where, order=order, limit=1, **table)
    assert found.json() == [{"name": "b"}]
    either = [{"column": "name", "value": "a"}, {"column": "Age", "operator": "in", "value": [9, 10]}]
    assert len(run(postgres, operation="select", where=either, combine="or", **table).json()) == 2
    nothing = [{"column": "zip", "operator": "is_not_null"}]
    assert run(postgres, operation="select", where=nothing, **table).json() == []
    gone = run(postgres, {"name": "a"}, {"name": "zz"}, operation="delete", match=["name"], returning=["name"], **table)
    assert gone.json() == [{"name": "a"}]
    assert names(db) == ["b"]


def test_mistakes_are_named(postgres: str, db: Connection) -> None:
    assert "no column 'nope'" in run(postgres, {"nope": 1}, operation="insert", table="people").error
    assert "no table 'public.nope'" in run(postgres, operation="select", table="nope").error
    assert "would empty public.people" in run(postgres, operation="delete", table="people").error
    result = run(postgres, query="SELECT * FROM nope")
    assert isinstance(result.outcome, Failed)
    assert result.outcome.error.data is not None
    assert result.outcome.error.data["sqlstate"] == "42P01"
    assert 'relation "nope" does not exist' in result.error
    assert "There is no query" in run(postgres).error


def test_rows_that_exist_can_be_skipped(postgres: str, db: Connection) -> None:
    for _ in range(2):
        result = run(postgres, {"name": "a"}, operation="insert", table="people", skip_conflicts=True)
    assert result.json() == []


def test_once_sends_one_statement_linked_to_all_items(postgres: str, db: Connection) -> None:
    result = run(postgres, {}, {}, query="SELECT 1 AS a", run_for="once")
    assert result.json() == [{"a": 1}]
    assert result.sources() == [[(0, 0), (0, 1)]]


@pytest.mark.parametrize("mode", ["independent", "single", "transaction"])
def test_a_retried_effect_is_done_exactly_once(postgres: str, db: Connection, mode: str) -> None:
    query = "INSERT INTO people (zip) VALUES ($1) RETURNING id, zip"
    given: dict[str, Any] = {"query": query, "parameters": ["={{ $json.z }}"], "mode": mode, "exactly_once": True}
    first = run(postgres, {"z": "1"}, {"z": "2"}, **given).json()
    assert run(postgres, {"z": "1"}, {"z": "2"}, **given).json() == first
    assert db.execute("SELECT count(*) FROM people").fetchone() == (2,)


async def test_two_workers_with_the_same_token_do_the_effect_once(postgres: str, db: Connection) -> None:
    given = {
        "dsn": postgres, "operation": "insert", "table": "people", "mode": "transaction", "exactly_once": True,
    }  # fmt: skip
    results = await asyncio.gather(*(run_node_async("database.query", given, [{"zip": "1"}]) for _ in range(5)))
    assert {result.json()[0]["id"] for result in results} == {1}
    assert db.execute("SELECT count(*) FROM people").fetchone() == (1,)


def test_a_slow_statement_is_stopped(postgres: str) -> None:
    result = run(postgres, query="SELECT pg_sleep(30)", timeout=0.05)
    assert isinstance(result.outcome, Failed)
    assert "longer than 'timeout'" in result.outcome.error.mend


def test_a_credential_says_where_to_connect(postgres: str) -> None:
    port = psycopg.conninfo.conninfo_to_dict(postgres)["port"]
    credential = {"host": "127.0.0.1", "port": port, "user": "postgres", "database": "postgres", "password": "x"}
    result = run_node("database.query", {"query": "SELECT 1 AS a"}, [{}], credentials={"postgres": credential})
    assert result.json() == [{"a": 1}]
    assert "No database is named" in run_node("database.query", {"query": "SELECT 1"}, [{}]).error
    with pytest.raises(NodeError, match="cannot be reached") as caught:
        run("postgresql://u:hush-hush@127.0.0.1:9/x", query="SELECT 1").json()
    assert "hush" not in str(caught.value)
    assert "cannot be read" in run("hush hush", query="SELECT 1").error


def imported(version: float, parameters: dict[str, Any]) -> Any:
    convert = Registry().find("database.query").spec.imports["n8n-nodes-base.postgres"]
    return convert(ImportedNode("n8n-nodes-base.postgres", version, parameters, "P", {"postgres": {"id": "1"}}))


def test_imported_queries_and_forms_run(postgres: str, db: Connection) -> None:
    def play(version: float, given: dict[str, Any], *items: Any) -> list[dict[str, Any]]:
        return run(postgres, *items, **imported(version, given).parameters, options={"language": "javascript"}).json()

    rl = {"__rl": True, "mode": "list", "value": "people"}
    columns = {"mappingMode": "defineBelow", "value": {"name": "={{ $json.n }}"}}
    assert play(2.5, {"table": rl, "columns": columns}, {"n": "a"}, {"n": "b"})[1]["name"] == "b"
    assert (
        play(1, {"table": "people", "schema": "public", "columns": "name, zip"}, {"name": "c", "zip": 1})[0]["zip"]
        == "1"
    )
    query = {"operation": "executeQuery", "query": "UPDATE people SET zip = $1 WHERE name = $2"}
    query["options"] = {"queryReplacement": "=x{{ 1 + 1 }}, {{ $json.n }}"}  # type: ignore[assignment]
    assert play(2.5, query, {"n": "a"}) == [{"success": True}]
    where = {"values": [{"column": "zip", "condition": "equal", "value": "x2"}]}
    assert [row["name"] for row in play(2.5, {"operation": "select", "table": rl, "where": where})] == ["a"]
    gone = {"operation": "deleteTable", "deleteCommand": "delete", "table": rl, "where": where}
    assert len(play(2.5, gone)) == 1
    assert imported(2.5, {"operation": "deleteTable", "table": rl}).warnings
    assert imported(2, {"table": "t"}).credentials == {"postgres": {"id": "1"}}

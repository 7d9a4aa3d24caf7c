"""What the commands that talk to a service share: which service, how answers are shown."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import click

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.client import SERVER, TOKEN, Client, connect

_SHOWN = 100
"""Rows a list shows unless asked for more."""


def service_group(**options: Any) -> Callable[[Callable[..., Any]], click.Group]:
    """A group of commands that talk to a service, with the options that choose it."""

    def decorate(function: Callable[..., Any]) -> click.Group:
        @click.group(name=function.__name__, help=function.__doc__, **options)
        @click.option(
            "--server", envvar=SERVER, metavar="URL", help="Address of the service; else that of this machine."
        )
        @click.option("--token", envvar=TOKEN, metavar="TOKEN", help="An API key or access token.")
        @click.option("--json", "as_json", is_flag=True, help="Write JSON instead of a table.")
        @click.pass_context
        def group(context: click.Context, server: str | None, token: str | None, as_json: bool) -> None:
            context.obj = Session(server, token, as_json=as_json)

        made: click.Group = group
        return made

    return decorate


class Session:
    """The service that was chosen, and how to show what it answers.

    Parameters
    ----------
    server, token: as given. as_json: whether answers are written as JSON.
    """

    def __init__(self, server: str | None, token: str | None, *, as_json: bool) -> None:
        self._server = server
        self._token = token
        self.as_json = as_json or not sys.stdout.isatty()

    @contextmanager
    def client(self) -> Iterator[Client]:
        """A client of the service."""
        with connect(self._server, self._token) as client:
            yield client

    def show(self, value: Any) -> None:
        """Show a thing: JSON, or a line for each of its fields."""
        if self.as_json or not isinstance(value, Mapping):
            write_json(value)
            return
        width = max(map(len, value), default=0)
        for name, field in value.items():
            click.echo(f"{name:<{width}}  {_cell(field)}")

    def table(self, rows: Sequence[Mapping[str, Any]], *columns: str, empty: str) -> None:
        """Show a list as a table of these columns; ``empty`` is said where there is nothing."""
        if self.as_json:
            write_json(list(rows))
            return
        if not rows:
            click.echo(empty)
            return
        from rich.console import Console
        from rich.table import Table

        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(
                column.replace("_", " "), overflow="fold" if column != "id" else "ignore", no_wrap=column == "id"
            )
        for row in rows:
            table.add_row(*(_cell(row.get(column)) for column in columns))
        Console().print(table)

    def say(self, text: str, value: Any = None) -> None:
        """Say what was done; JSON where that is wanted and there is something to say."""
        if self.as_json:
            if value is not None:
                write_json(value)
        else:
            click.echo(text)


def with_session(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the session as its first argument."""

    @click.pass_obj
    @functools.wraps(function)
    def called(session: Session, *arguments: Any, **options: Any) -> Any:
        return function(session, *arguments, **options)

    return called


def limit_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--limit``: how many rows a list shows."""
    return click.option("--limit", type=click.IntRange(min=1), default=_SHOWN, show_default=True, help="Rows at most.")(
        function
    )


def find_workflow(client: Client, named: str) -> Mapping[str, Any]:
    """A workflow by its id or name. Raises when there is none, or several of that name."""
    return find_named(client, "/workflows", named, "workflow", text=named)


def find_named(client: Client, path: str, named: str, kind: str, **query: Any) -> Mapping[str, Any]:
    """A thing by its id or name. Raises when there is none, or several of that name."""
    if _is_id(named):
        found: Mapping[str, Any] = client.get(f"{path}/{named}")
        return found
    same = [row for row in client.pages(path, **query) if row["name"].lower() == named.lower()]
    if len(same) == 1:
        only: Mapping[str, Any] = same[0]
        return only
    if same:
        raise WorkflowError(
            f"There are {len(same)} {kind}s named '{named}'.", code="WF613",
            mend="Name one by its id: " + ", ".join(row["id"] for row in same[:5]),
        )  # fmt: skip
    raise WorkflowError(f"There is no {kind} '{named}'.", code="WF613", mend=f"See them with: workflow {kind}s list")


def find_user(client: Client, named: str) -> Mapping[str, Any]:
    """An account by its id or e-mail address."""
    if _is_id(named):
        found: Mapping[str, Any] = client.get(f"/users/{named}")
        return found
    for row in client.pages("/users"):
        if row["email"].lower() == named.lower():
            account: Mapping[str, Any] = row
            return account
    raise WorkflowError(f"There is no account '{named}'.", code="WF613", mend="See them with: workflow users list")


def write_json(value: Any) -> None:
    """Write a value as JSON, readable on a terminal, a line elsewhere."""
    indent = 2 if sys.stdout.isatty() else None
    click.echo(json.dumps(value, indent=indent, ensure_ascii=False))


def read_json(text: str | None, what: str) -> Any:
    """The JSON a person wrote: the value itself, or ``@file``."""
    if text is None:
        return None
    try:
        if text.startswith("@"):
            with open(text[1:], encoding="utf-8") as file:  # noqa: PTH123 - a path as typed
                return json.load(file)
        return json.loads(text)
    except (OSError, ValueError) as error:
        raise WorkflowError(
            f"{what} cannot be read: {error}.", code="WF107", mend="Write JSON, or @ and the name of a file with it."
        ) from None


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1e6 else f"{value:.0f}"
    if isinstance(value, Mapping):
        return str(value.get("message") or json.dumps(value, ensure_ascii=False))
    if isinstance(value, list):
        return ", ".join(map(_cell, value))
    text = str(value)
    return f"{text[:10]} {text[11:19]}" if len(text) > 19 and text[4:5] == "-" and text[10:11] == "T" else text

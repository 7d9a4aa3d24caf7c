"""``workflow config``: shows the settings in force and where each comes from, and tries what they name."""

from __future__ import annotations

import asyncio
import os
import tomllib
from typing import Any

import click
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table
from rich.text import Text

from workflow_kernel.base.settings import Settings, config_file, read_settings

_SHOWN_URLS = frozenset({"database_url", "redis_url", "smtp_url", "blob_url"})
_HIDDEN = "***"
_STYLES = {"works": "green", "doubtful": "yellow", "broken": "bold red"}


@click.group()
def config() -> None:
    """Look at the settings of the service."""


@config.command()
def show() -> None:
    """Print every setting in force and where it comes from; secrets are hidden."""
    _print(read_settings(), everything=True)


@config.command()
def check() -> int:
    """Print the settings that are not the default, and try everything they name: is it there, does it work?"""
    from workflow_kernel.app import checks
    from workflow_kernel.cli.main import INFRASTRUCTURE, OK

    settings = read_settings()
    _print(settings, everything=False)
    console = Console(soft_wrap=True)

    async def tell() -> bool:
        is_broken = False
        async for verdict in checks.check(settings, os.environ):
            console.print(
                Text(f"{verdict.state:9}", style=_STYLES[verdict.state]), f"{verdict.what}:", Text(verdict.says)
            )
            is_broken = is_broken or verdict.state == "broken"
        return is_broken

    return INFRASTRUCTURE if asyncio.run(tell()) else OK


def _print(settings: Settings, *, everything: bool) -> None:
    in_file = _names_in_file()
    table = Table(show_edge=False, header_style="bold", pad_edge=False)
    for name in ("setting", "value", "from"):
        table.add_column(name, overflow="fold")
    for name in Settings.model_fields:
        source = _source(name, in_file)
        if everything or source != "default":
            table.add_row(Text(name), Text(_shown(name, getattr(settings, name))), Text(source))
    console = Console()
    if table.row_count:
        console.print(table)
    if not everything:
        console.print(Text("Everything else is as by default; all of it: workflow config show", style="dim"))


def _source(name: str, in_file: frozenset[str]) -> str:
    variable = next((key for key in os.environ if key.upper() == f"WORKFLOW_{name.upper()}"), None)
    if variable is not None:
        return variable
    return str(config_file()) if name in in_file else "default"


def _names_in_file() -> frozenset[str]:
    path = config_file()
    if not path.is_file():
        return frozenset()
    with path.open("rb") as file:
        return frozenset(tomllib.load(file))


def _shown(name: str, value: Any) -> str:
    """A value as it may be read by whoever looks over a shoulder."""
    from workflow_kernel.app.checks import without_password

    if value is None:
        return ""
    secret = value.get_secret_value() if isinstance(value, SecretStr) else None
    if name in _SHOWN_URLS:
        return without_password(secret or str(value))
    if secret is not None:
        return _HIDDEN
    if isinstance(value, list):
        return ", ".join(_HIDDEN if isinstance(part, SecretStr) else str(getattr(part, "name", part)) for part in value)
    return str(value)

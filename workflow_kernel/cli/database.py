"""``workflow db``: brings the database to this version's tables, backs it up, brings a backup back."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import click

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.base.settings import Settings, read_settings
from workflow_kernel.storage import processes

PASSPHRASE = "WORKFLOW_BACKUP_PASSPHRASE"  # noqa: S105 - the name of a variable
_SHORTEST = 12

R = TypeVar("R")


class PassphraseError(WorkflowError):
    """There is no passphrase, or one that is too easy to guess."""

    code = "WF796"


@click.group()
def db() -> None:
    """Look after the database."""


@db.command()
@click.option("--revision", default="head", show_default=True, help="The revision to go to; 'base' drops all tables.")
def migrate(revision: str) -> None:
    """Bring the database to a revision, up or down."""
    from workflow_kernel.storage import migrations

    settings = read_settings()
    if revision != "head":
        processes.refuse_second(settings.data_folder)

    async def bring(url: str) -> tuple[str, str]:
        before = await asyncio.to_thread(migrations.current, url)
        await migrations.migrate(url, revision)
        return before, await asyncio.to_thread(migrations.current, url)

    before, after = _with_database(settings, bring)
    if before == after:
        click.echo(f"The database has the revision {after or 'base'}; there was nothing to do.")
    else:
        click.echo(f"The database went from {before or 'base'} to {after or 'base'}.")


@db.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--passphrase-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Holds it.")
@click.option("--master-key", is_flag=True, help="Encrypt with the master key, and leave kept keys out.")
@click.option("--blobs/--no-blobs", default=True, help="Whether attachments and large values go into it.")
def backup(file: Path, passphrase_file: Path | None, master_key: bool, blobs: bool) -> None:
    """Write an encrypted backup of the database, attachments and keys. The service may run.

    It is encrypted with a passphrase (asked for, or WORKFLOW_BACKUP_PASSPHRASE), or with the master key: then keep that
    key somewhere else, for the backup is lost without it.
    """
    from workflow_kernel.storage import backup as backups

    settings = read_settings()
    passphrase = None if master_key else _passphrase(passphrase_file, is_new=True)

    async def back_up(url: str) -> backups.Contents:
        return await asyncio.to_thread(backups.back_up, settings, url, file, passphrase, blobs=blobs)

    made = _with_database(settings, back_up)
    size = file.stat().st_size / (1 << 20)
    missing = [name for name, is_in in (("attachments", made.has_blobs), ("keys", made.has_keys)) if not is_in]
    click.echo(f"Wrote {file} ({size:.1f} MB{', without ' + ' and '.join(missing) if missing else ''}).")


@db.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--passphrase-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Holds it.")
@click.option("--replace", is_flag=True, help="Drop first what is in the database.")
@click.option("--check", is_flag=True, help="Only read it from end to end, and tell what it holds.")
def restore(file: Path, passphrase_file: Path | None, replace: bool, check: bool) -> None:
    """Bring a backup back, into an empty database; the service must not run."""
    from workflow_kernel.storage import backup as backups
    from workflow_kernel.storage import migrations

    settings = read_settings()
    passphrase = _passphrase(passphrase_file, is_new=False) if backups.needs_passphrase(file) else None
    if check:
        click.echo(f"The backup is whole. {_described(backups.verify(settings, file, passphrase))}")
        return
    processes.refuse_second(settings.data_folder)

    async def bring_back(url: str) -> backups.Contents:
        found = await asyncio.to_thread(backups.restore, settings, url, file, passphrase, replace=replace)
        await migrations.migrate(url)
        return found

    click.echo(f"Restored. {_described(_with_database(settings, bring_back))}")


def _with_database(settings: Settings, action: Callable[[str], Awaitable[R]]) -> R:
    """Do something with the database; one of ours is started if it does not run."""
    from workflow_kernel.storage import embedded

    async def do() -> R:
        async with embedded.database(settings) as url:
            return await action(url)

    return asyncio.run(do())


def _described(contents: object) -> str:
    from workflow_kernel.storage.backup import Contents

    assert isinstance(contents, Contents)
    made = datetime.fromtimestamp(contents.made_at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    parts = ["the database", *["attachments"] * contents.has_blobs, *["keys"] * contents.has_keys]
    return f"It is of {made}, by version {contents.version}, and holds {', '.join(parts)}."


def _passphrase(path: Path | None, *, is_new: bool) -> str:
    if path is not None:
        found = path.read_text(encoding="utf-8").strip()
    elif PASSPHRASE in os.environ:
        found = os.environ[PASSPHRASE]
    elif sys.stdin.isatty():
        found = click.prompt("Passphrase", hide_input=True, confirmation_prompt=is_new)
    else:
        raise PassphraseError(
            "The backup needs a passphrase.",
            mend=f"Give it with --passphrase-file or {PASSPHRASE}, or use --master-key.",
        )
    if is_new and len(found) < _SHORTEST:
        raise PassphraseError("The passphrase is too short.", mend=f"Take {_SHORTEST} characters or more.")
    return found

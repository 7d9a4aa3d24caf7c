"""``workflow files``: the files of a service that nodes may read and write."""

from __future__ import annotations

from pathlib import Path

import click

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.cli.remote import Session, limit_option, service_group, with_session


@service_group()
def files() -> None:
    """List, send, fetch and remove files that nodes of a service may use."""


@files.command("list")
@click.argument("folder", default="")
@click.option("--find", "text", default="", help="Words in the path of what is anywhere below the folder.")
@limit_option
@with_session
def list_files(session: Session, folder: str, text: str, limit: int) -> None:
    """List FOLDER, or what is below it."""
    with session.client() as client:
        rows = list(client.pages("/files", most=limit, folder=folder, text=text or None))
    session.table(rows, "path", "size", "changed_at", empty="No file is there. Send one with: workflow files put FILE")


@files.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("path", default="")
@click.option("--replace", is_flag=True, help="Write over a file that is there.")
@with_session
def put(session: Session, file: Path, path: str, replace: bool) -> None:
    """Send FILE to PATH; a PATH that ends with a slash is a folder."""
    target = path + file.name if not path or path.endswith("/") else path
    with session.client() as client:
        found = client.upload(file, target, replace=replace)
    session.say(f"Nodes read it as {found['path']}.", found)


@files.command()
@click.argument("path")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@with_session
def get(session: Session, path: str, file: Path | None, force: bool) -> None:
    """Fetch PATH to FILE, or to this folder."""
    name = path.rpartition("/")[2]
    target = Path(name) if file is None else file / name if file.is_dir() else file
    if target.exists() and not force:
        raise WorkflowError(f"{target} is there already.", code="WF103", mend="Choose another name or add --force.")
    with session.client() as client:
        client.download(path, target)
    session.say(f"Wrote {target}.", {"file": str(target)})


@files.command()
@click.argument("path")
@with_session
def remove(session: Session, path: str) -> None:
    """Remove PATH: a file, or a folder that is empty."""
    with session.client() as client:
        client.send("DELETE", "/files", query={"path": path})
    session.say("It is removed.")

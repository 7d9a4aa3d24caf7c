"""``workflow workflows``: the workflows of a service: files in and out, publishing, putting away."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from workflow_kernel.cli.main import FAILED, OK
from workflow_kernel.cli.remote import Session, find_workflow, limit_option, service_group, with_session

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NOTEBOOK = ".ipynb"
_cron = click.option("--cron", metavar="EXPRESSION", help='Start it by a schedule too, e.g. "0 2 * * *" every night.')


@service_group()
def workflows() -> None:
    """Bring workflow files into a service, publish them, get them back."""


@workflows.command("list")
@click.argument("text", default="")
@click.option("--tag", multiple=True, help="It has this tag; may be given several times.")
@limit_option
@with_session
def list_(session: Session, text: str, tag: tuple[str, ...], limit: int) -> None:
    """List workflows; TEXT is part of a name or description."""
    with session.client() as client:
        rows = list(client.pages("/workflows", most=limit, text=text or None, tag=list(tag)))
    session.table(
        rows, "id", "name", "version", "published_version", "is_active", "tags", "updated_at",
        empty="There are no workflows yet. Add one with: workflow workflows add FILE",
    )  # fmt: skip


@workflows.command()
@click.argument("workflow")
@with_session
def show(session: Session, workflow: str) -> None:
    """Show a workflow, by name or id."""
    with session.client() as client:
        session.show(find_workflow(client, workflow))


@workflows.command()
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--project", metavar="ID", help="Where they belong; your own project where not given.")
@click.option("--publish", is_flag=True, help="Publish them as well.")
@_cron
@with_session
def add(session: Session, files: tuple[Path, ...], project: str | None, publish: bool, cron: str | None) -> int:
    """Make workflows of files: .flow, notebooks, JSON of n8n, or a zip archive of such."""
    taken = []
    with session.client() as client:
        for file in files:
            name, body = _sent(file, cron)
            query = {"file": name, "project": project}
            found = client.send("POST", "/workflows/import", body=body, query=query)["items"]
            for one in found:
                if publish and one["workflow"] is not None:
                    client.post(f"/workflows/{one['workflow']['id']}/publish")
            taken += found
    if session.as_json:
        session.show({"items": taken})
    for one in taken if not session.as_json else ():
        made = one["workflow"]
        click.echo(f"{one['file']}: " + ("not taken" if made is None else f"{made['name']} ({made['id']})"))
        for problem in one["problems"]:
            click.echo(f"  {problem['code']} {problem['message']} {problem['mend']}".rstrip())
        for warning in one["warnings"]:
            click.echo(f"  {warning}")
    return OK if all(one["workflow"] is not None for one in taken) else FAILED


@workflows.command()
@click.argument("workflow")
@click.option("--version", default="draft", show_default=True, help="A number, 'draft' or 'published'.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="File to write; standard output where not given.")
@with_session
def get(session: Session, workflow: str, version: str, output: Path | None) -> None:
    """Get the file of a workflow."""
    with session.client() as client:
        chosen = find_workflow(client, workflow)["id"]
        data = client.answer("GET", f"/workflows/{chosen}/export", query={"version": version}).content
    if output is None:
        click.echo(data.decode(), nl=False)
    else:
        output.write_bytes(data)
        click.echo(f"Written to {output}.")


@workflows.command()
@click.argument("workflow")
@click.argument("file", type=_FILE)
@click.option("--note", default="", help="What changed.")
@_cron
@with_session
def save(session: Session, workflow: str, file: Path, note: str, cron: str | None) -> None:
    """Save a .flow file or notebook as the newest version. A workflow that changed meanwhile is not overwritten."""
    from workflow_kernel.graph import format as flow_format
    from workflow_kernel.interchange import ready

    with session.client() as client:
        found = find_workflow(client, workflow)
        read = ready.read(file)
        if file.suffix == _NOTEBOOK:
            before = client.get(f"/workflows/{found['id']}/versions/draft")["document"]
            read = ready.with_triggers_of(read, flow_format.from_document(before))
            read = msgspec.structs.replace(read, name=found["name"])
        document = flow_format.to_document(ready.scheduled(read, cron))
        body = {"document": document, "made_from": found["version"], "note": note}
        saved = client.post(f"/workflows/{found['id']}/versions", body)
    session.say(f"Saved as version {saved['workflow']['version']}.", saved)


@workflows.command()
@click.argument("workflow")
@click.option("--version", type=click.IntRange(min=1), help="The newest where not given.")
@with_session
def publish(session: Session, workflow: str, version: int | None) -> None:
    """Let production run a version, and its triggers listen."""
    with session.client() as client:
        found = find_workflow(client, workflow)
        done = client.post(f"/workflows/{found['id']}/publish", {} if version is None else {"version": version})
    session.say(f"'{found['name']}' is published.", done)


@workflows.command()
@click.argument("workflow")
@with_session
def unpublish(session: Session, workflow: str) -> None:
    """Let production run no version."""
    _do(session, workflow, "unpublish", "'{name}' is not published any more.")


@workflows.command()
@click.argument("workflow")
@with_session
def activate(session: Session, workflow: str) -> None:
    """Let the triggers of the published version listen."""
    _do(session, workflow, "activate", "The triggers of '{name}' listen.")


@workflows.command()
@click.argument("workflow")
@with_session
def deactivate(session: Session, workflow: str) -> None:
    """Stop the triggers."""
    _do(session, workflow, "deactivate", "The triggers of '{name}' have stopped.")


@workflows.command()
@click.argument("workflow")
@with_session
def delete(session: Session, workflow: str) -> None:
    """Put a workflow away; it can be restored."""
    with session.client() as client:
        found = find_workflow(client, workflow)
        client.delete(f"/workflows/{found['id']}")
    session.say(f"'{found['name']}' is put away. Bring it back with: workflow workflows restore {found['id']}")


@workflows.command()
@click.argument("workflow")
@with_session
def restore(session: Session, workflow: str) -> None:
    """Bring a deleted workflow back, by its id."""
    with session.client() as client:
        found = client.post(f"/workflows/{workflow}/restore")
    session.say(f"'{found['name']}' is back.", found)


@workflows.command()
@click.argument("workflow")
@limit_option
@with_session
def versions(session: Session, workflow: str, limit: int) -> None:
    """List the versions of a workflow."""
    with session.client() as client:
        chosen = find_workflow(client, workflow)["id"]
        rows = list(client.pages(f"/workflows/{chosen}/versions", most=limit))
    session.table(rows, "number", "name", "note", "created_at", "published_at", empty="It has no versions.")


def _do(session: Session, workflow: str, verb: str, text: str) -> None:
    with session.client() as client:
        found = find_workflow(client, workflow)
        done = client.post(f"/workflows/{found['id']}/{verb}")
    session.say(text.format(name=found["name"]), done)


def _sent(file: Path, cron: str | None) -> tuple[str, bytes]:
    """Name and content of a file as the service takes it."""
    from workflow_kernel.graph import format as flow_format
    from workflow_kernel.interchange import ready

    if cron is None and file.suffix != _NOTEBOOK:
        return file.name, file.read_bytes()
    made = ready.scheduled(ready.read(file), cron)
    return f"{file.stem}{flow_format.SUFFIX}", flow_format.write(made).encode()

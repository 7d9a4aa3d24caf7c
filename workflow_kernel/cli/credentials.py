"""``workflow credentials``: secrets that nodes use and nobody reads back; rotation of the master key."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import click

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.cli.main import FAILED, OK
from workflow_kernel.cli.remote import Session, find_named, limit_option, read_json, service_group, with_session
from workflow_kernel.client import Client


@service_group()
def credentials() -> None:
    """Make, share, try and rotate the secrets that nodes use."""


@credentials.command("list")
@limit_option
@with_session
def list_(session: Session, limit: int) -> None:
    """List credentials, without their secrets."""
    with session.client() as client:
        rows = list(client.pages("/credentials", most=limit))
    session.table(
        rows, "id", "name", "type", "secrets", "updated_at",
        empty="There are no credentials yet. See 'workflow credentials types'.",
    )  # fmt: skip


@credentials.command()
@click.argument("name", required=False)
@with_session
def types(session: Session, name: str | None) -> None:
    """List credential types, or show the values one takes."""
    with session.client() as client:
        found = client.get("/credential-types")["items"]
    if name is None:
        session.table(found, "type", "title", "description", empty="There are no types.")
        return
    for row in found:
        if row["type"] == name:
            session.show(row)
            return
    raise WorkflowError(
        f"There is no credential type '{name}'.", code="WF613", mend="See them with: workflow credentials types"
    )


@credentials.command()
@click.argument("name")
@click.argument("type")
@click.option("--values", metavar="JSON | @FILE", help="The values, secrets too; asked for one by one where not given.")
@click.option("--project", metavar="ID", help="Where it belongs; your own project where not given.")
@with_session
def create(session: Session, name: str, type: str, values: str | None, project: str | None) -> None:
    """Make a credential of a type; its secrets cannot be read back."""
    with session.client() as client:
        given = read_json(values, "--values") if values else _asked(client, type)
        made = client.post("/credentials", {"name": name, "type": type, "values": given, "project": project})
    session.say(f"Made {made['id']}.", made)


@credentials.command()
@click.argument("credential")
@click.option("--url", default="", help="Address to try it on, for types that need one.")
@with_session
def test(session: Session, credential: str, url: str) -> int:
    """Try a credential out, by one harmless use of it."""
    with session.client() as client:
        found = client.post(f"/credentials/{_id(client, credential)}/test", {"url": url})
    session.say(f"{found['message']} {found['mend']}".strip(), found)
    return OK if found["is_good"] else FAILED


@credentials.command()
@click.argument("credential")
@with_session
def usage(session: Session, credential: str) -> None:
    """List which nodes of which workflows use a credential."""
    with session.client() as client:
        rows = client.get(f"/credentials/{_id(client, credential)}/usage")["items"]
    session.table(rows, "name", "node", "slot", "in_draft", "in_published", empty="Nothing uses it.")


@credentials.command()
@click.argument("credential")
@click.argument("project")
@click.option("--take-away", is_flag=True, help="Take the use away again.")
@with_session
def share(session: Session, credential: str, project: str, take_away: bool) -> None:
    """Let the workflows of another project (by id) use a credential; nobody there can read it."""
    with session.client() as client:
        path = f"/credentials/{_id(client, credential)}/projects/{project}"
        done = client.delete(path) if take_away else client.put(path, {})
    session.say("It is shared no more." if take_away else "It is shared.", done)


@credentials.command()
@click.argument("credential")
@click.option("--force", is_flag=True, help="Also when workflows use it; their nodes will fail.")
@with_session
def delete(session: Session, credential: str, force: bool) -> None:
    """Delete a credential."""
    with session.client() as client:
        client.delete(f"/credentials/{_id(client, credential)}", force=force or None)
    session.say("Deleted.")


@credentials.command()
@click.option("--reencrypt", is_flag=True, help="Encrypt every credential anew as well, by new data keys.")
@click.option("--before", type=click.DateTime(), help="Go on with an encryption that was stopped: when it began, UTC.")
@with_session
def rotate(session: Session, reencrypt: bool, before: datetime | None) -> int:
    """Wrap all keys by the current master key. May be stopped at any time and given again."""
    with session.client() as client:
        done = client.post("/keys/rewrap")
        if reencrypt or before is not None:
            since = None if before is None else before.replace(tzinfo=UTC).isoformat()
            done = client.post("/keys/reencrypt", {"before": since})
    session.say(f"{done['count']} are under the master key {done['key_id']}.", done)
    for credential in done["failed"] if not session.as_json else ():
        click.echo(f"Could not be opened and is as it was: {credential}", err=True)
    return FAILED if done["failed"] else OK


def _id(client: Client, named: str) -> str:
    return str(find_named(client, "/credentials", named, "credential")["id"])


def _asked(client: Client, type: str) -> dict[str, Any]:
    """The values of a type, asked for on the terminal; secrets are not shown."""
    for row in client.get("/credential-types")["items"]:
        if row["type"] == type:
            fields: Mapping[str, Any] = row["values_schema"].get("properties", {})
            required = set(row["values_schema"].get("required", ()))
            return {
                name: value
                for name, field in fields.items()
                if (value := _ask(name, field, is_needed=name in required)) not in ("", None)
            }
    raise WorkflowError(
        f"There is no credential type '{type}'.", code="WF613", mend="See them with: workflow credentials types"
    )


def _ask(name: str, field: Mapping[str, Any], *, is_needed: bool) -> Any:
    if field.get("type") not in ("string", "integer", "number"):
        return None
    is_secret = bool(field.get("ui", {}).get("secret"))
    given = click.prompt(
        f"{name} ({field.get('description', '')})", default="" if not is_needed else None, hide_input=is_secret,
        show_default=False,
    )  # fmt: skip
    return given if field["type"] == "string" or given == "" else float(given)

"""``workflow executions``: starts workflows of a service, shows what ran, stops and repeats it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from workflow_kernel.cli.main import CANCELLED, FAILED, OK, TIMED_OUT
from workflow_kernel.cli.remote import Session, find_workflow, limit_option, read_json, service_group, with_session
from workflow_kernel.client import Client
from workflow_kernel.remote_execution import pauses

_CODES = {"succeeded": OK, "failed": FAILED, "cancelled": CANCELLED, "timed_out": TIMED_OUT}


@service_group()
def executions() -> None:
    """Start workflows, see what ran, stop it, repeat it."""


@executions.command("list")
@click.option("--workflow", metavar="NAME", help="Of this workflow, by name or id.")
@click.option("--state", multiple=True, help="In this state; may be given several times.")
@limit_option
@with_session
def list_(session: Session, workflow: str | None, state: tuple[str, ...], limit: int) -> None:
    """List executions, the newest first."""
    with session.client() as client:
        wanted = find_workflow(client, workflow)["id"] if workflow else None
        rows = list(client.pages("/executions", most=limit, workflow=wanted, state=list(state)))
    session.table(rows, "id", "state", "mode", "created_at", "seconds", "error", empty="Nothing has run yet.")


@executions.command()
@click.argument("execution")
@with_session
def show(session: Session, execution: str) -> None:
    """Show an execution with its node runs."""
    with session.client() as client:
        found = client.get(f"/executions/{execution}")
        runs = client.get(f"/executions/{execution}/nodes")["items"]
        nodes = client.get(f"/executions/{execution}/workflow")["nodes"]
    for run in runs:
        run["name"] = nodes.get(run["node"], {}).get("name", run["node"])
    if session.as_json:
        session.show({**found, "nodes": runs})
        return
    session.show({name: value for name, value in found.items() if value not in (None, "", {}, False)})
    click.echo()
    told = ("reason",) if any(run.get("reason") for run in runs) else ()
    session.table(runs, "name", "index", "state", "attempt", "items", *told, "error", empty="No node has run yet.")


@executions.command()
@click.argument("workflow")
@click.option("--input", "items", metavar="JSON | @FILE", help="Items for the first node: a JSON object or array.")
@click.option("--draft", is_flag=True, help="Run the draft by hand, with pinned data.")
@click.option("--priority", type=click.IntRange(1, 5), default=3, show_default=True, help="1 is first.")
@click.option("--key", help="Idempotency key: the same key gives the same execution.")
@click.option("--follow", is_flag=True, help="Wait for its end; the exit code tells how it went.")
@with_session
def start(
    session: Session, workflow: str, items: str | None, draft: bool, priority: int, key: str | None, follow: bool
) -> int:
    """Run a workflow, by name or id."""
    given = read_json(items, "--input")
    with session.client() as client:
        body: dict[str, Any] = {"manual": draft, "priority": priority}
        if given is not None:
            body["items"] = given if isinstance(given, list) else [given]
        if key:
            body["key"] = key
        made = client.post(f"/workflows/{find_workflow(client, workflow)['id']}/execute", body)
        if not follow:
            session.say(f"Started {made['id']}.", made)
            return OK
        return _follow(session, client, made["id"])


@executions.command()
@click.argument("execution")
@with_session
def follow(session: Session, execution: str) -> int:
    """Wait for the end of an execution; the exit code tells how it went."""
    with session.client() as client:
        return _follow(session, client, execution)


@executions.command()
@click.argument("execution")
@with_session
def cancel(session: Session, execution: str) -> None:
    """Ask an execution to stop."""
    with session.client() as client:
        found = client.post(f"/executions/{execution}/cancel")
    session.say("It is cancelled." if found["state"] == "cancelled" else "It was asked to stop.", found)


@executions.command()
@click.argument("execution")
@click.option("--from-start", is_flag=True, help="Run everything anew instead of going on from the node that failed.")
@click.option("--latest", is_flag=True, help="Run the newest version instead of the one that ran.")
@click.option("--follow", is_flag=True, help="Wait for its end.")
@with_session
def retry(session: Session, execution: str, from_start: bool, latest: bool, follow: bool) -> int:
    """Run an execution again, from the node that failed."""
    body = {"beginning": "start" if from_start else "failed", "latest": latest}
    with session.client() as client:
        made = client.post(f"/executions/{execution}/retry", body)
        if follow:
            return _follow(session, client, made["id"])
    session.say(f"Started {made['id']}.", made)
    return OK


@executions.command()
@click.argument("execution")
@click.option("--node", "nodes", multiple=True, metavar="NAME", help="Run this node anew, and what follows from it.")
@click.option("--replace", metavar="JSON | @FILE", help='Data in the place of what nodes gave: {"Node": [items]}.')
@click.option("--follow", is_flag=True, help="Wait for its end.")
@with_session
def fork(session: Session, execution: str, nodes: tuple[str, ...], replace: str | None, follow: bool) -> int:
    """Run an execution again with something changed."""
    body = {"nodes": list(nodes), "replace": read_json(replace, "--replace") or {}}
    with session.client() as client:
        made = client.post(f"/executions/{execution}/fork", body)
        if follow:
            return _follow(session, client, made["id"])
    session.say(f"Started {made['id']}.", made)
    return OK


@executions.command("open")
@click.argument("execution")
@click.argument("node")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="The notebook; NODE.ipynb here.")
@with_session
def open_(session: Session, execution: str, node: str, output: Path | None) -> None:
    """Write a notebook with what came into NODE of an execution, and with its code: change it, run it, put it back."""
    from workflow_kernel.graph.names import id_of
    from workflow_kernel.interchange import notebook_file
    from workflow_kernel.remote import Service
    from workflow_kernel.remote_edge import OpenEdge, notebook_of

    with session.client() as client, Service(client.url, client.token) as service:
        edge = OpenEdge(service, execution, node)
        path = output or Path(f"{id_of(edge.name)}.ipynb")
        notebook_file.save(notebook_of(edge), path)
    session.say(f"Wrote {path}. Open it in Jupyter; it finds the service as this command did.", {"path": str(path)})


@executions.command()
@click.argument("execution")
@click.argument("node")
@click.option("--index", type=click.IntRange(min=0), default=0, show_default=True, help="Run index of the node.")
@click.option("--items", metavar="JSON | @FILE", help="Items it goes on with; its own where not given.")
@with_session
def resume(session: Session, execution: str, node: str, index: int, items: str | None) -> None:
    """End a wait of an execution: NODE is the name or id of the node that waits."""
    given = read_json(items, "--items")
    with session.client() as client:
        nodes = client.get(f"/executions/{execution}/workflow")["nodes"]
        named = [key for key, found in nodes.items() if found["name"] == node]
        body = {"node": named[0] if named else node, "index": index, "items": given}
        client.post(f"/executions/{execution}/resume", body)
    session.say("It goes on.")


@executions.command()
@click.argument("execution")
@with_session
def delete(session: Session, execution: str) -> None:
    """Delete an execution that is over."""
    with session.client() as client:
        client.delete(f"/executions/{execution}")
    session.say("Deleted.")


def _follow(session: Session, client: Client, execution: str) -> int:
    for pause in pauses():
        found = client.get(f"/executions/{execution}")
        if found["ended_at"] is not None:
            break
        time.sleep(pause)
    if session.as_json:
        session.show(found)
    else:
        error = found["error"]
        click.echo(f"{execution} {found['state']}" + (f": {error['message']}" if error else "."))
    return _CODES[found["state"]]

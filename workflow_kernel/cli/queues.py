"""``workflow queues``: how full the queues of a service are, and what failed there for good."""

from __future__ import annotations

from urllib.parse import quote

import click

from workflow_kernel.cli.remote import Session, limit_option, service_group, with_session

NAMES = click.Choice(["workflow-execution", "webhook-processing", "email-sending"])


@service_group()
def queues() -> None:
    """See how full the queues are; retry or discard what failed."""


@queues.command("list")
@with_session
def list_(session: Session) -> None:
    """Show how full each queue is."""
    with session.client() as client:
        rows = client.get("/queues")["items"]
    session.table(
        rows, "queue", "waiting", "delayed", "active", "failed", "added_per_minute", "done_per_minute",
        empty="There are no queues.",
    )  # fmt: skip


@queues.command("dead-letters")
@click.argument("queue", type=NAMES)
@limit_option
@with_session
def dead_letters(session: Session, queue: str, limit: int) -> None:
    """List entries of a queue that failed for good."""
    with session.client() as client:
        rows = list(client.pages(f"/queues/{queue}/dead-letters", most=limit))
    session.table(rows, "id", "attempts", "reason", "data", empty="Nothing failed for good.")


@queues.command()
@click.argument("queue", type=NAMES)
@click.argument("entry")
@with_session
def show(session: Session, queue: str, entry: str) -> None:
    """Show a dead letter."""
    with session.client() as client:
        session.show(client.get(_path(queue, entry)))


@queues.command()
@click.argument("queue", type=NAMES)
@click.argument("entry")
@with_session
def retry(session: Session, queue: str, entry: str) -> None:
    """Put a dead letter into its queue again."""
    with session.client() as client:
        client.post(f"{_path(queue, entry)}/retry")
    session.say("It is in the queue again.")


@queues.command()
@click.argument("queue", type=NAMES)
@click.argument("entry")
@with_session
def discard(session: Session, queue: str, entry: str) -> None:
    """Throw a dead letter away."""
    with session.client() as client:
        client.delete(_path(queue, entry))
    session.say("Discarded.")


def _path(queue: str, entry: str) -> str:
    return f"/queues/{queue}/dead-letters/{quote(entry, safe='')}"

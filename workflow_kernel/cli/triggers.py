"""``workflow webhooks`` and ``workflow schedules``: what starts the workflows of a service by itself."""

from __future__ import annotations

import click

from workflow_kernel.cli.remote import Session, limit_option, service_group, with_session


@service_group()
def webhooks() -> None:
    """See the addresses that start workflows."""


@webhooks.command("list")
@limit_option
@with_session
def list_webhooks(session: Session, limit: int) -> None:
    """List addresses that start workflows."""
    with session.client() as client:
        rows = list(client.pages("/webhooks", most=limit))
    session.table(
        rows, "method", "url", "workflow_name", "auth", "calls", "called_at",
        empty="No published workflow listens to an address.",
    )  # fmt: skip


@service_group()
def schedules() -> None:
    """See, pause and fire what starts workflows again and again."""


@schedules.command("list")
@limit_option
@with_session
def list_schedules(session: Session, limit: int) -> None:
    """List schedules and polls with their next firings."""
    with session.client() as client:
        rows = list(client.pages("/schedules", most=limit))
    session.table(
        rows, "id", "workflow_name", "name", "timezone", "is_paused", "next_at", "last_at",
        empty="No published workflow has a schedule.",
    )  # fmt: skip


@schedules.command()
@click.argument("schedule")
@with_session
def pause(session: Session, schedule: str) -> None:
    """Let a schedule (by id) rest."""
    _do(session, schedule, "pause", "It rests.")


@schedules.command()
@click.argument("schedule")
@with_session
def resume(session: Session, schedule: str) -> None:
    """Let a schedule (by id) go on."""
    _do(session, schedule, "resume", "It goes on.")


@schedules.command()
@click.argument("schedule")
@with_session
def fire(session: Session, schedule: str) -> None:
    """Fire a schedule (by id) now."""
    _do(session, schedule, "fire", "It was fired.")


def _do(session: Session, schedule: str, verb: str, text: str) -> None:
    with session.client() as client:
        done = client.post(f"/schedules/{schedule}/{verb}")
    session.say(text, done)

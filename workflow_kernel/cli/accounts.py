"""``workflow login``, ``logout``, ``whoami`` and ``users``: who works with a service."""

from __future__ import annotations

import contextlib
import socket

import click

from workflow_kernel.base.errors import UnavailableError
from workflow_kernel.cli.remote import Session, find_user, limit_option, service_group, with_session
from workflow_kernel.client import Client, Profile, RefusedError, connect, profile_file, read_profile, write_profile


@click.command()
@click.option("--server", metavar="URL", prompt="Address of the service", help="Address of the service.")
@click.option("--email", prompt=True, help="Your e-mail address.")
@click.option("--password", prompt=True, hide_input=True, help="Your password; asked for where not given.")
def login(server: str, email: str, password: str) -> None:
    """Sign in to a service; later commands talk to it."""
    body = {"email": email, "password": password, "kind": "token"}
    with Client(server, "") as stranger:
        answer = stranger.post("/auth/login", body)
        if "challenge" in answer:
            code = click.prompt("Code of your authenticator app")
            answer = stranger.post("/auth/second-factor", {"challenge": answer["challenge"], "code": code})
    with Client(server, answer["access_token"]) as client:
        key = client.post("/api-keys", {"name": f"Command line on {socket.gethostname()}"})
        with contextlib.suppress(RefusedError):
            client.post("/auth/logout")
    write_profile(Profile(server.rstrip("/"), key["secret"]))
    click.echo(f"Signed in to {server} as {email}.")


@click.command()
def logout() -> None:
    """Sign out of the service that was signed in to."""
    kept = read_profile()
    if kept is None:
        click.echo("You are not signed in.")
        return
    with contextlib.suppress(RefusedError, UnavailableError), Client(kept.url, kept.token) as client:
        prefix = kept.token[:12]
        for key in client.get("/api-keys")["items"]:
            if prefix.startswith(key["prefix"]):
                client.delete(f"/api-keys/{key['id']}")
    profile_file().unlink(missing_ok=True)
    click.echo(f"Signed out of {kept.url}.")


@click.command()
def whoami() -> None:
    """Tell which service commands talk to, and as whom."""
    with connect() as client:
        me = client.get("/me")
    click.echo(f"{me['email']} ({me['role']}) at {client.url}")


@service_group()
def users() -> None:
    """See and change accounts."""


@users.command("list")
@limit_option
@with_session
def list_(session: Session, limit: int) -> None:
    """List accounts."""
    with session.client() as client:
        rows = list(client.pages("/users", most=limit))
    session.table(rows, "id", "email", "name", "role", "is_active", empty="There are no accounts.")


@users.command()
@click.argument("email")
@click.option("--name", default="", help="Of the person.")
@click.option("--role", default="editor", show_default=True, help="admin, editor, operator, viewer, or one you made.")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for where not given.")
@with_session
def create(session: Session, email: str, name: str, role: str, password: str) -> None:
    """Make an account."""
    with session.client() as client:
        made = client.post("/users", {"email": email, "name": name, "role": role, "password": password})
    session.say(f"{email} has an account.", made)


@users.command()
@click.argument("email")
@click.option("--role", default="editor", show_default=True, help="Of the account to be.")
@with_session
def invite(session: Session, email: str, role: str) -> None:
    """Invite somebody by mail; shows the link as well."""
    with session.client() as client:
        made = client.post("/invitations", {"email": email, "role": role})
    session.say(f"{email} is invited: {made['link']}", made)


@users.command()
@click.argument("account")
@click.option("--role", help="Give this role.")
@click.option("--active/--inactive", default=None, help="Whether they may sign in.")
@with_session
def change(session: Session, account: str, role: str | None, active: bool | None) -> None:
    """Change an account, by e-mail address or id."""
    body = {name: value for name, value in (("role", role), ("is_active", active)) if value is not None}
    with session.client() as client:
        found = find_user(client, account)
        changed = client.patch(f"/users/{found['id']}", body)
    session.say(f"{found['email']} is changed.", changed)


@users.command()
@click.argument("account")
@click.confirmation_option(prompt="Delete the account?")
@with_session
def delete(session: Session, account: str) -> None:
    """Delete an account, by e-mail address or id."""
    with session.client() as client:
        found = find_user(client, account)
        client.delete(f"/users/{found['id']}")
    session.say(f"{found['email']} is deleted.")

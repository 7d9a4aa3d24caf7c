"""``workflow up``, ``down`` and ``worker``: starts and stops processes of the service on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import msgspec

from workflow_kernel.base.errors import UnavailableError
from workflow_kernel.base.settings import Settings, read_settings
from workflow_kernel.storage import processes

_LOG = "server.log"
_LONGEST_LOG = 8 << 20
_READY_FD = "--ready-fd"
AT_ONCE = 1_000
"""Executions a dispatcher runs at once: their nodes are elsewhere, and priorities count among those at hand."""

_END_AFTER = 40.0
"""Seconds a process gets to end: more than its requests and executions get."""


class StartError(UnavailableError):
    """A service that was started in the background ended at once."""

    code = "WF795"


@click.command()
@click.option("--host", help="Address to listen on (WORKFLOW_HOST).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 takes a free one (WORKFLOW_PORT).")
@click.option("--detach", is_flag=True, help="Start it in the background; return when it serves.")
@click.option("--worker/--no-worker", default=True, help="Whether it runs executions itself, or workers do.")
@click.option(_READY_FD, type=int, hidden=True)
def up(host: str | None, port: int | None, detach: bool, worker: bool, ready_fd: int | None) -> None:
    """Start the service, with a Postgres and a Redis of its own unless others are named."""
    settings = read_settings(host=host, port=port)
    processes.refuse_second(settings.data_folder)
    if detach:
        _start_in_background(settings, host, port, worker)
        return
    from workflow_kernel import server

    server.run(settings, server.serve(settings, lambda ready: _tell(ready, ready_fd), works=worker))


@click.command()
@click.option("--concurrency", type=click.IntRange(min=1), help="Executions to run at once (WORKFLOW_CONCURRENCY).")
def worker(concurrency: int | None) -> None:
    """Run executions, without serving anything; any number of workers may run."""
    from workflow_kernel import server

    settings = read_settings(concurrency=concurrency)
    server.run(settings, server.work(settings, lambda ready: click.echo(f"A worker is ready ({ready.seconds:.1f} s).")))


@click.command()
@click.option("--address", metavar="HOST:PORT", help="The cluster's head; a cluster on this machine when not given.")
@click.option("--concurrency", type=click.IntRange(min=1), default=AT_ONCE, show_default=True,
              help="Executions to run at once.")  # fmt: skip
def dispatcher(address: str | None, concurrency: int) -> None:
    """Run executions of a service on a Ray cluster; any number of dispatchers may run, each can take over."""
    from workflow_kernel import server
    from workflow_kernel.app.backends import BackendChoice

    settings = read_settings(concurrency=concurrency)

    def tell(ready: processes.Ready) -> None:
        click.echo(f"A dispatcher is ready ({ready.seconds:.1f} s).")

    server.run(settings, server.work(settings, tell, BackendChoice("ray", address)))


@click.command()
@click.option("--all", "everything", is_flag=True, help="Workers, Postgres and Redis of our own too.")
def down(everything: bool) -> None:
    """Stop the service of this machine. Executions go on when it starts again."""
    from workflow_kernel.storage import embedded

    folder = read_settings().data_folder
    server = processes.find(folder)
    workers = list(processes.workers(folder))
    if server is None:
        click.echo(f"No service runs on {folder}.")
    else:
        _end(folder, server, "The service")
    if everything:
        for process in workers:
            _end(folder, process, f"The worker {process.pid}")
    elif workers:
        click.echo(
            f"Still running: {len(workers)} worker{'s' * (len(workers) > 1)}. End them with: workflow down --all"
        )
    if not embedded.stop_servers(folder) and everything:
        click.echo("Another program still uses Postgres or Redis; the last one to end stops them.")


def _start_in_background(settings: Settings, host: str | None, port: int | None, worker: bool) -> None:
    log = settings.data_folder / _LOG
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > _LONGEST_LOG:
        log.replace(log.with_suffix(".log.1"))
    options = [f"--{name}={value}" for name, value in (("host", host), ("port", port)) if value is not None]
    read_end, write_end = os.pipe()
    with log.open("ab") as output, os.fdopen(read_end, "rb") as told:
        before = output.tell()
        child = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-m", "workflow_kernel.cli.main", "up", *options, _READY_FD, str(write_end)]
            + ([] if worker else ["--no-worker"]),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=(write_end,),
            start_new_session=True,
        )
        os.close(write_end)
        answer = told.read()  # Ends when the child has said all, or is no more.
    if not answer:
        raise StartError(f"The service did not start: {_said(log, before)}", mend=f"Its log is {log}.")
    _show(msgspec.json.decode(answer, type=processes.Ready), child.pid)
    child.returncode = 0  # It goes on without us.


def _tell(ready: processes.Ready, fd: int | None) -> None:
    """Tell whoever started us: a person, or the process that ``--detach`` was said to."""
    if fd is None:
        _show(ready, os.getpid())
        click.echo("Stop it with Ctrl-C.")
        return
    with os.fdopen(fd, "wb") as told:
        told.write(msgspec.json.encode(ready))


def _show(ready: processes.Ready, pid: int) -> None:
    click.echo(f"Workflow serves {ready.url} (process {pid}, {ready.seconds:.1f} s).")
    if ready.sign_in:
        click.echo(f"Sign in for the first time, once, within the hour:\n  {ready.sign_in}")


def _end(folder: Path, process: processes.ServiceProcess, what: str) -> None:
    was_killed = processes.end(folder, process, _END_AFTER)
    click.echo(f"{what} {'did not end and was killed' if was_killed else 'has ended'}.")


def _said(log: Path, before: int) -> str:
    """The last lines of a log after a place."""
    with log.open("rb") as file:
        file.seek(before)
        lines = file.read().decode(errors="replace").strip().splitlines()
    reasons = [line for line in lines if line.startswith("WF")] or lines[-3:]
    return " / ".join(line.strip() for line in reasons)[-500:]

"""The ``workflow`` command: finds a subcommand's module, and turns errors into one screen and an exit code.

Exit codes: 0 all went well, 1 the workflow failed, 2 wrong usage or an invalid workflow, 3 cancelled, 4 timed out,
5 something this machine lacks.
"""

from __future__ import annotations

import difflib
import gc
import importlib
import os
import sys
import threading
import traceback
from typing import Any, NoReturn

import click

from workflow_kernel.base.errors import InvalidWorkflowError, UnavailableError, WorkflowError

COMMANDS = {
    "new": ("workflow_kernel.cli.files", "new", "Write a small workflow to begin with."),
    "validate": ("workflow_kernel.cli.files", "validate", "Tell everything that is wrong with workflow files."),
    "run": ("workflow_kernel.cli.run", "run", "Run a workflow file."),
    "import": ("workflow_kernel.cli.files", "import_", "Make a workflow from one of n8n."),
    "export": ("workflow_kernel.cli.files", "export", "Write a workflow as a Python script."),
    "from-notebook": ("workflow_kernel.cli.notebooks", "from_notebook", "Make a workflow of a notebook."),
    "to-notebook": ("workflow_kernel.cli.notebooks", "to_notebook", "Write the notebook a workflow was made of."),
    "to-python": ("workflow_kernel.cli.notebooks", "to_python", "Write a workflow or notebook as a Python script."),
    "kernel": ("workflow_kernel.cli.kernel", "kernel", "Put the Workflow kernel where Jupyter finds it."),
    "graph": ("workflow_kernel.cli.files", "graph", "Draw a workflow as text or as an SVG picture."),
    "nodes": ("workflow_kernel.cli.nodes", "nodes", "List node types, or show one with its parameters."),
    "up": ("workflow_kernel.cli.up", "up", "Start the service."),
    "down": ("workflow_kernel.cli.up", "down", "Stop the service."),
    "worker": ("workflow_kernel.cli.up", "worker", "Run executions of a service, without serving anything."),
    "dispatcher": ("workflow_kernel.cli.up", "dispatcher", "Run executions of a service on a Ray cluster."),
    "login": ("workflow_kernel.cli.accounts", "login", "Sign in to a service."),
    "logout": ("workflow_kernel.cli.accounts", "logout", "Sign out of it."),
    "whoami": ("workflow_kernel.cli.accounts", "whoami", "Tell which service commands talk to, and as whom."),
    "workflows": ("workflow_kernel.cli.workflows", "workflows", "The workflows of a service."),
    "executions": ("workflow_kernel.cli.executions", "executions", "Start, watch, stop and repeat executions."),
    "queues": ("workflow_kernel.cli.queues", "queues", "See the queues; retry or discard what failed."),
    "credentials": ("workflow_kernel.cli.credentials", "credentials", "Secrets that nodes use; rotation of keys."),
    "webhooks": ("workflow_kernel.cli.triggers", "webhooks", "Addresses that start workflows."),
    "schedules": ("workflow_kernel.cli.triggers", "schedules", "What starts workflows again and again."),
    "files": ("workflow_kernel.cli.stored_files", "files", "Files of a service that nodes may use."),
    "users": ("workflow_kernel.cli.accounts", "users", "The accounts of a service."),
    "db": ("workflow_kernel.cli.database", "db", "Migrate, back up or restore the database."),
    "config": ("workflow_kernel.cli.config", "config", "Show and check the settings."),
}

OK, FAILED, INVALID, CANCELLED, TIMED_OUT, INFRASTRUCTURE = range(6)

TRACE = "WORKFLOW_TRACE"
"""Variable of the environment that shows tracebacks of errors nobody foresaw."""


class _Commands(click.Group):
    """Commands whose modules are loaded when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = COMMANDS.get(cmd_name)
        if found is None:
            return None
        command: click.Command = getattr(importlib.import_module(found[0]), found[1])
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and name not in COMMANDS and not name.startswith("-"):
            ctx.fail(_hint(name))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in COMMANDS.items()])


def _hint(name: str) -> str:
    """What to say of a command that is not there."""
    if name.endswith((".flow", ".json")):
        return f"'{name}' is no command. Run a file with: workflow run {name}"
    close = difflib.get_close_matches(name, COMMANDS, n=1)
    known = f"Did you mean '{close[0]}'?" if close else f"The commands are: {', '.join(COMMANDS)}."
    return f"There is no command '{shorten(name, 60)}'. {known}"


@click.command(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    invoke_without_command=True,
    epilog="See 'workflow COMMAND --help' for the options of a command.",
)
@click.version_option(None, "-V", "--version", package_name="workflow-kernel", prog_name="workflow")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Draw a graph of nodes, run it anywhere."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and leave with its exit code."""
    gc.disable()  # Loading modules makes much and throws nothing away; a run turns it on again.
    code = call(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    if threading.active_count() > 1:
        # A thread that cannot be stopped, such as a query on its way, must not keep a finished command from leaving.
        os._exit(code)
    sys.exit(code)


def call(arguments: list[str] | None = None) -> int:
    """Run the command line; gives the exit code."""
    try:
        result: Any = cli.main(arguments, prog_name="workflow", standalone_mode=False)
    except click.exceptions.Exit as error:
        return error.exit_code
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("Cancelled.", err=True)
        return CANCELLED
    except click.ClickException as error:
        error.show()
        return INVALID
    except InvalidWorkflowError as error:
        show_problems(error)
        return INVALID
    except WorkflowError as error:
        click.echo(shorten(f"{error.code} {error}"), err=True)
        return INFRASTRUCTURE if isinstance(error, UnavailableError) else INVALID
    except SystemExit as error:
        # Click leaves like this from shell completion, and with 1 when nobody reads what is written any more.
        return CANCELLED if error.code == 1 else OK
    except (OSError, ImportError) as error:
        click.echo(shorten(f"WF600 {type(error).__name__}: {error}"), err=True)
        return INFRASTRUCTURE
    except Exception as error:
        _show_fault(error)
        return INFRASTRUCTURE
    return result if isinstance(result, int) else OK


def show_problems(error: InvalidWorkflowError, most: int = 20) -> None:
    """Print problems, one a line, at most a screen of them."""
    for problem in error.problems[:most]:
        click.echo(shorten(str(problem)), err=True)
    if len(error.problems) > most:
        click.echo(f"... and {len(error.problems) - most} more.", err=True)


def shorten(text: str, most: int = 600) -> str:
    """A text that fits on a screen."""
    return text if len(text) <= most else text[: most - 3] + "..."


def _show_fault(error: Exception) -> None:
    """Tell of an error nobody foresaw: a fault of the program."""
    if os.environ.get(TRACE):
        traceback.print_exception(error)
    click.echo(shorten(f"WF601 This is a fault of the program: {type(error).__name__}: {error}."), err=True)
    click.echo(f"Please report it with the traceback that {TRACE}=1 shows.", err=True)


if __name__ == "__main__":
    main()

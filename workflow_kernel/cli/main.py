"""The ``workflow`` command: finds a subcommand's module, and turns errors into one screen and an exit code.

Exit codes: 0 all went well, 1 the workflow failed, 2 wrong usage or an invalid workflow, 3 cancelled, 4 timed out,
5 something this machine lacks.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from workflow_kernel import __version__
from workflow_kernel.base.errors import InvalidWorkflowError, WorkflowError

COMMANDS = {
    "new": ("workflow_kernel.cli.files", "new", "Write a small workflow to begin with."),
    "validate": ("workflow_kernel.cli.files", "validate", "Tell everything that is wrong with workflow files."),
    "run": ("workflow_kernel.cli.run", "run", "Run a workflow file."),
    "import": ("workflow_kernel.cli.files", "import_", "Make a workflow from one of n8n."),
    "export": ("workflow_kernel.cli.files", "export", "Write a workflow as a Python script."),
    "graph": ("workflow_kernel.cli.files", "graph", "Draw a workflow as text or as an SVG picture."),
    "nodes": ("workflow_kernel.cli.nodes", "nodes", "List node types, or show one with its parameters."),
}

OK, FAILED, INVALID, CANCELLED, TIMED_OUT, INFRASTRUCTURE = range(6)


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

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in COMMANDS.items()])


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="workflow")
def cli() -> None:
    """Draw a graph of nodes, run it anywhere."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(call(arguments))


def call(arguments: list[str] | None = None) -> int:
    """Run the command line; gives the exit code."""
    try:
        result: Any = cli.main(arguments, prog_name="workflow", standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("Cancelled.", err=True)
        return CANCELLED
    except click.ClickException as error:
        error.show()
        return INVALID
    except InvalidWorkflowError as error:
        show_problems(error)
        return INVALID
    except WorkflowError as error:
        click.echo(f"{error.code} {error}", err=True)
        return INVALID
    except (OSError, ImportError) as error:
        click.echo(f"WF600 {type(error).__name__}: {error}", err=True)
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

"""The Workflow kernel of Jupyter: ``workflow kernel install``."""

from __future__ import annotations

import click

from workflow_kernel.base.errors import UnavailableError
from workflow_kernel.cli.main import OK


@click.group()
def kernel() -> None:
    """The Workflow kernel: notebooks whose cells know what depends on them."""


@kernel.command()
@click.option("--user", is_flag=True, help="For this user, whichever environment Jupyter runs in.")
@click.option("--prefix", metavar="FOLDER", help="Below this folder; this environment's when not given.")
def install(user: bool, prefix: str | None) -> int:
    """Put the kernel where Jupyter finds it. A wheel has done so when it was installed."""
    try:
        from workflow_kernel.notebook import kernelspec
    except ModuleNotFoundError as error:
        raise UnavailableError(
            f"The kernel needs '{error.name}', which is not installed.",
            code="WF804",
            mend="Install it with: pip install 'workflow-kernel[jupyter]'",
        ) from None
    click.echo(f"Installed the kernel '{kernelspec.NAME}' in {kernelspec.install(prefix=prefix, user=user)}.")
    return OK

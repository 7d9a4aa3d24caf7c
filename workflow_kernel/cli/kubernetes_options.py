"""What ``workflow run --k8s`` may be told besides; apart from the rest, as few need it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import click

_OPTIONS = (
    click.option("--manifest", is_flag=True, help="With --k8s: write what would be applied, and do nothing."),
    click.option("--image", envvar="WORKFLOW_IMAGE", show_envvar=True, help="With --k8s: the image of all pods."),
    click.option("--namespace", metavar="NAME", help="With --k8s: where it runs; the context's when not given."),
    click.option("--workers", type=click.IntRange(1), default=1, help="With --k8s: machines."),
    click.option("--cpus", type=click.IntRange(1), default=2, help="With --k8s: processors of each."),
    click.option("--gpus", type=click.IntRange(0), default=0, help="With --k8s: graphics processors of each."),
    click.option("--memory", metavar="AMOUNT", default="4Gi", help="With --k8s: memory of each."),
)


def kubernetes_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def refuse_odd(options: Mapping[str, Any]) -> None:
    """Options that say nothing without ``--k8s``, and what it needs."""
    if options["manifest"] and not options["k8s"]:
        raise click.UsageError("--manifest needs --k8s.")
    if not options["k8s"]:
        return
    if not options["image"]:
        raise click.UsageError("--k8s needs --image: what deploy/Dockerfile makes, or an image with your packages.")
    if not os.environ.get("WORKFLOW_BLOB_URL"):
        raise click.UsageError("--k8s needs WORKFLOW_BLOB_URL: where all machines keep large values, e.g. s3://bucket.")

"""Runs all cases of a folder laid out like the open parity cases, and counts how they fared."""

from __future__ import annotations

import collections
import os
import time
from collections.abc import Sequence
from pathlib import Path

from tests.parity import tables
from tests.parity.workflows import Outcome, run_case
from workflow_kernel.interchange.n8n import N8nImporter
from workflow_kernel.sdk.registry import Registry

KINDS = ("node", "engine", "table")
STATUSES = ("passed", "failed", "not_covered")


def run_folder(folder: Path, only: str = "") -> list[Outcome]:
    """Every case below a folder's ``node``, ``engine`` and ``tables``."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    registry = Registry()
    importer = N8nImporter(registry)
    outcomes = [
        run_case(path, registry, importer)
        for kind in ("node", "engine")
        for path in sorted((folder / kind).glob("*.json"))
        if only in path.name
    ]
    for path in sorted((folder / "tables").glob("*.json")):
        if only in path.name:
            outcomes += [
                Outcome(result.id, "table", result.status, result.detail, (path.stem,))
                for result in tables.run_table(path)
            ]
    return outcomes


def summary(outcomes: Sequence[Outcome]) -> dict[str, dict[str, int]]:
    """How many passed, failed and are not covered, per kind."""
    counts = {kind: dict.fromkeys(STATUSES, 0) for kind in KINDS}
    for outcome in outcomes:
        counts[outcome.kind][outcome.status] += 1
    return counts


def table(outcomes: Sequence[Outcome]) -> str:
    """A Markdown table of the counts per node type or table."""
    counts: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for outcome in outcomes:
        for name in outcome.nodes:
            counts[name.removeprefix("n8n-nodes-base.")][outcome.status] += 1
    lines = [
        "# Parity with n8n",
        "",
        "Written by `python -m tests.parity FOLDER --report docs/parity.md`.",
        "A case counts for every node type it uses.",
        "",
        "| node type or table | passed | failed | not covered |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {found['passed']} | {found['failed']} | {found['not_covered']} |"
        for name, found in sorted(counts.items())
    ]
    return "\n".join(lines) + "\n"

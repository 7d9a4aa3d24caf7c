"""Runs benchmarks: ``python -m benchmarks NAME [--json]``, ``python -m benchmarks --list``."""

from __future__ import annotations

import argparse
import importlib
import json
import sys

BENCHMARKS = {
    "engine": "overhead per node, items through a chain with expressions, cold start, memory",
    "memory": "five million items through a chain of item nodes",
    "service": "webhooks, queues, start and memory of the service; n8n beside it",
    "editor": "the canvas in Chromium: opening, dragging, panning, live updates",
    "pages": "first paint of each page of the dashboard, in a new browser and seen before",
    "ray": "workflows on a Ray cluster beside raw Ray; needs the extra [ray]",
    "ray_faults": "take-over of a dispatcher that is killed or frozen; needs the extra [ray]",
    "notebook": "reading a notebook's cells, running independent cells beside nbclient",
    "hostile": "broken files and hostile expressions: the slowest of each",
}


def main() -> int:
    """Run one benchmark and print its figures and ratios."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("name", nargs="?", choices=sorted(BENCHMARKS))
    parser.add_argument("--list", action="store_true", help="name the benchmarks")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    if arguments.list or arguments.name is None:
        for name, text in BENCHMARKS.items():
            print(f"{name:10} {text}")
        return 0
    figures = importlib.import_module(f"benchmarks.{arguments.name}").run()
    if arguments.json:
        print(json.dumps(figures, indent=2))
        return 0
    for name, figure in figures.items():
        print(
            f"{name:48} "
            + "  ".join(
                f"{key} {value:,.4g}" if isinstance(value, float) else f"{key} {value}" for key, value in figure.items()
            )
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())

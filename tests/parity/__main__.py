"""Runs a folder of parity cases: ``python -m tests.parity FOLDER [--json] [--verbose] [--only TEXT]``."""

from __future__ import annotations

import argparse
import collections
import json
import sys
from pathlib import Path

from tests.parity.runner import run_folder, summary, table


def main() -> int:
    """Run the cases and print how they fared."""
    parser = argparse.ArgumentParser(prog="python -m tests.parity", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", action="store_true", help="print the counts per kind as one JSON object")
    parser.add_argument("--verbose", action="store_true", help="print each case that did not pass")
    parser.add_argument("--only", default="", help="only cases whose file name contains this")
    parser.add_argument("--report", type=Path, help="write the table per node type here")
    arguments = parser.parse_args()
    outcomes = run_folder(arguments.folder, arguments.only)
    if arguments.verbose:
        for outcome in outcomes:
            if outcome.status != "passed":
                print(f"{outcome.status:12} {outcome.id}: {outcome.detail[:400]}", file=sys.stderr)
    if arguments.report:
        arguments.report.write_text(table(outcomes), encoding="utf-8")
    counts = summary(outcomes)
    if arguments.json:
        print(json.dumps(counts))
    else:
        for kind, found in counts.items():
            print(kind, dict(collections.Counter(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

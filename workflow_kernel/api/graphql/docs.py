"""Writes the schema into docs/graphql.md: ``python -m workflow_kernel.api.graphql.docs``; a test finds stale ones."""

from __future__ import annotations

import sys
from pathlib import Path

from workflow_kernel.api.graphql.schema import schema

PLACE = Path("docs/graphql.md")
BEGIN, END = "```graphql\n", "\n```\n"


def main() -> None:
    """Put the schema in the place of the one that is there, in the page given or in its place in the repository."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else PLACE
    before, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    path.write_text(before + begin + schema().as_str() + END + after, encoding="utf-8")


if __name__ == "__main__":
    main()

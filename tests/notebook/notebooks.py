"""The notebooks of other projects that the tests try things on; see ``corpus/README.md``."""

from __future__ import annotations

import gzip
import json
from functools import lru_cache
from pathlib import Path
from typing import Any


@lru_cache(maxsize=1)
def corpus() -> dict[str, dict[str, Any]]:
    """Notebooks by name, each with whether its cells may be run."""
    data: dict[str, dict[str, Any]] = json.loads(
        gzip.decompress((Path(__file__).parent / "corpus" / "notebooks.json.gz").read_bytes())
    )
    return data


def sources(notebook: dict[str, Any]) -> list[str]:
    """The code of a notebook's cells."""
    cells = notebook.get("cells") or [
        cell for sheet in notebook.get("worksheets", ()) for cell in sheet.get("cells", ())
    ]
    found = [cell.get("source", cell.get("input", "")) for cell in cells if cell.get("cell_type") == "code"]
    return [text if isinstance(text, str) else "".join(text or ()) for text in found]

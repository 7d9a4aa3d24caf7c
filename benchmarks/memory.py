"""Five million items through a chain of item nodes: memory must stay flat."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.measure import alone

COUNT = 5_000_000


def run() -> dict[str, dict[str, Any]]:
    """All figures of this benchmark; the limit is 600 MB at the peak."""
    return {"five_million": {**alone("benchmarks.memory", "five_million"), "limit_mb": 600}}


def five_million() -> dict[str, Any]:
    """Generate, set, filter, set; everything is kept, in the blob store."""
    from workflow_kernel.app.local import LocalEngine
    from workflow_kernel.graph.model import Edge, End, Node, Workflow
    from workflow_kernel.storage.blobs import FolderBlobs
    from workflow_kernel.worker.environment import Environment

    condition = {"left": "={{ $json.index % 2 }}", "operator": "number.equals", "right": 0}
    nodes = {
        "s": Node("s", "Start", "flow.manual_trigger"),
        "g": Node("g", "Generate", "data.debug_data", parameters={"action": "sequence", "count": COUNT}),
        "a": Node(
            "a",
            "Double",
            "data.set",
            parameters={"fields": [{"name": "double", "value": "={{ $json.index * 2 }}"}], "include": "all"},
        ),
        "f": Node(
            "f", "Even", "data.filter", parameters={"conditions": {"combinator": "and", "conditions": [condition]}}
        ),
        "b": Node(
            "b",
            "Halve",
            "data.set",
            parameters={"fields": [{"name": "half", "value": "={{ $json.index / 2 }}"}], "include": "all"},
        ),
    }
    edges = (
        Edge(End("s"), End("g")),
        Edge(End("g"), End("a")),
        Edge(End("a"), End("f")),
        Edge(End("f", "kept"), End("b")),
    )

    async def work() -> int:
        with tempfile.TemporaryDirectory() as folder:
            async with LocalEngine(environment=Environment(FolderBlobs(Path(folder)))) as engine:
                result = await engine.run(Workflow("five million", nodes, edges))
                result.raise_if_failed()
                return len(result["Halve"].batch())

    start = time.perf_counter()
    count = asyncio.run(work())
    return {"seconds": time.perf_counter() - start, "items_out": count}

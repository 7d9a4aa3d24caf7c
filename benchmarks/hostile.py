"""Bad input: how long the corpus of broken files and hostile expressions takes; each must be told within 2 s."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from benchmarks.measure import alone

LIMIT = 2.0


def run() -> dict[str, dict[str, Any]]:
    """The slowest of each kind, with how many there are."""
    here = "benchmarks.hostile"
    names = ("broken_files", "python_expressions", "javascript_expressions", "commands")
    return {name: alone(here, name) for name in names}


def broken_files() -> dict[str, Any]:
    """Read and validate every file of the tests' corpus, small and large."""
    from tests.graph import make_broken
    from tests.graph.test_broken_files import problems_of

    small = [lambda name=name: problems_of(make_broken.FOLDER / name) for name in make_broken.SMALL]
    contents = [make() for _, make in make_broken.LARGE.values()]
    large = [lambda content=content: problems_of(content) for content in contents]
    return _slowest([*small, *large])


def commands() -> dict[str, Any]:
    """``workflow run`` on each of the small broken files, process start and all."""
    from tests.graph import make_broken

    program = str(Path(sys.executable).with_name("workflow"))
    paths = [make_broken.FOLDER / name for name in make_broken.SMALL]
    return _slowest([lambda path=path: subprocess.run([program, "run", path], capture_output=True) for path in paths])


def python_expressions() -> dict[str, Any]:
    """Evaluate every hostile Python expression of the tests' corpus."""
    from tests.expressions.test_python_hostile import HOSTILE, Data
    from workflow_kernel.expressions.python import Python

    return _slowest(
        [lambda code=code: Python().evaluate([f"={{{{ {code} }}}}"], Data(), [0]) for code in HOSTILE.values()]
    )


def javascript_expressions() -> dict[str, Any]:
    """Evaluate JavaScript that loops, allocates or reaches out, with a time limit of one second."""
    from tests.expressions.test_python_hostile import Data
    from workflow_kernel.expressions.javascript import JavaScript

    codes = [
        "(() => { while (true) {} })()",
        "'x'.repeat(2 ** 29) + 'y'.repeat(2 ** 29)",
        "Array(1e9).fill(1)",
        "process.exit()",
        "require('fs').readFileSync('/etc/passwd')",
        "this.constructor.constructor('return process')()",
        "/(a+)+$/.test('a'.repeat(40) + 'b')",
        "(function f() { return f() })()",
    ]
    javascript = JavaScript(time_limit=1.0)
    return _slowest([lambda code=code: javascript.evaluate([f"={{{{ {code} }}}}"], Data(), [0]) for code in codes])


def _slowest(works: Iterable[Callable[[], Any]]) -> dict[str, Any]:
    times = []
    for work in works:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return {"count": len(times), "slowest_seconds": max(times), "limit": LIMIT}

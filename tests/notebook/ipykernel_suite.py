"""ipykernel's own tests, run against the Workflow kernel and against ipykernel itself: what must be the same, is.

    python -m tests.notebook.ipykernel_suite [--only EXPRESSION]

The tests are those of the ipykernel that is installed, from its source distribution on the package index; they are
not part of this repository. The exit code is 1 where a test passes with ipykernel and fails with ours.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import xml.etree.ElementTree as ElementTree
from importlib.metadata import version
from pathlib import Path

HELPERS = ("flaky", "pytest-timeout", "trio", "outcome", "sortedcontainers", "sniffio")
"""What those tests need besides what ours need."""

_PLUGIN = """
import ipykernel.ipkernel
from workflow_kernel.notebook.kernel import WorkflowKernel

ipykernel.ipkernel.IPythonKernel = WorkflowKernel  # what tests make a kernel of in their own process
"""

Outcomes = dict[str, str]


def main() -> int:
    """Run both, tell the figures and every difference."""
    parser = argparse.ArgumentParser(prog="python -m tests.notebook.ipykernel_suite")
    parser.add_argument("--only", default="", help="an expression for pytest's -k")
    only = parser.parse_args().only
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        suite = _fetch(folder)
        plain = _run(suite, folder, only, is_ours=False)
        ours = _run(suite, folder, only, is_ours=True)
    for name, found in (("ipykernel", plain), ("Workflow kernel", ours)):
        counts = {kind: list(found.values()).count(kind) for kind in ("passed", "failed", "skipped")}
        print(f"{name:16} " + "  ".join(f"{kind} {count}" for kind, count in counts.items()))
    for test in sorted(test for test, outcome in plain.items() if outcome == "failed"):
        print(f"fails with ipykernel itself: {test}")
    worse = sorted(test for test, outcome in ours.items() if outcome == "failed" and plain.get(test) == "passed")
    for test in worse:
        print(f"fails with ours alone: {test}")
    return 1 if worse or not ours else 0


def _fetch(folder: Path) -> Path:
    """The tests of the installed ipykernel, beside what they need."""
    python = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    release = f"ipykernel=={version('ipykernel')}"
    subprocess.run(
        [*python, "download", "--no-deps", "--no-binary", "ipykernel", "--dest", str(folder), release], check=True
    )
    subprocess.run([*python, "install", "--no-deps", "--target", str(folder / "helpers"), *HELPERS], check=True)
    (archive,) = folder.glob("ipykernel-*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    suite = folder / archive.name.removesuffix(".tar.gz")
    shutil.rmtree(suite / "ipykernel")  # the installed one is tried
    return suite


def _run(suite: Path, folder: Path, only: str, *, is_ours: bool) -> Outcomes:
    """What became of each test."""
    name = "ours" if is_ours else "plain"
    home = folder / name
    paths = [str(folder / "helpers"), str(Path(__file__).parents[2])]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:nbval"]
    command += [
        "-o",
        "asyncio_default_fixture_loop_scope=function",
        "-o",
        "addopts=",
        "-o",
        "timeout=120",
        "--junit-xml",
        str(home / "report.xml"),
        "tests",
    ]
    home.mkdir()
    if is_ours:
        spec = json.loads((Path(__file__).parents[2] / "workflow_kernel" / "notebook" / "kernel.json").read_text())
        place = home / "share" / "jupyter" / "kernels" / "python3"  # the name those tests start
        place.mkdir(parents=True)
        (place / "kernel.json").write_text(json.dumps(spec | {"argv": [sys.executable, *spec["argv"][1:]]}))
        (home / "workflow_in_place.py").write_text(_PLUGIN)
        paths.append(str(home))
        command += ["-p", "workflow_in_place"]
    if only:
        command += ["-k", only]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(paths), "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_PATH": str(home / "share" / "jupyter"), "JUPYTER_PLATFORM_DIRS": "1",
    }  # fmt: skip
    subprocess.run(command, cwd=suite, env=environment, check=False, stdout=subprocess.DEVNULL)
    cases = ElementTree.parse(home / "report.xml").iter("testcase")
    return {f"{case.get('classname')}::{case.get('name')}": _outcome(case) for case in cases}


def _outcome(case: ElementTree.Element) -> str:
    kinds = {child.tag for child in case}
    if kinds & {"failure", "error"}:
        return "failed"
    return "skipped" if "skipped" in kinds else "passed"


if __name__ == "__main__":
    sys.exit(main())

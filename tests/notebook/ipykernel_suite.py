"""ipykernel's own tests, run against the Workflow kernel and against ipykernel itself: what must be the same, is.

    python -m tests.notebook.ipykernel_suite [--only EXPRESSION]

The tests are those of the ipykernel that is installed, from its source distribution on the package index; they are
not part of this repository. A test that fails with ours alone runs once more by itself. The exit code is 1 where it
still fails, and nothing says why that must be so.
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
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
HELPERS = ("flaky", "pytest-timeout", "trio", "outcome", "sortedcontainers", "sniffio")
"""What those tests need besides what ours need."""

ON_PURPOSE = {
    "tests.test_kernel::test_print_to_correct_cell_from_thread": "it counts what is shown, and ours says what is stale",
}
"""Tests that cannot pass with a kernel that says more, by their names without parameters."""

_START = """
from workflow_kernel.notebook import kernel
kernel.WorkflowKernel.implementation_version = "2.1"  # those tests ask for a number of ipykernel's
kernel.main()
"""
_PLUGIN = """
import ipykernel.ipkernel
from workflow_kernel.notebook.kernel import WorkflowKernel

ipykernel.ipkernel.IPythonKernel = WorkflowKernel  # what tests make a kernel of in their own process
"""
_SETTINGS = ("asyncio_default_fixture_loop_scope=function", "addopts=", "timeout=120")

Outcomes = dict[str, str]


def main() -> int:
    """Run both, tell the figures and every difference."""
    parser = argparse.ArgumentParser(prog="python -m tests.notebook.ipykernel_suite")
    parser.add_argument("--only", default="", help="an expression for pytest's -k")
    only = parser.parse_args().only
    with tempfile.TemporaryDirectory() as place:
        suite = _fetch(Path(place))
        choice = ["tests", *(["-k", only] if only else [])]
        plain = _run(suite, "plain", choice)
        ours = _run(suite, "ours", choice)
        again = [_place(suite, test) for test in _worse(plain, ours)]
        if again:
            ours |= _run(suite, "ours", again)
    for name, found in (("ipykernel", plain), ("Workflow kernel", ours)):
        counts = {kind: list(found.values()).count(kind) for kind in ("passed", "failed", "skipped")}
        print(f"{name:16} " + "  ".join(f"{kind} {count}" for kind, count in counts.items()))
    for test in sorted(test for test, outcome in plain.items() if outcome == "failed"):
        print(f"fails with ipykernel itself: {test}")
    unexplained = 0
    for test in _worse(plain, ours):
        why = ON_PURPOSE.get(test.partition("[")[0], "")
        unexplained += not why
        print(f"fails with ours alone: {test}" + (f"; {why}" if why else ""))
    return 1 if unexplained or not ours else 0


def _worse(plain: Outcomes, ours: Outcomes) -> list[str]:
    """Tests that pass with ipykernel and fail with ours."""
    return sorted(test for test, outcome in ours.items() if outcome == "failed" and plain.get(test) == "passed")


def _place(suite: Path, test: str) -> str:
    """A test as pytest takes it."""
    names, _, name = test.partition("::")
    parts = names.split(".")
    length = next(count for count in range(len(parts), 0, -1) if (suite / f"{'/'.join(parts[:count])}.py").is_file())
    return "::".join([f"{'/'.join(parts[:length])}.py", *parts[length:], name])


def _fetch(folder: Path) -> Path:
    """The tests of the installed ipykernel, beside what they need."""
    python = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    release = f"ipykernel=={version('ipykernel')}"
    wanted = ["download", "--no-deps", "--no-binary", "ipykernel", "--dest", str(folder), release]
    subprocess.run([*python, *wanted], check=True)
    subprocess.run([*python, "install", "--no-deps", "--target", str(folder / "helpers"), *HELPERS], check=True)
    (archive,) = folder.glob("ipykernel-*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    suite = folder / archive.name.removesuffix(".tar.gz")
    shutil.rmtree(suite / "ipykernel")  # the installed one is tried
    return suite


def _run(suite: Path, name: str, choice: Sequence[str]) -> Outcomes:
    """What became of each test: of ``plain`` ipykernel, or of ``ours``."""
    home = suite.parent / name
    kernels = home / "share" / "jupyter"
    kernels.mkdir(parents=True, exist_ok=True)
    paths = [str(suite.parent / "helpers"), str(ROOT)]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:nbval"]
    if name == "ours":
        place = kernels / "kernels" / "python3"  # the name those tests start
        place.mkdir(parents=True, exist_ok=True)
        spec = json.loads((ROOT / "workflow_kernel" / "notebook" / "kernel.json").read_text())
        spec["argv"] = [sys.executable, "-c", _START, *spec["argv"][3:]]
        (place / "kernel.json").write_text(json.dumps(spec))
        (home / "workflow_in_place.py").write_text(_PLUGIN)
        paths.append(str(home))
        command += ["-p", "workflow_in_place"]
    for setting in _SETTINGS:
        command += ["-o", setting]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(paths), "IPYTHONDIR": str(home / "ipython"), "JUPYTER_PATH": str(kernels),
        "JUPYTER_PLATFORM_DIRS": "1",
    }  # fmt: skip
    report = home / "report.xml"
    command += ["--junit-xml", str(report), *choice]
    subprocess.run(command, cwd=suite, env=environment, check=False, stdout=subprocess.DEVNULL)
    cases = ElementTree.parse(report).iter("testcase")
    return {f"{case.get('classname')}::{case.get('name')}": _outcome(case) for case in cases}


def _outcome(case: ElementTree.Element) -> str:
    kinds = {child.tag for child in case}
    if kinds & {"failure", "error"}:
        return "failed"
    return "skipped" if "skipped" in kinds else "passed"


if __name__ == "__main__":
    sys.exit(main())

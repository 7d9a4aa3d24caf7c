"""The names others build on. A change here is a change for them: say so in the changelog."""

from __future__ import annotations

import subprocess
import sys

import workflow_kernel
from workflow_kernel import sdk

PACKAGE = ["Workflow", "__version__", "connect", "node", "task"]
SDK = [
    "EMPTY", "Answer", "Batch", "Binary", "Context", "Credential", "Field", "Imported", "ImportedNode", "Inputs",
    "Item", "Items", "Lineage", "Model", "NodeError", "NodeType", "Object", "Outputs", "Port", "Ports", "Source",
    "Suspend", "Table", "as_item", "as_items", "node",
]  # fmt: skip


def test_the_package_exports_these_names() -> None:
    assert sorted(workflow_kernel.__all__) == PACKAGE
    assert all(hasattr(workflow_kernel, name) for name in PACKAGE)


def test_node_authors_get_these_names() -> None:
    assert sorted(sdk.__all__) == sorted(SDK)
    assert all(hasattr(sdk, name) for name in SDK)


def test_importing_the_package_costs_nothing() -> None:
    code = "import sys, workflow_kernel; print(sorted(n for n in sys.modules if n.startswith('workflow_kernel')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['workflow_kernel']"

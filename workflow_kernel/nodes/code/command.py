"""Command: runs a shell command in a worker process and gives what it printed."""

from __future__ import annotations

from typing import Any

from workflow_kernel.sdk import Context, Field, Imported, ImportedNode, Items, Lineage, NodeError, NodeType, node
from workflow_kernel.sdk import Item as OneItem

_CODE = """
import subprocess
done = subprocess.run(command, shell=True, capture_output=True, text=True, errors="replace")
return {"exitCode": done.returncode, "stderr": done.stderr.strip(), "stdout": done.stdout.strip()}
"""


def _from_n8n(source: ImportedNode) -> Imported:
    return Imported({"command": source.get("command", default=""), "once": source.get("executeOnce", default=True)})


@node(
    "code.command",
    title="Execute command",
    where="process",
    pure=False,
    per_item=("command",),
    imports={"n8n-nodes-base.executeCommand": _from_n8n},
    icon="terminal",
    keywords=("shell", "bash", "script", "program"),
)
class Command(NodeType):
    """Runs a shell command, once or for each item, and gives its exit code and what it printed."""

    command: str = Field(description="The command, as for a shell.", widget="code", language="shell", min_length=1)
    once: bool = Field(True, description="Run it once, for the first item, rather than for each.", expression=False)

    async def run(self, items: Items, ctx: Context) -> Items:
        """Run the command; an exit code other than 0 is a failure."""
        rows: list[OneItem] = []
        sources: list[int] = []
        for index in range(1 if self.once else len(items)):
            mine = ctx.at(self, index)
            done: dict[str, Any] = await ctx.run_python(_CODE, {"command": mine.command})
            if done["exitCode"]:
                reason = done["stderr"] or done["stdout"]
                ctx.fail(index, NodeError(f"The command failed with exit code {done['exitCode']}.", description=reason))
                continue
            rows.append(OneItem(done))
            sources.append(index)
        return Items(rows, Lineage.one(sources))

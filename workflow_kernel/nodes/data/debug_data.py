"""Debug data: sample records, errors and load for trying workflows out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from workflow_kernel.nodes._imports import choose
from workflow_kernel.nodes.data._names import given
from workflow_kernel.nodes.data._random_records import Kind, Records
from workflow_kernel.sdk import Context, Field, Imported, ImportedNode, Item, Items, Lineage, NodeError, NodeType, node

_CHUNK = 10_000
_MOST_IN_LIST = 100_000
_ACTIONS = {"doNothing": "nothing", "throwError": "error", "oom": "memory", "randomData": "random"}
_KINDS = {
    "user": "user",
    "address": "address",
    "email": "email",
    "creditCard": "credit_card",
    "latLong": "location",
    "url": "url",
    "ipv4": "ipv4",
    "ipv6": "ipv6",
    "macAddress": "mac",
    "uuid": "uuid",
    "nanoid": "nanoid",
    "semver": "version",
}


def _from_n8n(source: ImportedNode) -> Imported:
    action = choose(source.get("category"), _ACTIONS, "error")
    parameters = given(action=action)
    if action == "error":
        parameters |= given(message=source.get("throwErrorMessage"))
    elif action == "memory":
        parameters |= given(memory=source.get("memorySizeToEat"))
    elif action != "nothing":
        parameters |= given(
            kind=choose(source.get("randomDataType"), _KINDS, "user"),
            count=source.get("randomDataCount"),
            seed=source.get("randomDataSeed"),
            single_list=source.get("randomDataSingleArray"),
            nanoid_alphabet=source.get("nanoidAlphabet"),
            nanoid_length=source.get("nanoidLength"),
        )
    return Imported(parameters)


@node(
    "data.debug_data",
    title="Debug data",
    imports={"n8n-nodes-base.debugHelper": _from_n8n},
    icon="flask-conical",
    keywords=("random", "sample", "fake", "mock", "test", "generate", "sequence", "range", "debug helper"),
)
class DebugData(NodeType):
    """Makes sample records, a sequence, an error or memory load, for trying a workflow out."""

    action: Literal["random", "sequence", "error", "memory", "nothing"] = Field(
        "random", description="Random records, numbered items, an error, used memory, or no items at all."
    )
    kind: Kind = Field("user", description="What the records are about.", show={"action": "random"})
    count: int = Field(10, ge=0, description="How many to make for each item.", show={"action": ["random", "sequence"]})
    seed: str | int = Field(
        "", description="The same seed makes the same records.", section="Options", show={"action": "random"}
    )
    single_list: bool = Field(
        False,
        description="Whether one item holds the records in a list, `list`.",
        section="Options",
        show={"action": "random"},
    )
    nanoid_alphabet: str = Field(
        "0123456789abcdefghijklmnopqrstuvwxyz",
        min_length=1,
        description="The characters ids are made of.",
        show={"action": "random", "kind": "nanoid"},
    )
    nanoid_length: int = Field(
        16, ge=1, le=10_000, description="How long ids are.", show={"action": "random", "kind": "nanoid"}
    )
    start: int = Field(0, description="The first number.", show={"action": "sequence"})
    message: str = Field("Node has thrown an error", description="What the error says.", show={"action": "error"})
    memory: int = Field(
        10, ge=1, le=1_000_000, description="How many megabytes to use for a moment.", show={"action": "memory"}
    )

    def run(self, items: Items, ctx: Context) -> Iterator[Items]:
        """Make what was asked for, once for each item, chunk by chunk."""
        records = Records(str(self.seed) or ctx.token, self.nanoid_alphabet, self.nanoid_length)
        for index in range(len(items)):
            if self.action == "error":
                ctx.fail(index, NodeError(self.message))
            elif self.action == "memory":
                yield _linked([self._use_memory()], index)
            elif self.action != "nothing":
                yield from self._made(records, index, ctx)
        yield Items([], Lineage("none"))

    def _made(self, records: Records, index: int, ctx: Context) -> Iterator[Items]:
        if self.action == "random" and self.single_list:
            if self.count > _MOST_IN_LIST:
                raise NodeError(
                    f"'count' is {self.count:,}; a single list takes {_MOST_IN_LIST:,} records at most.",
                    mend="Make fewer, or turn 'single_list' off.",
                )
            yield _linked([{"list": [records.make(self.kind) for _ in range(self.count)]}], index)
            return
        for first in range(0, self.count, _CHUNK):
            if ctx.is_cancelled:
                return
            size = min(_CHUNK, self.count - first)
            if self.action == "sequence":
                yield _linked(
                    [{"index": number} for number in range(self.start + first, self.start + first + size)], index
                )
            else:
                yield _linked([records.make(self.kind) for _ in range(size)], index)

    def _use_memory(self) -> dict[str, Any]:
        block = bytearray(self.memory * 1_000_000)
        block[::4096] = b"\x01" * len(block[::4096])  # touched, so that the system really gives it
        return {"megabytes": len(block) // 1_000_000}


def _linked(rows: list[dict[str, Any]], index: int) -> Items:
    return Items([Item(row) for row in rows], Lineage.one([index] * len(rows)))

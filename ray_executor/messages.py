"""What travels between the dispatcher and its workers: node runs one way, outcomes the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from workflow_kernel.expressions.scope import Facts
from workflow_kernel.graph.model import Node
from workflow_kernel.runs.outcome import Outcome
from workflow_kernel.sdk.node import Ports
from workflow_kernel.storage.packing import Links, PackedBatch

Form = Literal["rows", "table", "object", "spilled", "kept", "absent"]
RunKey = tuple[str, int]


class Parcel(msgspec.Struct, gc=False):
    """A batch on its way: what it is, and its data or where they are.

    Parameters
    ----------
    form: how the data is written; ``kept`` in the blob store alone, ``absent`` where only the lineage matters.
    count: how many items. links: its lineage.
    data: the data, where it is small. argument: number of the argument that holds it. reference: Ray's, to the same.
    at: position in the list that an argument or reference is.
    about: kind, text and view of an object. kept: where a durable copy is.
    """

    form: Form
    count: int
    links: Links | None
    data: Any = None
    argument: int | None = None
    reference: Any = None
    at: int = 0
    about: tuple[str, str, bytes] | None = None
    kept: PackedBatch | None = None


class SentRun(msgspec.Struct, gc=False):
    """A finished run, as the scope of a later one looks at it. ``inputs`` are positions in the list of runs."""

    name: str
    id: str
    index: int
    inputs: list[tuple[int, int] | None]
    outputs: list[Parcel]


class SentScope(msgspec.Struct, gc=False):
    """What the expressions and the code of one run may look at of earlier nodes.

    Parameters
    ----------
    names: of the nodes it may look at. states: of some of them, as are the following.
    parameters: raw. towards: output that leads to this run's node.
    runs: finished ones and those between. visible: positions of those that may be looked at. inputs: of this run.
    """

    names: list[str]
    states: dict[str, Mapping[str, Any]] = {}
    parameters: dict[str, Mapping[str, Any]] = {}
    towards: dict[str, int] = {}
    runs: list[SentRun] = []
    visible: list[int] = []
    inputs: list[tuple[int, int] | None] = []


class SentType(msgspec.Struct, frozen=True):
    """A node type: by name where every machine has it, else with its code, by its hash."""

    name: str
    version: int
    digest: str = ""
    code: bytes = b""


class SentNode(msgspec.Struct, gc=False):
    """A placed node, with the facts of its run and what its last run kept."""

    node: Node
    node_type: SentType
    ports: Ports
    facts: Facts
    state: Mapping[str, Any]


class SentHeadway(msgspec.Struct, gc=False):
    """What earlier attempts did already."""

    outputs: list[Parcel]
    remaining: tuple[int, ...]


class SentSetting(msgspec.Struct, frozen=True, gc=False):
    """What the runs of an execution have in common.

    Parameters
    ----------
    tells: whether somebody wants their progress. answers: whether somebody waits for an answer to the caller.
    """

    language: str
    timezone: str
    variables: Mapping[str, Any]
    tells: bool
    answers: bool


class SentTask(msgspec.Struct, gc=False):
    """A node run, and the nodes to go on with while all goes well.

    Parameters
    ----------
    scope: None where it looks at no other nodes.
    offset: number of items of the batch that come before these, where a run was cut into chunks.
    secrets: those the node uses. ahead: nodes that may follow in the same place.
    """

    key: RunKey
    node: SentNode
    inputs: list[Parcel | None]
    setting: SentSetting
    is_last_attempt: bool
    attempt: int
    is_pure: bool
    scope: SentScope | None = None
    headway: SentHeadway | None = None
    offset: int = 0
    secrets: Mapping[str, Mapping[str, Any]] | None = None
    ahead: Sequence[SentNode] = ()


class SentEnvironment(msgspec.Struct, frozen=True):
    """What nodes have at hand on a worker; the same for all runs of a dispatcher.

    Parameters
    ----------
    blobs: URL or folder. folder: where relative paths begin.
    modules: archive of those in it, for machines without it. folders: roots nodes may use.
    is_shared: whether user code runs in processes of its own, apart from the worker. hidden: paths it must not reach.
    is_durable: whether large outputs are put into the blob store by whoever made them.
    grace: seconds code has for its ``finally``.
    """

    blobs: str
    folder: str
    modules: str = ""
    folders: tuple[str, ...] = ()
    variables_of_process: tuple[tuple[str, str], ...] | None = None
    allow_code_here: bool = False
    is_shared: bool = False
    hidden: tuple[str, ...] = ()
    is_durable: bool = False
    spill_at: int = 100_000
    chunk: int = 10_000
    grace: float = 5.0


class Box(msgspec.Struct):
    """Where a dispatcher takes news of its runs: a name on the board."""

    board: Any
    name: str


class SentBundle(msgspec.Struct):
    """What one Ray task does: some runs, one after another, until ``budget`` seconds are used up by going on.

    ``tasks`` are a list of ``SentTask``, pickled where that is possible. ``packages`` are those they need besides.
    ``name`` is that by which its process is found when it ended (see ``written``).
    """

    environment: SentEnvironment
    tasks: Any
    box: Box
    budget: float = 0.1
    packages: tuple[str, ...] = ()
    name: bytes = bytes(16)


class SentOutcome(msgspec.Struct, gc=False):
    """What one attempt gave: the outcome without its batches, and these as parcels. ``seconds`` is what it took.

    ``remaining`` is the headway's, whose batches are ``outputs`` then.
    """

    outcome: Outcome
    seconds: float
    outputs: list[Parcel] = []
    remaining: tuple[int, ...] | None = None

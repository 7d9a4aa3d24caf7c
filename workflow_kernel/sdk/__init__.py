"""What a node author uses, and all a node may see of the platform.

from workflow_kernel.sdk import Context, Field, Item, Items, NodeType, node
"""

from workflow_kernel.base.errors import NodeError
from workflow_kernel.runs.item import EMPTY, Batch, Binary, Item, Items, Object, Table, as_item, as_items
from workflow_kernel.runs.lineage import Lineage, Source
from workflow_kernel.sdk.answer import Answer
from workflow_kernel.sdk.context import Context
from workflow_kernel.sdk.imports import Imported, ImportedNode
from workflow_kernel.sdk.node import Credential, Inputs, NodeType, Outputs, Port, Ports, Suspend, node
from workflow_kernel.sdk.parameters import Field, Model

__all__ = [
    "EMPTY",
    "Answer",
    "Batch",
    "Binary",
    "Context",
    "Credential",
    "Field",
    "Imported",
    "ImportedNode",
    "Inputs",
    "Item",
    "Items",
    "Lineage",
    "Model",
    "NodeError",
    "NodeType",
    "Object",
    "Outputs",
    "Port",
    "Ports",
    "Source",
    "Suspend",
    "Table",
    "as_item",
    "as_items",
    "node",
]

"""Remove duplicates: each record once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, Literal

from workflow_kernel.nodes._paths import MISSING, delete_path, get_path, set_path
from workflow_kernel.nodes.data._fields import FieldNames, given, imported_names, negated, require
from workflow_kernel.sdk import (
    Context,
    Field,
    Imported,
    ImportedNode,
    Item,
    Items,
    Lineage,
    NodeError,
    NodeType,
    Outputs,
    node,
)
from workflow_kernel.sdk.convert_javascript import json_text

_COMPARE = {"allFields": "all", "allFieldsExcept": "except", "selectedFields": "selected"}
_HISTORY = "The values seen before are kept for one execution, not across executions."

"""Items as an Arrow table: a column for each field that any item has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workflow_kernel.base.errors import NodeError

if TYPE_CHECKING:
    import pyarrow


def table_of(rows: Sequence[Mapping[str, Any]]) -> pyarrow.Table:
    """A table with a row for each object; a field an object lacks is null there.

    Raises ``NodeError`` naming the field whose values have no common type.
    """
    import pyarrow  # noqa: PLC0415 - 100 ms that most workflows do not need

    columns = {}
    for name in dict.fromkeys(field for row in rows for field in row):
        values = [row.get(name) for row in rows]
        try:
            columns[name] = pyarrow.array(values)
        except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError, pyarrow.ArrowNotImplementedError, OverflowError):
            kinds = ", ".join(sorted({type(value).__name__ for value in values if value is not None}))
            raise NodeError(
                f"The field '{name}' has values that fit into no one column: {kinds}.",
                code="WF336",
                mend="Make them of one type first, e.g. with the node Set.",
            ) from None
    return pyarrow.table(columns)

"""Sorts items by a comparison that a user wrote in Python or JavaScript. Used by the sort node."""

from __future__ import annotations

import ast
import asyncio
import re
import textwrap
from typing import Any, Literal

from workflow_kernel.sdk import Context, Items, NodeError

Language = Literal["python", "javascript"]

_PYTHON = """\
import functools as _functools
import types as _types

_items = [_types.SimpleNamespace(json=row) for row in rows]

def _compare(a, b):
{body}

def _order(one, other):
    return int(_compare(_items[one], _items[other]) or 0)

return sorted(range(len(_items)), key=_functools.cmp_to_key(_order))
"""

_JAVASCRIPT = """\
const allItems = $input.all();
const compareItems = (a, b) => {{
{body}
}};
const order = allItems.map((_, index) => index);
order.sort((one, other) => compareItems(allItems[one], allItems[other]));
return {{order}};
"""


async def positions_by_code(code: str, language: Language, items: Items, ctx: Context) -> list[int]:
    """The positions of the items in the order the comparison gives.

    Parameters
    ----------
    code: an expression, or statements with ``return``, of the items ``a`` and ``b``.
    language: what it is written in.
    items: the items to sort.
    ctx: of the node run.
    """
    if not code.strip():
        raise NodeError("There is no code to sort by.", mend="Write a comparison of the items a and b in 'code'.")
    if language == "python":
        found = await ctx.run_python(_PYTHON.format(body=_python_body(code)), {"rows": items.json()})
    else:
        found = await asyncio.to_thread(_run_javascript, code, ctx)
    if isinstance(found, list) and sorted(found) == list(range(len(items))):
        return [int(position) for position in found]
    raise NodeError("The code to sort by gave no order.", mend="Return a number below, at or above 0 for a and b.")


def _python_body(code: str) -> str:
    try:
        ast.parse(code.strip(), mode="eval")
    except SyntaxError:
        return textwrap.indent(textwrap.dedent(code), "    ")
    return f"    return ({code.strip()})"


def _run_javascript(code: str, ctx: Context) -> Any:
    body = code if re.search(r"\breturn\b", code) else f"return ({code.strip().rstrip(';')});"
    value = ctx.run_javascript(_JAVASCRIPT.format(body=body), ctx.scope, each_item=False).value
    return value.get("order") if isinstance(value, dict) else None

"""What Python expressions may not contain, and what to write instead. Judgements on syntax trees; emits nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from workflow_kernel.expressions.python_scope import CALLS, FACTS, ITEM_NAMES
from workflow_kernel.expressions.python_source import MARK

REFUSED_SYNTAX: dict[type[ast.AST], tuple[str, str]] = {
    ast.Await: ("'await' is not available.", "Nothing in an expression has to be waited for."),
    ast.Yield: ("'yield' is not available.", "Write a list or a comprehension."),
    ast.YieldFrom: ("'yield' is not available.", "Write a list or a comprehension."),
    ast.NamedExpr: ("Naming a value with := is not available.", "Repeat the value, or use a code node."),
    ast.Lambda: ("'lambda' is only available after key=.", "E.g. sorted(rows, key=lambda row: row.price)."),
    ast.Starred: ("'*' is only available inside a list, tuple or set.", "E.g. [*a, *b]."),
    ast.GeneratorExp: ("A generator must stand directly in a function.", "E.g. sum(x.n for x in rows), or use [...]."),
    ast.Slice: ("A slice must stand in [...].", ""),
}

REFUSED_NAMES = {
    "eval": "Write the expression itself.",
    "exec": "Use a code node.",
    "open": "Use a Read file node.",
    "print": "The value of the expression is its result; there is no print.",
    "input": "Use $input.",
    "getattr": "Use value[name] or value.get(name).",
    "type": "Use isinstance(value, str).",
    "map": "Write [f(x) for x in list].",
    "filter": "Write [x for x in list if condition].",
    "bytes": "Use base64_encode and base64_decode.",
    "format": "Use an f-string: f'{value:.2f}'.",
    "random": "Results must not change from run to run; use a code node.",
    "null": "In Python it is None.",
    "undefined": "In Python it is None.",
    "true": "In Python it is True.",
    "false": "In Python it is False.",
    "json": "The item's data is $json; json.loads() and json.dumps() read and write JSON text.",
    "Math": "In Python: math.floor(x), min(a, b), round(x).",
    "JSON": "In Python: json.loads(text), json.dumps(value).",
    "DateTime": "In Python: $now, parse_date(text), format_date(date, pattern).",
    "Object": "In Python: value.keys(), value.values(), value.items().",
    "typeof": "In Python: isinstance(value, str).",
}

_SCALAR_FUNCTIONS = frozenset("str repr int float bool len round abs ord chr hash_text slug format_date".split())  # noqa: SIM905

CONSUMERS = frozenset("any all sum min max len average".split())  # noqa: SIM905
"""Functions that keep at most one element of what they are given."""

KEYED = frozenset({"sorted", "min", "max", "unique", "group_by"})
"""Functions that take ``key=``."""

ROOTS_OF_PLAIN_DATA = frozenset({"json", "vars", "workflow", "execution", "prevNode", "parameter"})


def dollar_name(node: ast.AST) -> str | None:
    """``json`` for ``$json``, "" for the ``$`` of ``$('Node')``, None for other nodes."""
    return node.id[1:] if isinstance(node, ast.Name) and node.id.startswith(MARK) else None


def is_constant(node: ast.AST) -> bool:
    """Whether the value is the same for every item of a batch."""
    for part in ast.walk(node):
        name = dollar_name(part)
        if name is not None and (name in ITEM_NAMES or name == "node"):
            return False
        if isinstance(part, ast.Attribute) and part.attr == "item":
            return False
    return True


def has_dollar(node: ast.AST) -> bool:
    """Whether the value comes from the scope."""
    return any(dollar_name(part) is not None for part in ast.walk(node))


def path_root(node: ast.AST) -> str | None:
    """The ``$`` name a plain path such as ``$json.a["b"]`` starts with; None for anything else."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Constant):
            return None
        node = node.value
    return dollar_name(node)


def is_small(node: ast.AST) -> bool:
    """Whether a value needs no weighing inside a list: it is a scalar, data of the scope, or made of such."""
    if isinstance(node, ast.Constant | ast.JoinedStr | ast.Compare):
        return True
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return all(map(is_small, node.elts))
    if isinstance(node, ast.Dict):
        return all(key is not None and is_small(key) for key in node.keys) and all(map(is_small, node.values))
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in _SCALAR_FUNCTIONS
    return path_root(node) is not None


def is_safe_operand(operator: ast.operator, left: ast.expr, right: ast.expr) -> bool:
    """Whether the native operator cannot grow or hang, as one side is a small constant of a telling type."""
    if isinstance(operator, ast.Add):
        return any(isinstance(side, ast.JoinedStr) or _constant(side, str, int, float) for side in (left, right))
    if isinstance(operator, ast.Sub | ast.Div | ast.FloorDiv):
        return _constant(left, int, float) or _constant(right, int, float)
    return False


def _constant(node: ast.expr, *kinds: type) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in kinds


_HEAVY = {
    **dict.fromkeys(
        ("parse_date", "format_date", "add_time", "date_difference", "strptime", "jmespath", "jmesPath"), 200
    ),
    **dict.fromkeys(("search", "match", "fullmatch", "findall", "finditer", "split", "sub", "dumps", "loads"), 20),
    **dict.fromkeys(("slug", "hash_text", "strftime", "factorial", "comb", "perm", "node", "astimezone"), 20),
}
_BUILDING = (ast.Dict, ast.List, ast.Set, ast.Tuple, ast.ListComp, ast.DictComp, ast.SetComp, ast.JoinedStr)
_WORKING = (ast.BinOp, ast.Attribute, ast.Subscript, ast.Compare, ast.FormattedValue)


def loop_cost(bodies: Iterable[ast.AST]) -> int:
    """Steps one turn of a loop counts as: about a microsecond, or 64 bytes made, each."""
    return 1 + sum(_cost(part) for body in bodies for part in ast.walk(body)) // 2


def _cost(node: ast.AST) -> int:
    if isinstance(node, ast.Call):
        name = (
            node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "").removeprefix(MARK)
        )
        return _HEAVY.get(name, 3)
    if isinstance(node, _BUILDING):
        return 4
    return 1 if isinstance(node, _WORKING) else 0


def dollar_names() -> Iterable[str]:
    """Every ``$`` name there is, without the ``$``."""
    return sorted(FACTS | ITEM_NAMES | CALLS)

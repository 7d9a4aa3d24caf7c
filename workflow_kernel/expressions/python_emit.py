"""From a user's syntax tree to ours: each construct becomes guarded code, or an error that says what to write.

Called by ``python_compile`` for each piece of code in a template. ``python_rules`` holds the judgements,
``python_emit_calls`` the calls. All generated names start with ``_``, which users' names may not.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from workflow_kernel.expressions import python_attributes, python_operators, python_rules, python_values
from workflow_kernel.expressions.functions import FUNCTIONS, NAMESPACES
from workflow_kernel.expressions.python_scope import CALLS, FACTS
from workflow_kernel.expressions.python_source import MARK, Piece, SourceError

_OPERATORS: dict[type[ast.operator], python_operators.Operator] = {
    ast.Add: python_operators.add,
    ast.Sub: python_operators.subtract,
    ast.Mult: python_operators.multiply,
    ast.Div: python_operators.divide,
    ast.FloorDiv: python_operators.floor_divide,
    ast.Mod: python_operators.remainder,
    ast.Pow: python_operators.power,
    ast.LShift: python_operators.shift_left,
    ast.RShift: python_operators.shift_right,
    ast.BitAnd: python_operators.bit_and,
    ast.BitOr: python_operators.bit_or,
    ast.BitXor: python_operators.bit_xor,
}

_SYMBOLS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}

_COMPARISONS = {symbol: python_operators.compare(symbol) for symbol in python_operators.COMPARISONS}


class EmitterBase:
    """The constructs without calls; ``python_emit_calls.Emitter`` adds those."""

    def __init__(self) -> None:
        self.helpers: set[str] = set()
        self.constants: dict[str, Any] = {}
        self.differs = False
        self.is_plain_path = False
        self.piece = Piece(True, "", "", 0)
        self.first_line = 1
        self.locals: frozenset[str] = frozenset()
        self.anchor: ast.AST | None = None
        self.is_repeated = False
        self.can_hoist = False
        self.hoisted = 0
        self._lines: list[bytes] = []

    def start(self, piece: Piece, first_line: int) -> None:
        """Set the piece whose code comes next."""
        self.piece = piece
        self.first_line = first_line
        self._lines = [line.encode() for line in f"({piece.text}".split("\n")]

    def emit_whole(self, body: ast.expr) -> ast.expr:
        """The code of a whole piece."""
        is_constant = python_rules.is_constant(body)
        self.differs = self.differs or not is_constant
        self.can_hoist = not is_constant
        self.is_plain_path = python_rules.path_root(body) in python_rules.ROOTS_OF_PLAIN_DATA
        return self.emit(body)

    def join_template(self, values: Sequence[ast.expr]) -> ast.expr:
        """Text and values of a mixed template as one text."""
        self.is_plain_path = False
        parts = [
            value
            if isinstance(value, ast.Constant) and type(value.value) is str
            else self.call_constant(python_values.template_text, value, at=value)
            for value in values
        ]
        return self.call_constant(python_values.concatenate, *parts, at=values[0])

    # Making nodes

    def place(self, node: ast.expr, at: ast.AST) -> ast.expr:
        """``node`` at the place of the user's node, so that errors point there."""
        return ast.copy_location(node, self.anchor or at)

    def name(self, name: str, at: ast.AST) -> ast.expr:
        return self.place(ast.Name(name, ast.Load()), at)

    def helper(self, name: str, at: ast.AST) -> ast.expr:
        """A helper that belongs to the batch; see ``python.Run.helpers``."""
        self.helpers.add(name)
        return self.name(name, at)

    def constant(self, value: Any, at: ast.AST) -> ast.expr:
        return self.place(ast.Constant(value), at)

    def call_constant(self, function: Callable[..., Any], *arguments: ast.expr, at: ast.AST) -> ast.expr:
        """A call of one of our functions, the meter first."""
        return self.invoke(self.own(function, at), self.name("_meter", at), *arguments, at=at)

    def own(self, function: Any, at: ast.AST, label: str = "") -> ast.expr:
        """One of our functions, by a generated name."""
        name = f"_{label or getattr(function, '__name__', 'x')}_{id(function):x}"
        self.constants[name] = function
        return self.name(name, at)

    def invoke(self, function: ast.expr, *arguments: ast.expr, at: ast.AST) -> ast.expr:
        return self.place(ast.Call(function, list(arguments), []), at)

    def source(self, node: ast.expr) -> str:
        """The user's text of a node, shortened."""
        row = node.lineno - self.first_line
        if self.anchor is None and node.lineno == node.end_lineno and row < len(self._lines):
            text = self._lines[row][node.col_offset : node.end_col_offset].decode(errors="ignore")
        else:
            text = ast.unparse(node)
        text = text.replace(MARK, "$")
        return text if len(text) <= 80 else f"{text[:77]}..."

    def refuse(self, node: ast.AST, message: str, mend: str = "") -> SourceError:
        """The error for a construct that is not allowed, at its column."""
        at: Any = self.anchor or node
        row = max(getattr(at, "lineno", self.first_line) - self.first_line, 0)
        lines = self.piece.original.split("\n")
        column = (
            len(self._lines[row][: getattr(at, "col_offset", 0)].decode(errors="ignore")) if row < len(lines) else 0
        )
        offset = self.piece.offset + sum(len(line) + 1 for line in lines[:row]) + column - (1 if row == 0 else 0)
        return SourceError(message, max(offset, 0), mend)

    # Expressions

    def emit(self, node: ast.expr) -> ast.expr:
        """Our code for a user's expression."""
        if self.should_hoist(node):
            return self.hoist(node)
        method = getattr(self, f"on_{type(node).__name__}", None)
        if method is None:
            message, mend = python_rules.REFUSED_SYNTAX.get(
                type(node), (f"{type(node).__name__} is not available in expressions.", "Use a code node.")
            )
            raise self.refuse(node, message, mend)
        emitted: ast.expr = method(node)
        return emitted

    def should_hoist(self, node: ast.expr) -> bool:
        """Whether to compute a part once for the whole batch: sums over ``$input.all()`` stay linear that way."""
        if not self.can_hoist or not isinstance(node, ast.Call | ast.ListComp | ast.SetComp | ast.DictComp):
            return False
        if not python_rules.is_constant(node) or not python_rules.has_dollar(node):
            return False
        names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
        return not names & self.locals and not any(isinstance(part, ast.Lambda) for part in ast.walk(node))

    def hoist(self, node: ast.expr) -> ast.expr:
        self.can_hoist = False
        self.hoisted += 1
        key = self.constant(self.hoisted, node)
        nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
        body = self.place(ast.Lambda(nothing, self.emit(node)), node)
        self.can_hoist = True
        return self.invoke(self.helper("_once", node), key, body, at=node)

    def on_Constant(self, node: ast.Constant) -> ast.expr:  # noqa: N802
        value = node.value
        if type(value) not in (str, int, float, bool, type(None)):
            kind = {bytes: "Bytes", complex: "Complex numbers"}.get(type(value), "Dots (...)")
            raise self.refuse(node, f"{kind} are not available.", "Use text, numbers, lists and objects.")
        if type(value) is int:
            python_operators.check_bits(value.bit_length())
        return self.place(ast.Constant(value), node)

    def on_Name(self, node: ast.Name) -> ast.expr:  # noqa: N802
        name = node.id
        if name.startswith(MARK):
            return self.on_dollar(node, name[1:])
        if name in self.locals:
            return self.name(name, node)
        raise self.unknown_name(node, name)

    def unknown_name(self, node: ast.AST, name: str) -> SourceError:
        if name.startswith("_"):
            return self.refuse(node, f"Names that start with '_' are not available: '{name}'.")
        if name in FUNCTIONS:
            return self.refuse(node, f"'{name}' is a function.", f"Call it: {name}(...).")
        if name in NAMESPACES and name != "json":
            parts = ", ".join(f"{name}.{part}" if part else f"{name}(...)" for part in list(NAMESPACES[name])[:8])
            return self.refuse(node, f"'{name}' alone is not a value.", f"There are {parts}.")
        if name in python_rules.REFUSED_NAMES:
            return self.refuse(node, f"'{name}' is not available.", python_rules.REFUSED_NAMES[name])
        if name in python_rules.dollar_names():
            return self.refuse(node, f"There is no name '{name}'.", f"Write ${name}.")
        close = python_attributes.closest(name, [*FUNCTIONS, *NAMESPACES, *self.locals])
        mend = f"Did you mean '{close}'?" if close else f"A field of the item is $json.{name}."
        return self.refuse(node, f"There is no name '{name}'.", mend)

    def on_dollar(self, node: ast.AST, name: str) -> ast.expr:
        if name == "json":
            return self.name("_json", node)
        if name == "binary":
            return self.invoke(self.own(python_attributes.attachments, node), self.name("_item", node), at=node)
        if name == "itemIndex":
            return self.invoke(self.helper("_index", node), at=node)
        if name in FACTS:
            return self.invoke(self.helper("_fact", node), self.constant(name, node), at=node)
        if name == "" or name in CALLS:
            raise self.refuse(node, f"'${name}' is a function.", f"Call it: ${name}(...).")
        close = python_attributes.closest(name, python_rules.dollar_names())
        mend = f"Did you mean '${close}'?" if close else f"A field of the item is $json.{name}."
        raise self.refuse(node, f"There is no name '${name}'.", mend)

    def on_Attribute(self, node: ast.Attribute) -> ast.expr:  # noqa: N802
        self.check_attribute(node)
        if isinstance(node.value, ast.Name) and node.value.id not in self.locals and node.value.id in NAMESPACES:
            return self.namespace_constant(node, node.value.id)
        value, name = self.emit(node.value), self.constant(node.attr, node)
        return self.invoke(
            self.own(python_attributes.attribute, node),
            value,
            name,
            self.constant(self.source(node.value), node),
            at=node,
        )

    def check_attribute(self, node: ast.Attribute) -> None:
        if node.attr.startswith("_"):
            mend = f'For a field of that name write ["{node.attr}"].' if not node.attr.startswith("__") else ""
            raise self.refuse(node, f"Names that start with '_' are not available: '.{node.attr}'.", mend)
        if MARK in node.attr:
            raise self.refuse(node, "'$' cannot stand after a dot.")

    def namespace_constant(self, node: ast.Attribute, space: str) -> ast.expr:
        raise NotImplementedError

    def on_Subscript(self, node: ast.Subscript) -> ast.expr:  # noqa: N802
        value, source = self.emit(node.value), self.constant(self.source(node.value), node)
        if isinstance(node.slice, ast.Slice):
            places = [
                self.emit(part) if part is not None else self.constant(None, node)
                for part in (node.slice.lower, node.slice.upper, node.slice.step)
            ]
            return self.call_constant(python_attributes.slice_of, value, *places, source, at=node)
        return self.invoke(self.own(python_attributes.subscript, node), value, self.emit(node.slice), source, at=node)

    def on_BinOp(self, node: ast.BinOp) -> ast.expr:  # noqa: N802
        left, right = self.emit(node.left), self.emit(node.right)
        if not self.is_repeated and python_rules.is_safe_operand(node.op, node.left, node.right):
            return self.place(ast.BinOp(left, node.op, right), node)
        function = _OPERATORS.get(type(node.op))
        if function is None:
            raise self.refuse(node, "The operator '@' is not available.")
        return self.call_constant(function, left, right, at=node)

    def on_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:  # noqa: N802
        return self.place(ast.UnaryOp(node.op, self.emit(node.operand)), node)

    def on_BoolOp(self, node: ast.BoolOp) -> ast.expr:  # noqa: N802
        return self.place(ast.BoolOp(node.op, [self.emit(value) for value in node.values]), node)

    def on_IfExp(self, node: ast.IfExp) -> ast.expr:  # noqa: N802
        return self.place(ast.IfExp(self.emit(node.test), self.emit(node.body), self.emit(node.orelse)), node)

    def on_Compare(self, node: ast.Compare) -> ast.expr:  # noqa: N802
        if len(node.ops) == 1:
            return self.compare(node, node.ops[0], node.left, node.comparators[0])
        operands = [node.left, *node.comparators]
        # All parts are pure, so a middle operand may be computed twice; its depth is bounded by the check below.
        for middle in operands[1:-1]:
            if any(isinstance(part, ast.Compare | ast.Call | ast.ListComp) for part in ast.walk(middle)):
                raise self.refuse(
                    middle, "The middle of a chained comparison must be simple.", "Write a < b and b < c."
                )
        pairs = zip(node.ops, operands, operands[1:], strict=False)
        return self.place(ast.BoolOp(ast.And(), [self.compare(node, *pair) for pair in pairs]), node)

    def compare(self, node: ast.Compare, operator: ast.cmpop, left: ast.expr, right: ast.expr) -> ast.expr:
        one, two = self.emit(left), self.emit(right)
        if isinstance(operator, ast.In | ast.NotIn):
            found = self.call_constant(python_operators.contains, one, two, at=node)
            return found if isinstance(operator, ast.In) else self.place(ast.UnaryOp(ast.Not(), found), node)
        is_cheap = isinstance(left, ast.Constant) or isinstance(right, ast.Constant)
        if isinstance(operator, ast.Is | ast.IsNot) or is_cheap:
            return self.place(ast.Compare(one, [operator], [two]), node)
        return self.call_constant(_COMPARISONS[_SYMBOLS[type(operator)]], one, two, at=node)

    def on_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:  # noqa: N802
        before, self.anchor = self.anchor, self.anchor or node
        parts = [self.field(part, node) for part in node.values]
        self.anchor = before
        return self.call_constant(python_values.concatenate, *parts, at=node)

    def field(self, part: ast.expr, node: ast.JoinedStr) -> ast.expr:
        if isinstance(part, ast.Constant):
            return self.place(ast.Constant(part.value), node)
        assert isinstance(part, ast.FormattedValue)
        conversion = chr(part.conversion) if part.conversion >= 0 else ""
        spec = self.emit(part.format_spec) if part.format_spec is not None else self.constant("", node)
        return self.call_constant(
            python_values.format_value, self.emit(part.value), self.constant(conversion, node), spec, at=node
        )

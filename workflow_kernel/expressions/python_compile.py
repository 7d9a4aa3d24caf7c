"""Compiling one parameter text into one Python function that loops over a batch of items.

Called by ``python``. Parses the code, lets through only what the tables here name, and rewrites it: every name, call,
attribute and operator of the user becomes either a constant, a local, a native operator that cannot grow, or a call of
one of our helpers. What is generated never reads an attribute of a user's value. Running it belongs to ``python``.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any, NamedTuple

from workflow_kernel.base.errors import ExpressionError
from workflow_kernel.expressions.parse import References
from workflow_kernel.expressions.python_emit_calls import Emitter
from workflow_kernel.expressions.python_meter import SCALARS
from workflow_kernel.expressions.python_rules import dollar_name
from workflow_kernel.expressions.python_source import Piece, SourceError, split, without_warnings

FILE = "<expression>"
LINES_PER_PIECE = 100_000
"""Line numbers of piece n start at n + 1 times this, so that an error's place tells its piece."""

MAX_NODES_DEEP = 120

_TEMPLATE = """
def _batch(_items, _append, _fail, _plain, _meter, _steps, HELPERS):
    for _item in _items:
        try:
            _meter.left = _steps
            _json = _item.json
            _value = VALUE
            _append(_value if _type(_value) in _scalars else _plain(_value))
        except _Exception as _error:
            _append(_fail(_error))
"""


class Compiled(NamedTuple):
    """A text ready to run.

    Parameters
    ----------
    text: as its author wrote it.
    literal: the value of a text without code.
    batch: the generated function; None for a literal, or where ``problem`` says why there is none.
    helpers: names of the helpers the function takes, in order.
    differs: whether the value can differ from item to item.
    is_plain_path: whether the value is a part of the data as it came.
    pieces: for telling the place of an error.
    """

    text: str
    literal: str = ""
    batch: Callable[..., None] | None = None
    helpers: tuple[str, ...] = ()
    differs: bool = False
    is_plain_path: bool = False
    pieces: tuple[Piece, ...] = ()
    problem: ExpressionError | None = None


def compile_text(text: str) -> Compiled:
    """The compiled form of a text; a problem in it is kept as ``problem``, never raised."""
    try:
        pieces = split(text)
        if not any(piece.is_code for piece in pieces):
            return Compiled(text, literal="".join(piece.text for piece in pieces))
        return _compile(text, pieces)
    except SourceError as error:
        problem: ExpressionError = _placed(error, text, error.offset)
    except ExpressionError as error:
        problem = error
    except SyntaxError as error:
        # Found by Python's compiler rather than its parser, e.g. an argument given twice.
        problem = ExpressionError(f"This is not a Python expression: {error.msg}.")
    except (RecursionError, MemoryError):
        problem = ExpressionError("The expression is nested too deeply.", mend="Move the work to a code node.")
    return Compiled(text, problem=problem)


def references(text: str) -> References:
    """The nodes a Python expression names, in no special order; none where it cannot be read."""
    names: dict[str, None] = {}
    is_computed = False
    try:
        trees = [_parse(piece) for piece in split(text) if piece.is_code] if text.startswith("=") else []
    except (ExpressionError, RecursionError, MemoryError):
        return References((), False)
    for argument in (found for tree in trees for node in ast.walk(tree) for found in _named_nodes(node)):
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            names[argument.value] = None
        else:
            is_computed = True
    return References(tuple(names), is_computed)


def _named_nodes(node: ast.AST) -> list[ast.expr]:
    """What stands in ``$(...)`` or ``$node[...]``."""
    if isinstance(node, ast.Call) and dollar_name(node.func) == "":
        return node.args
    return [node.slice] if isinstance(node, ast.Subscript) and dollar_name(node.value) == "node" else []


def _compile(text: str, pieces: list[Piece]) -> Compiled:
    emitter = Emitter()
    values: list[ast.expr] = []
    for number, piece in enumerate(pieces):
        if not piece.is_code:
            values.append(ast.Constant(piece.text))
            continue
        tree = _parse(piece)
        ast.increment_lineno(tree, (number + 1) * LINES_PER_PIECE)
        emitter.start(piece, (number + 1) * LINES_PER_PIECE + 1)
        values.append(emitter.emit_whole(tree.body))
    value = values[0] if len(values) == 1 else emitter.join_template(values)
    helpers = tuple(sorted(emitter.helpers))
    code = _function_code(value, helpers)
    constants = {**emitter.constants, "__builtins__": {}, "_type": type, "_scalars": SCALARS, "_Exception": Exception}
    return Compiled(
        text, "", FunctionType(code, constants), helpers, emitter.differs, emitter.is_plain_path, tuple(pieces)
    )


def _parse(piece: Piece) -> ast.Expression:
    if not piece.original.strip():
        raise SourceError("The expression is empty.", piece.offset, "Write something between {{ and }}.")
    try:
        with without_warnings():
            tree = ast.parse(f"({piece.text}\n)", mode="eval")
    except SyntaxError as error:
        raise _syntax_error(error, piece) from None
    except ValueError:
        raise SourceError("The expression holds a character that is not allowed.", piece.offset) from None
    _check_depth(tree, piece)
    return tree


def _check_depth(tree: ast.Expression, piece: Piece) -> None:
    level: list[ast.AST] = [tree]
    depth = 0
    while level:
        depth += 1
        if depth > MAX_NODES_DEEP:
            raise SourceError("The expression is nested too deeply.", piece.offset, "Move the work to a code node.")
        level = [child for node in level for child in ast.iter_child_nodes(node)]


_STATEMENTS = {
    "import": "Imports are not available. The functions listed in the editor's completion are; or use a code node.",
    "for": "Write a comprehension, [... for x in list], or use a code node.",
    "if": "Write a if condition else b.",
    "while": "Write a comprehension, or use a code node.",
    "return": "Write the value alone, without return.",
    "def": "Use a code node for functions.",
    "class": "Use a code node for classes.",
    "del": "Expressions only read.",
    "raise": "Use a Stop and error node.",
    "const": "This workflow's expressions are Python; there are no declarations.",
    "let": "This workflow's expressions are Python; there are no declarations.",
    "new": "This workflow's expressions are Python; there is no new.",
}

_JAVASCRIPT = (
    ("===", "In Python equality is ==."),
    ("!==", "In Python inequality is !=."),
    ("&&", "In Python it is 'and'."),
    ("||", "In Python it is 'or'."),
    ("=>", "In Python: lambda x: ..."),
    ("?.", "In Python a missing field already is None: $json.a.b needs a to be there; use ($json.a or {}).b."),
    ("??", "In Python: value if value is not None else other."),
    ("`", 'In Python: f"text {value}".'),
    ("?", "In Python: a if condition else b."),
)


def _syntax_error(error: SyntaxError, piece: Piece) -> SourceError:
    """What Python says of the code, with the column in the whole text and what to write instead."""
    lines = piece.original.split("\n")
    line = min(max((error.lineno or 1) - 1, 0), len(lines) - 1)
    column = min(max((error.offset or 1) - (2 if line == 0 else 1), 0), len(lines[line]))
    offset = piece.offset + sum(len(before) + 1 for before in lines[:line]) + column
    first = piece.original.split(None, 1)[0] if piece.original.split() else ""
    mend = _STATEMENTS.get(first, "")
    if not mend:
        mend = next((advice for sign, advice in _JAVASCRIPT if sign in piece.original), "")
    if not mend and "=" in piece.original and "==" not in piece.original:
        mend = "Values cannot be given names here; compare with ==."
    if "Exceeds the limit" in (error.msg or ""):
        return SourceError("The number has more than 4,300 digits.", offset)
    if first in _STATEMENTS:
        return SourceError(f"'{first}' starts a statement; only an expression is allowed.", offset, mend)
    message = (error.msg or "").split("(<")[0].split(". ")[0].split("; ")[0].rstrip(".")
    return SourceError(f"This is not a Python expression: {message}.", offset, mend)


def _placed(error: SourceError, text: str, offset: int) -> ExpressionError:
    """The error with its column and a picture of the place."""
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    line = text[start : end if end >= 0 else len(text)]
    column = offset - start
    window = max(0, column - 40)
    shown = line[window : window + 80]
    picture = f"{shown}\n{' ' * (column - window)}^"
    where = f"line {text.count(chr(10), 0, offset) + 1}, " if "\n" in text else ""
    mend = f"{error.mend}\n{picture}" if error.mend else picture
    return ExpressionError(f"{error.message} ({where}column {column + 1})", mend=mend)


def _function_code(value: ast.expr, helpers: tuple[str, ...]) -> CodeType:
    """The code of ``_TEMPLATE`` with the value and the helpers in their places."""
    source = _TEMPLATE.replace(", HELPERS", "".join(f", {name}" for name in helpers))
    module = ast.parse(source)
    function = module.body[0]
    assert isinstance(function, ast.FunctionDef)
    loop = function.body[0]
    assert isinstance(loop, ast.For)
    attempt = loop.body[0]
    assert isinstance(attempt, ast.Try)
    assign = attempt.body[2]
    assert isinstance(assign, ast.Assign)
    assign.value = ast.fix_missing_locations(value)
    with without_warnings():
        code = compile(module, FILE, "exec", dont_inherit=True)
    return next(part for part in code.co_consts if isinstance(part, CodeType))


def place_of(compiled: Compiled, positions: tuple[Any, ...]) -> str:
    """The part of the source an instruction belongs to, "" where that cannot be told."""
    line, end_line, column, end_column = positions
    if line is None or column is None or line <= LINES_PER_PIECE:
        return ""
    number, row = divmod(line - 1, LINES_PER_PIECE)
    number -= 1
    if number >= len(compiled.pieces) or not compiled.pieces[number].is_code or line != end_line:
        return ""
    piece = compiled.pieces[number]
    marked = piece.text.split("\n")
    if row >= len(marked):
        return ""
    shift = 1 if row == 0 else 0
    data = marked[row].encode()
    before = len(data[: column - shift].decode(errors="ignore"))
    after = len(data[: end_column - shift].decode(errors="ignore"))
    return str(piece.original.split("\n")[row][before:after])

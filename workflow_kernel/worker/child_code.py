"""Runs code that a person typed: the body of a function, whose ``return`` gives the result.

Imports, functions and classes may stand in it as in any module, and ``await`` makes it asynchronous. ``run`` is the
entry for code that is simply given values by name; nodes with items have ``child_node``.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import textwrap
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import lru_cache
from types import CodeType
from typing import Any, NamedTuple

from workflow_kernel.worker.child_errors import CODE, show_source
from workflow_kernel.worker.child_values import Host

MODULE = "__code__"
"""``__name__`` of typed code."""


class Body(NamedTuple):
    """Compiled code.

    Parameters
    ----------
    code: makes the function. used: which of the names offered it takes.
    """

    code: CodeType
    used: frozenset[str]

    def function(self) -> Callable[..., Any]:
        """A new function with globals of its own; takes the used names as keyword arguments."""
        names: dict[str, Any] = {"__name__": MODULE, "__builtins__": builtins}
        exec(self.code, names)  # noqa: S102 - running a user's code is what this process is for
        function: Callable[..., Any] = names.pop("code")
        return function


def run(payload: Mapping[str, Any], host: Host) -> Any:
    """Run ``payload["code"]`` with the values of ``payload["data"]`` by name."""
    data = payload["data"]
    body = compile_body(payload["code"], frozenset(data))
    show_source(payload["code"])
    return finish(body.function()(**{name: data[name] for name in body.used}))


def finish(result: Any) -> Any:
    """The result itself, where the code awaits or yields."""
    if type(result) in _AS_THEY_ARE:
        return result
    if inspect.isgenerator(result):
        return list(result)
    if inspect.isawaitable(result) or inspect.isasyncgen(result):
        import asyncio  # noqa: PLC0415 - 40 ms that most code does not need

        return asyncio.run(_await(result))
    return result


_AS_THEY_ARE = frozenset({dict, list, type(None)})


async def _await(result: Any) -> Any:
    if inspect.isasyncgen(result):
        return [entry async for entry in result]
    return await result


@lru_cache(maxsize=2048)
def compile_body(code: str, offered: Collection[str]) -> Body:
    """Compile code as the body of a function that takes the offered names it uses.

    Raises ``SyntaxError`` with the line in the code as it was typed.
    """
    if code[:1].isspace():
        code = textwrap.dedent(code)
    tree = ast.parse(code, CODE)
    # As arguments, not globals, so that code may assign to them: ``items = items[:3]``.
    used = frozenset({node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} & set(offered))
    shared = {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}
    statements = [node for node in tree.body if not _is_future(node)]
    function = ast.parse("async def code(): pass" if _is_async(statements) else "def code(): pass").body[0]
    assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    function.args.kwonlyargs = [ast.arg(name) for name in sorted(used - shared)]
    function.args.kw_defaults = [None] * len(function.args.kwonlyargs)
    function.body = statements or function.body
    module = ast.fix_missing_locations(ast.Module([function], []))
    return Body(compile(module, CODE, "exec", dont_inherit=True), used - shared)


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _is_async(statements: list[ast.stmt]) -> bool:
    return any(
        isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith)
        or (isinstance(node, ast.comprehension) and node.is_async)
        for node in _own_nodes(statements)
    )


def _own_nodes(nodes: Collection[ast.AST]) -> Iterator[ast.AST]:
    """All nodes but those inside functions, which wait on their own."""
    for node in nodes:
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _own_nodes(list(ast.iter_child_nodes(node)))

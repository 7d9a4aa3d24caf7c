"""``@task`` as scripts and notebooks see it: a function, a node type, and called with nodes, a node.

    @task
    def add(a: list[dict], b: list[dict]) -> list[dict]: ...

    total = add(orders, invoices)    # a node, where orders is one
    total = add([...], [...])        # a list, where it is not

``workflow_kernel.task`` is this one. Making node types of functions belongs to ``sdk.task``, which knows no builder.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, overload

from workflow_kernel.builder_handles import Handle, Output
from workflow_kernel.sdk import task as sdk_task

P = ParamSpec("P")
R = TypeVar("R")


class Task(sdk_task.Task[P, R]):
    """A task that becomes a node of the workflow whose nodes it is called with."""

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R: ...
    @overload
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        for value in (*args, *kwargs.values()):
            if isinstance(value, Handle | Output):
                return value.place_task(self, args, kwargs)
        return self.function(*args, **kwargs)


@overload
def task(function: Callable[P, R], /) -> Task[P, R]: ...
@overload
def task(**options: Any) -> Callable[[Callable[P, R]], Task[P, R]]: ...
def task(function: Callable[P, R] | None = None, /, **options: Any) -> Any:
    """Make a node type of a function; used as ``@task`` or ``@task(where="thread")``.

    Parameters
    ----------
    function: with type hints; those that take data become input ports, the others fields.
    options: those of ``sdk.task.task``: ``type``, ``title``, ``version``, ``where``, ``pure``, ``icon``, ``keywords``.
    """

    def make(plain: Callable[P, R]) -> Task[P, R]:
        made = sdk_task.task(**options)(plain)
        return Task(made.function, made.node_type)

    return make if function is None else make(function)

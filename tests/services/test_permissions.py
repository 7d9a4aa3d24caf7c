"""Every service function says what it needs: a permission, or why it needs none."""

from __future__ import annotations

import importlib
import inspect
import itertools
import pkgutil
from collections.abc import Callable, Iterator

import pytest

from workflow_kernel import services
from workflow_kernel.auth.roles import PERMISSIONS, PROJECT_ROLES, ROLES
from workflow_kernel.base.errors import NotAllowedError, NotSignedInError
from workflow_kernel.services.actor import STRANGER, Actor
from workflow_kernel.services.permission import require

INNER = {
    "Access": "answers what an actor may do in a project",
    "CredentialLeases": "opens secrets for nodes that run",
    "Secrets": "opens secrets for the forms of nodes, by CredentialLeases",
    "Admission": "lets in who a service has found to be who they say",
    "WorkflowRows": "reads and locks rows for the services of workflows, after asking Access",
}
"""Classes that take an actor and are no services: what services are made of. No door calls them. With the reason."""


def service_classes() -> Iterator[type]:
    """Classes of the package that do something for an actor."""
    for found in pkgutil.iter_modules(services.__path__):
        module = importlib.import_module(f"{services.__name__}.{found.name}")
        for name, kind in vars(module).items():
            is_ours = inspect.isclass(kind) and kind.__module__ == module.__name__
            if is_ours and name not in INNER and any(is_for_actor(method) for _, method in methods(kind)):
                yield kind


def is_for_actor(method: Callable[..., object]) -> bool:
    return list(inspect.signature(method).parameters)[1:2] == ["actor"] or hasattr(method, "__permission__")


def methods(kind: type) -> Iterator[tuple[str, Callable[..., object]]]:
    for name, method in vars(kind).items():
        is_async = inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method)
        if is_async and not name.startswith("_"):
            yield name, method


def test_every_service_function_says_what_it_needs() -> None:
    silent = [
        f"{kind.__module__}.{kind.__name__}.{name}"
        for kind in service_classes()
        for name, method in methods(kind)
        if not hasattr(method, "__permission__")
    ]
    assert silent == [], "decorate them with @needs or @open_to_all"


def test_what_a_function_needs_is_asked_before_it_runs() -> None:
    with pytest.raises(NotSignedInError):
        require(STRANGER, "workflow.read")
    viewer = Actor(role="viewer", permissions=ROLES["viewer"], via="token")
    require(viewer, "workflow.read")
    with pytest.raises(NotAllowedError):
        require(viewer, "workflow.create")


def test_each_role_may_do_what_the_one_below_it_may() -> None:
    for roles in (ROLES, PROJECT_ROLES):
        ladder = list(roles.values())
        assert all(lower < upper for upper, lower in itertools.pairwise(ladder))
    assert ROLES["admin"] == PERMISSIONS

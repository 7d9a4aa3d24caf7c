"""Fields whose description in the schema is their docstring, so that it is written once."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import strawberry

Resolver = Callable[..., Any]


def field(resolver: Resolver) -> Any:
    """A field of a type."""
    return strawberry.field(resolver, description=_description(resolver))


def mutation(resolver: Resolver) -> Any:
    """Something that can be done."""
    return strawberry.mutation(resolver, description=_description(resolver))


def subscription(resolver: Resolver) -> Any:
    """Something that can be listened to."""
    return strawberry.subscription(resolver, description=_description(resolver))


def _description(resolver: Resolver) -> str:
    return inspect.cleandoc(resolver.__doc__ or "")

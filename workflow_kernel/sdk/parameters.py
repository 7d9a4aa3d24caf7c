"""How a node type says its parameters: pydantic fields with hints for the form that edits them.

The hints travel in the JSON Schema under ``ui``, so that every editor builds the same form from the schema alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import pydantic

Widget = Literal[
    "text", "multiline", "code", "json", "select", "list", "key-value", "assignments", "conditions", "file", "date",
    "color", "resource", "password", "slider",
]  # fmt: skip


class Model(pydantic.BaseModel):
    """A group of parameters inside a node type's parameters. Unknown names are errors."""

    model_config = pydantic.ConfigDict(extra="forbid", validate_default=False)


def Field(  # noqa: N802 - stands where pydantic.Field stands; each argument is one hint of the form
    default: Any = ...,
    *,
    description: str = "",
    title: str | None = None,
    section: str | None = None,
    show: Mapping[str, Any] | None = None,
    expression: bool | Literal["whole"] = True,
    secret: bool = False,
    widget: Widget | None = None,
    language: str | None = None,
    load: str | None = None,
    placeholder: str | None = None,
    default_factory: Any = None,
    **constraints: Any,
) -> Any:
    """A parameter of a node type.

    Parameters
    ----------
    default: its value when not given; ``...`` makes it required.
    description: one sentence under the field.
    title: the field's label; made from its name when not given.
    section: heading under which it stands, e.g. ``"Options"``; none is the main part.
    show: names and values of other fields that must match for this one to be shown; a list means any of them.
    expression: whether the value may be an expression. Code must say False; ``"whole"`` allows one as the whole value
        but none inside it.
    secret: shown as dots, never logged.
    widget, language, placeholder: how it is edited.
    load: name of a method of the node type that loads the options.
    constraints: anything pydantic's Field takes (``ge``, ``le``, ``min_length``, ``alias`` ...).
    """
    hints: dict[str, Any] = {
        key: value
        for key, value in {
            "section": section, "show": dict(show) if show else None, "secret": secret or None, "widget": widget,
            "language": language, "load": load, "placeholder": placeholder,
            "expression": None if expression is True else expression,
        }.items()
        if value is not None
    }  # fmt: skip
    if default_factory is not None:
        constraints["default_factory"] = default_factory
    else:
        constraints["default"] = default
    return pydantic.Field(
        title=title, description=description or None, json_schema_extra={"ui": hints} if hints else None, **constraints
    )

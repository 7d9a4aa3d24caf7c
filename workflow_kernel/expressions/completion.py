"""What an editor offers while an expression is written, and the tree of fields a schema view shows.

Works on a :class:`~workflow_kernel.expressions.scope.Scope` of the last run: fields come with types and example values.
``services`` calls it for the editor. The words themselves (functions, methods, their one-line documentation) are in
``completion_words``; what stands before the cursor is read by ``completion_cursor``; nothing is evaluated.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

from workflow_kernel.expressions import completion_words
from workflow_kernel.expressions.completion_cursor import Place, Step, read_place
from workflow_kernel.expressions.completion_values import MOMENT, Known, follow
from workflow_kernel.expressions.scope import Scope
from workflow_kernel.runs.item import Item

Language = Literal["javascript", "python"]
Kind = Literal["variable", "field", "node", "function", "method"]

SAMPLED = 100
MAX_FIELDS = 300
MAX_LEVELS = 6
EXAMPLE_LENGTH = 60


class Completion(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that can be written at the cursor.

    Parameters
    ----------
    label: as it is listed.
    insert: the text to put in.
    kind: what it is, for an icon.
    type: of the value: text, number, boolean, list, object, date, null, or several of them.
    detail: one line of documentation.
    example: a value it has in the last run, shortened.
    replace: how many characters before the cursor the text takes the place of.
    """

    label: str
    insert: str
    kind: Kind
    type: str = ""
    detail: str = ""
    example: str = ""
    replace: int = 0


class Field(msgspec.Struct, frozen=True, omit_defaults=True):
    """A field that items have.

    Parameters
    ----------
    name: its key; ``path`` leads to it from the item.
    type: the types seen, joined by " or ".
    example: a value seen, shortened.
    count: how many of the sampled items have it.
    fields: what is inside an object, or inside the objects of a list.
    """

    name: str
    path: tuple[str, ...]
    type: str
    example: str
    count: int
    fields: tuple[Field, ...] = ()


def complete(scope: Scope, language: Language, prefix_text: str, cursor: int | None = None) -> list[Completion]:
    """What can be written at the cursor, best first.

    Parameters
    ----------
    prefix_text: the text of the parameter; at least all that stands before the cursor.
    cursor: its place in the text; the end without it.
    """
    place = read_place(prefix_text if cursor is None else prefix_text[:cursor])
    if place is None:
        return []
    found = list(_candidates(scope, language, place))
    typed = place.typed.lower()
    starting = [one for one in found if one.label.lower().startswith(typed)]
    within = [one for one in found if one not in starting and typed in one.label.lower()] if typed else []
    return starting + within


def describe_fields(items: Iterable[Item | Mapping[str, Any]]) -> tuple[Field, ...]:
    """The fields of the first items, nested, in the order they are first met."""
    sampled = _first(items)
    return _fields([item.json if isinstance(item, Item) else item for item in sampled], (), 0)


def _first(items: Iterable[Any]) -> list[Any]:
    return [item for item, _ in zip(items, range(SAMPLED), strict=False)]


def _fields(objects: Sequence[Mapping[str, Any]], path: tuple[str, ...], level: int) -> tuple[Field, ...]:
    values: dict[str, list[Any]] = {}
    for value in objects:
        for name, part in value.items():
            if name in values or len(values) < MAX_FIELDS:
                values.setdefault(name, []).append(part)
    return tuple(_field(str(name), (*path, str(name)), parts, level) for name, parts in values.items())


def _field(name: str, path: tuple[str, ...], parts: list[Any], level: int) -> Field:
    inner: list[Mapping[str, Any]] = [part for part in parts if isinstance(part, Mapping)]
    for part in parts:
        if isinstance(part, list):
            inner.extend(element for element in part[:SAMPLED] if isinstance(element, Mapping))
    below = _fields(inner[:SAMPLED], path, level + 1) if inner and level < MAX_LEVELS else ()
    return Field(name, path, type_of(parts), example_of(parts), len(parts), below)


def type_of(values: Sequence[Any]) -> str:
    """The types of values, null only when there is nothing else."""
    names = dict.fromkeys(completion_words.type_name(value) for value in values)
    if len(names) > 1:
        names.pop("null", None)
    return " or ".join(names)


def example_of(values: Sequence[Any]) -> str:
    """The first value that is not empty, shortened."""
    value = next((one for one in values if one not in (None, "", [], {})), values[0] if values else None)
    if isinstance(value, list | Mapping):
        value = _shortened(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= EXAMPLE_LENGTH else f"{text[: EXAMPLE_LENGTH - 3]}..."


def _shortened(value: Any) -> Any:
    """The beginning of a list or object; the rest cannot be seen in an example anyway."""
    if isinstance(value, Mapping):
        return {str(key): _scalar(part) for key, part in list(value.items())[:10]}
    return [_scalar(part) for part in value[:10]]


def _scalar(value: Any) -> Any:
    if isinstance(value, str):
        return value[:EXAMPLE_LENGTH]
    return ("..." if value else value) if isinstance(value, list | Mapping) else value


def _candidates(scope: Scope, language: Language, place: Place) -> Iterator[Completion]:
    if place.kind == "node":
        yield from (
            Completion(name, name, "node", "", "Node of this workflow", "", len(place.typed))
            for name in scope.node_names()
        )
    elif place.kind == "name":
        yield from _names(language, len(place.typed))
    elif place.steps:
        known = follow(scope, place.steps, SAMPLED)
        if known is not None:
            yield from _members(known, language, place)
        elif place.kind == "member" and len(place.steps) == 1:
            yield from _words(completion_words.namespace(language, place.steps[0]), len(place.typed))


def _names(language: Language, typed: int) -> Iterator[Completion]:
    for word in completion_words.dollar_names(language):
        yield Completion(word.label, word.insert, "variable", word.type, word.detail, "", typed)
    yield from _words(completion_words.functions(language), typed)


def _words(words: Iterable[completion_words.Word], typed: int) -> Iterator[Completion]:
    for word in words:
        kind: Kind = "method" if word.is_method else "function"
        yield Completion(word.label, word.insert, kind, word.type, word.detail, "", typed)


def _members(known: Known, language: Language, place: Place) -> Iterator[Completion]:
    """What may follow a value: its fields, then the fields and methods of its type."""
    objects = [value for value in known.values if isinstance(value, Mapping)]
    for field in _fields(objects, (), MAX_LEVELS):
        yield _field_completion(field, language, place)
    if place.kind == "key":
        return
    typed = len(place.typed)
    for word in completion_words.handle_members(language, known.handle):
        kind: Kind = "method" if word.is_method else "field"
        yield Completion(word.label, word.insert, kind, word.type, word.detail, "", typed)
    if known.handle in ("", MOMENT):
        types = ["date"] if known.handle == MOMENT else type_of(known.values).split(" or ")
        for type_ in types:
            yield from _words(completion_words.methods(language, type_), typed)


def _field_completion(field: Field, language: Language, place: Place) -> Completion:
    typed = len(place.typed)
    count = f"In {field.count} of the sampled items" if field.count > 1 else ""
    if place.kind == "key":
        return Completion(field.name, field.name, "field", field.type, count, field.example, typed)
    is_plain = field.name.isidentifier() and field.name.isascii()
    if is_plain and not (language == "python" and field.name.startswith("_")):
        return Completion(field.name, field.name, "field", field.type, count, field.example, typed)
    quoted = f"[{json.dumps(field.name, ensure_ascii=False)}]"
    # The dot goes as well: $json.first name cannot be written, $json["first name"] can.
    return Completion(field.name, quoted, "field", field.type, count, field.example, typed + 1)


__all__ = ["Completion", "Field", "Place", "Step", "complete", "describe_fields", "example_of", "type_of"]

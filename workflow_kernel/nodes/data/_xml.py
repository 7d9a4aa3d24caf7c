"""XML to JSON and back, in the shapes xml2js gives: attributes under ``$``, text under ``_``.

The XML node calls this. Entities of a document's own are refused, so that none can unfold without end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from workflow_kernel.graph.words import shown
from workflow_kernel.sdk import NodeError
from workflow_kernel.sdk.convert_javascript import text_of

_DEPTH = 400
_BLANK = re.compile(r"\s*\Z")
_NAME = re.compile(r"[A-Za-z_:\u00C0-\uFFFD\U00010000-\U000EFFFF][\w:.\-\u00B7\u00C0-\uFFFD\U00010000-\U000EFFFF]*\Z")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class Reading(NamedTuple):
    """How XML becomes JSON.

    ``arrays`` makes a list of every child; ``root`` keeps the root element's name; ``merge`` puts attributes beside
    children; ``normalize`` folds white space; ``lower`` makes names small.
    """

    attributes: str = "$"
    text: str = "_"
    arrays: bool = False
    root: bool = True
    merge: bool = True
    ignore_attributes: bool = False
    normalize: bool = False
    trim: bool = False
    lower: bool = False


class Writing(NamedTuple):
    """How JSON becomes XML: ``cdata`` wraps text with special signs, ``headless`` leaves the declaration out."""

    attributes: str = "$"
    text: str = "_"
    root: str = "root"
    cdata: bool = False
    headless: bool = False


class _Open:
    """An element that has begun."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.values: dict[str, Any] = {}
        self.texts: list[str] = []
        self.has_cdata = False


class _Builder:
    """Gathers what the parser tells."""

    def __init__(self, how: Reading) -> None:
        self.how = how
        self.stack: list[_Open] = []
        self.result: Any = None

    def start(self, name: str, attributes: list[str]) -> None:
        element = _Open(name.lower() if self.how.lower else name)
        if len(self.stack) >= _DEPTH:
            raise NodeError(f"The XML text is nested deeper than {_DEPTH} levels.")
        self.stack.append(element)
        if self.how.ignore_attributes or not attributes:
            return
        target = element.values if self.how.merge else element.values.setdefault(self.how.attributes, {})
        for key, value in zip(attributes[::2], attributes[1::2], strict=True):
            if self.how.merge:
                self._put(target, key, value)
            else:
                target[key] = value

    def characters(self, text: str) -> None:
        if self.stack:
            self.stack[-1].texts.append(text)

    def cdata(self) -> None:
        if self.stack:
            self.stack[-1].has_cdata = True

    def end(self, name: str) -> None:
        element = self.stack.pop()
        value = self._value(element)
        if self.stack:
            self._put(self.stack[-1].values, element.name, value)
        else:
            self.result = {element.name: value} if self.how.root else value

    def _value(self, element: _Open) -> Any:
        text, values = "".join(element.texts), element.values
        if _BLANK.match(text) and not element.has_cdata:
            return values or text
        if self.how.trim:
            text = text.strip()
        if self.how.normalize:
            text = re.sub(r"\s{2,}", " ", text).strip()
        if not values:
            return text
        return {self.how.text: text, **values}

    def _put(self, target: dict[str, Any], key: str, value: Any) -> None:
        if key not in target:
            target[key] = [value] if self.how.arrays else value
        elif isinstance(target[key], list):
            target[key].append(value)
        else:
            target[key] = [target[key], value]


def parse(text: str, how: Reading) -> Any:
    """The JSON an XML text becomes. Raises ``NodeError`` that tells line and column of a mistake."""
    from xml.parsers import expat

    builder = _Builder(how)
    parser = expat.ParserCreate("utf-8")
    parser.ordered_attributes = True
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.characters
    parser.StartCdataSectionHandler = builder.cdata
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(text.lstrip("\ufeff \t\r\n").encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        raise NodeError(
            f"The XML text is broken at line {error.lineno}, column {error.offset + 1}: "
            f"{expat.ErrorString(error.code)}.",
            mend="Correct the text.",
        ) from error
    return builder.result


def _refuse(*_: Any) -> None:
    raise NodeError("The XML text declares entities of its own.", mend="Take the declarations out; they are not safe.")


def build(value: Any, how: Writing) -> str:
    """The XML text of a JSON value; one field at the top gives the root element its name."""
    root = how.root
    if isinstance(value, Mapping) and len(value) == 1 and root == "root":
        root, value = next(iter(value.items()))
    lines: list[str] = [] if how.headless else ['<?xml version="1.0" encoding="UTF-8" standalone="yes"?>']
    lines += _Writer(how).element(root, value, 0)
    return "\n".join(lines)


class _Writer:
    def __init__(self, how: Writing) -> None:
        self.how = how

    def element(self, name: str, value: Any, depth: int) -> Iterator[str]:
        """The lines of one element."""
        _named(name, "element")
        if depth > _DEPTH:
            raise NodeError(f"The data is nested deeper than {_DEPTH} levels.")
        indent = "  " * depth
        attributes, children = self._parts(value)
        head = f"{indent}<{name}{attributes}"
        if all(child == "" for child in children):
            yield f"{head}/>"
        elif len(children) == 1 and isinstance(children[0], str):
            yield f"{head}>{children[0]}</{name}>"
        else:
            yield f"{head}>"
            for child in children:
                if isinstance(child, str):
                    yield f"{indent}  {child}"
                else:
                    yield from self.element(child[0], child[1], depth + 1)
            yield f"{indent}</{name}>"

    def _parts(self, value: Any) -> tuple[str, list[str | tuple[str, Any]]]:
        """The attributes of an element, and its children: texts, or names with values."""
        if value is None:
            return "", []
        if isinstance(value, list):
            if any(not isinstance(entry, Mapping) for entry in value if entry is not None):
                raise NodeError(
                    "A list of plain values cannot stand there in XML.", mend="Put it under a field's name."
                )
            return "", [pair for entry in value if entry is not None for pair in entry.items()]
        if not isinstance(value, Mapping):
            return "", [self._text(value)]
        attributes = ""
        children: list[str | tuple[str, Any]] = []
        for key, inner in value.items():
            if key == self.how.attributes:
                if isinstance(inner, Mapping):
                    attributes += "".join(
                        f' {_named(name, "attribute")}="{_attribute(one)}"' for name, one in inner.items()
                    )
            elif key == self.how.text:
                children.append(self._text(inner))
            elif isinstance(inner, list):
                children += [(key, entry) for entry in inner]
            else:
                children.append((key, inner))
        return attributes, children

    def _text(self, value: Any) -> str:
        text = "" if value is None else text_of(value)
        if _ILLEGAL.search(text):
            raise NodeError(f"The text {text[:40]!r} holds a sign XML cannot hold.", mend="Take control signs out.")
        if self.how.cdata and isinstance(value, str) and any(sign in text for sign in "&<>"):
            inner = text.replace("]]>", "]]]]><![CDATA[>")
            return f"<![CDATA[{inner}]]>"
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#xD;")


def _named(name: str, what: str) -> str:
    if not _NAME.match(name):
        raise NodeError(f"{shown(name)} cannot be the name of an XML {what}.", mend="Rename the field.")
    return name


def _attribute(value: Any) -> str:
    text = "" if value is None else text_of(value)
    for sign, entity in (
        ("&", "&amp;"),
        ("<", "&lt;"),
        ('"', "&quot;"),
        ("\t", "&#x9;"),
        ("\n", "&#xA;"),
        ("\r", "&#xD;"),
    ):
        text = text.replace(sign, entity)
    return text

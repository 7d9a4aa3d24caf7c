"""Reading HTML pages by CSS selectors, and writing HTML tables. The HTML node calls this.

Pages are parsed as browsers do. Selectors may use jQuery's ``:contains()``, ``:first``, ``:last`` and ``:eq()``.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from workflow_kernel.nodes.data import _markup
from workflow_kernel.sdk import NodeError
from workflow_kernel.sdk.convert_javascript import text_of

_JQUERY = re.compile(
    r":(?:contains\(\s*(\"[^\"]*\"|'[^']*'|[^)]*?)\s*\)|(first|last|eq|lt|gt|even|odd)(?![\w-])(?:\((-?\d+)\))?)"
)
_MARK = "data-selected-so-far"
_TABLE_STYLE = "border-spacing:0; font-family:helvetica,arial,sans-serif"
_HEADER_STYLE = (
    "margin:0; padding:7px 20px 7px 0px; border-bottom:1px solid #eee; text-align:left; color:#888; font-weight:normal"
)
_CELL_STYLE = "margin:0; padding:7px 20px 7px 0px; border-bottom:1px solid #eee; color:#444"


class Page:
    """A parsed page."""

    def __init__(self, text: str) -> None:
        from selectolax.lexbor import LexborHTMLParser

        self._tree: Any = LexborHTMLParser(text)

    def take(self, selector: str, take: str, *, attribute: str, skip: str, every: bool, readable: bool) -> Any:
        """What the selected elements hold: text, inner HTML, an attribute or a form value.

        Parameters
        ----------
        selector: CSS; elements come in the order of the page.
        take: ``text``, ``html``, ``attribute`` or ``value``.
        attribute: the attribute's name.
        skip: selectors of what is left out of text.
        every: a list with the value of each element; else one value, None where there is none.
        readable: lay text out for reading.
        """
        nodes = self._select(selector)
        if every:
            values = [self._value([node], take, attribute, skip, readable) for node in nodes]
            return [value for value in values if value is not None]
        return self._value(nodes, take, attribute, skip, readable)

    def without(self, skip: str) -> Any:
        """The body without the elements some selectors name."""
        for node in self._select(skip):
            node.decompose()
        return self._tree.body

    def _select(self, selector: str) -> list[Any]:
        found: list[Any] = []
        for part in _split(selector):
            found += self._select_one(part, selector)
        unique = {node.mem_id: node for node in found}
        return list(unique.values())

    def _select_one(self, part: str, whole: str) -> list[Any]:
        """The elements of one alternative; what only jQuery knows is worked out step by step, marking elements."""
        count = 0
        while match := _JQUERY.search(part):
            nodes = self._css(part[: match.start()], whole)
            if match[2]:
                nodes = _at(nodes, match[2], int(match[3] or 0))
            else:
                text = _unquoted(match[1])
                nodes = [node for node in nodes if text in node.text(deep=True)]
            for node in nodes:
                node.attrs[f"{_MARK}-{count}"] = ""
            part = f"[{_MARK}-{count}]{part[match.end() :]}"
            count += 1
        nodes = self._css(part, whole)
        for number in range(count):
            for node in self._css(f"[{_MARK}-{number}]", whole):
                del node.attrs[f"{_MARK}-{number}"]
        return nodes

    def _css(self, selector: str, whole: str) -> list[Any]:
        text = selector.strip()
        try:
            return list(self._tree.css(text or "*"))
        except Exception as error:
            raise NodeError(f"'{whole}' is no CSS selector: {error}", mend="Correct the selector.") from error

    def _value(self, nodes: Sequence[Any], take: str, attribute: str, skip: str, readable: bool) -> Any:
        if not nodes:
            return "" if take == "text" and readable else None
        if take == "attribute":
            value = nodes[0].attributes.get(attribute)
            return "" if value is None and attribute in nodes[0].attributes else value
        if take == "html":
            return inner_html(nodes[0]) or None
        if take == "value":
            return _form_value(nodes[0])
        if readable:
            return _readable(inner_html(nodes[0]), skip)
        if skip:
            nodes = [Page(node.html).without(skip) for node in nodes]
        return "".join(node.text(deep=True, separator="", strip=False) for node in nodes) or None


def inner_html(node: Any) -> str:
    """The HTML between an element's tags."""
    outer: str = node.html or ""
    start = _end_of_tag(outer) + 1
    end = outer.rfind("</")
    return outer[start:end] if end >= start else outer[start:]


def cleaned(text: str) -> str:
    """The text without line breaks, white space folded."""
    return re.sub(r"\s+", " ", re.sub(r"[\r\n]", "", text.strip()))


class Look(NamedTuple):
    """How a table looks."""

    caption: str = ""
    capitalize: bool = False
    plain_style: bool = False
    escape: bool = True
    table_attributes: str = ""
    header_attributes: str = ""
    name_missing: bool = False


def table(rows: Sequence[tuple[Mapping[str, Any], str, str]], look: Look) -> str:
    """An HTML table of objects, each with the attributes of its row and of its cells."""
    headers = list(dict.fromkeys(name for entry, _, _ in rows for name in entry))
    styles = ["" if look.plain_style else f"style='{style}'" for style in (_TABLE_STYLE, _HEADER_STYLE, _CELL_STYLE)]

    parts = [f"<table {styles[0]} {look.table_attributes}>"]
    if look.caption:
        parts.append(f"<caption>{_safe(look.caption, look)}</caption>")
    parts.append(f"<thead {styles[1]} {look.header_attributes}><tr>")
    parts += [f"<th>{_safe(_title(name) if look.capitalize else name, look)}</th>" for name in headers]
    parts.append("</tr></thead><tbody>")
    for entry, row_attributes, cell_attributes in rows:
        parts.append(f"<tr  {row_attributes}>")
        for name in headers:
            parts.append(f"<td {styles[2]} {cell_attributes}>{_cell(entry, name, look)}</td>")
        parts.append("</tr>")
    parts.append("</tbody></table>")
    return "".join(parts)


def _cell(entry: Mapping[str, Any], name: str, look: Look) -> str:
    value = entry.get(name)
    if isinstance(value, bool):
        return _checkbox(value)
    if value is None:
        word = "null" if name in entry else "undefined"
        return word if look.name_missing else ""
    return _safe(text_of(value), look)


def _safe(text: str, look: Look) -> str:
    return html.escape(text) if look.escape else text


def _checkbox(value: bool) -> str:
    checked = 'checked="checked"' if value else ""
    return f'<input type="checkbox" {checked}/>'


def _title(name: str) -> str:
    return " ".join(word[:1].upper() + word[1:] for word in name.replace("_", " ").split(" "))


def _readable(inner: str, skip: str) -> str:
    rules = [{"selector": one.strip(), "format": "skip"} for one in skip.split(",") if one.strip()]
    return _markup.html_to_text(inner, {"selectors": rules} if rules else {})


def _form_value(node: Any) -> Any:
    if node.tag == "textarea":
        return node.text(deep=True)
    if node.tag != "select":
        return node.attributes.get("value")
    chosen = [one for one in node.css("option") if "selected" in one.attributes]
    values = [one.attributes.get("value") or one.text(deep=True) for one in chosen]
    if "multiple" in node.attributes:
        return values
    if values:
        return values[-1]
    first = node.css_first("option")
    return None if first is None else first.attributes.get("value") or first.text(deep=True)


def _split(selector: str) -> list[str]:
    """The alternatives of a selector: commas inside brackets and quotes do not part them."""
    parts, depth, quote, start = [], 0, "", 0
    for at, sign in enumerate(selector):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign in "([":
            depth += 1
        elif sign in ")]":
            depth -= 1
        elif sign == "," and depth == 0:
            parts.append(selector[start:at])
            start = at + 1
    return [part.strip() for part in [*parts, selector[start:]] if part.strip()]


def _unquoted(text: str) -> str:
    return text[1:-1] if text[:1] in ("'", '"') and len(text) > 1 else text


def _at(nodes: list[Any], word: str, number: int) -> list[Any]:
    match word:
        case "first":
            return nodes[:1]
        case "last":
            return nodes[-1:]
        case "eq":
            return [nodes[number]] if -len(nodes) <= number < len(nodes) else []
        case "lt":
            return nodes[:number]
        case "gt":
            return nodes[number + 1 :]
        case "even":
            return nodes[::2]
    return nodes[1::2]


def _end_of_tag(outer: str) -> int:
    quote = ""
    for at, sign in enumerate(outer):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign == ">":
            return at
    return len(outer)

"""Reading RSS 0.9, 1.0, 2.0 and Atom feeds into plain entries. Fetching does not belong here.

Elements keep the name they have in the feed, prefix included, so ``dc:creator`` stands beside ``creator``.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from workflow_kernel.sdk import NodeError

_FIELDS = (
    ("author", "creator"), ("dc:creator", "creator"), ("dc:date", "date"), ("dc:language", "language"),
    ("dc:rights", "rights"), ("dc:source", "source"), ("dc:title", "title"), ("title", "title"), ("link", "link"),
    ("pubDate", "pubDate"), ("author", "author"), ("summary", "summary"), ("content:encoded", "content:encoded"),
    ("enclosure", "enclosure"), ("dc:creator", "dc:creator"), ("dc:date", "dc:date"), ("comments", "comments"),
)  # fmt: skip
_PODCAST = (
    "author", "subtitle", "summary", "explicit", "duration", "image", "episode", "season", "keywords", "episodeType",
)  # fmt: skip
_BLOCK = re.compile(r"([^\n])</?(?:h|br|p|ul|ol|li|blockquote|section|table|tr|div)[^>]*>([^\n])")
_TAG = re.compile(r"<[^>]*>", re.DOTALL)


def read(data: bytes, fields: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The entries of a feed.

    Parameters
    ----------
    data: the feed's XML. fields: names of further elements to take over.

    Raises
    ------
    NodeError: it is not a feed.
    """
    from lxml import etree

    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(data.strip(), parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None:
        raise _not_a_feed("it is not XML")
    name = _name(root)
    if name.endswith("feed"):
        return [_atom(entry, fields) for entry in root if _name(entry) == "entry"]
    if name == "rdf:RDF" or name.endswith(":RDF"):
        return [_rss(entry, fields, False) for entry in root if _name(entry) == "item"]
    if name != "rss":
        raise _not_a_feed(f"it begins with <{name}>")
    podcast = "itunes" in root.nsmap
    channels = [child for child in root if _name(child) == "channel"]
    return [_rss(entry, fields, podcast) for channel in channels for entry in channel if _name(entry) == "item"]


def _not_a_feed(reason: str) -> NodeError:
    return NodeError(
        f"The answer is not an RSS or Atom feed: {reason}.", mend="Check the URL; feeds often end in /feed or .xml."
    )


def _name(element: Any) -> str:
    if not isinstance(element.tag, str):
        return ""
    local = element.tag.rpartition("}")[2]
    return f"{element.prefix}:{local}" if element.prefix else local


def _children(element: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for child in element:
        if name := _name(child):
            found.setdefault(name, []).append(child)
    return found


def _value(element: Any) -> Any:
    """An element as text where it has only text, else an object: ``_`` its text, ``$`` its attributes."""
    value: dict[str, Any] = {name: [_value(child) for child in group] for name, group in _children(element).items()}
    text = "".join([element.text or "", *(child.tail or "" for child in element)])
    text = text if text.strip() else ""
    attributes = {_attribute(element, key): str(found) for key, found in element.attrib.items()}
    if not value and not attributes:
        return text
    if text:
        value["_"] = text
    if attributes:
        value["$"] = attributes
    return value


def _attribute(element: Any, key: str) -> str:
    if not key.startswith("{"):
        return key
    space, _, local = key[1:].partition("}")
    prefix = next((prefix for prefix, url in element.nsmap.items() if url == space), None)
    return f"{prefix}:{local}" if prefix else f"xml:{local}"


def _plain(element: Any) -> Any:
    """An element's text even where it has attributes."""
    value = _value(element)
    return value["_"] if isinstance(value, dict) and "_" in value else value


def _markup(element: Any) -> str:
    """An element's text, or its child elements as markup."""
    from lxml import etree

    value = _plain(element)
    if isinstance(value, str):
        return value
    inner = "".join(etree.tostring(child, encoding="unicode") for child in element)
    return f"<div>{element.text or ''}{inner}</div>" if inner else ""


def snippet(markup: str) -> str:
    """Markup as plain text, blocks on lines of their own."""
    return html.unescape(_TAG.sub("", _BLOCK.sub(r"\1\n\2", markup))).strip()


def _copy(children: dict[str, list[Any]], pairs: Sequence[tuple[str, str]], entry: dict[str, Any]) -> None:
    for source, target in pairs:
        if source in children:
            entry[target] = _plain(children[source][0])


def _rss(element: Any, fields: Sequence[str], podcast: bool) -> dict[str, Any]:
    children = _children(element)
    entry: dict[str, Any] = {}
    _copy(children, [*_FIELDS, *((name, name) for name in fields)], entry)
    if isinstance(entry.get("content:encoded"), str) and entry["content:encoded"]:
        entry["content:encodedSnippet"] = snippet(entry["content:encoded"])
    if "enclosure" in children:
        entry["enclosure"] = dict(children["enclosure"][0].attrib)
    if "description" in children:
        entry["content"] = _markup(children["description"][0])
        entry["contentSnippet"] = snippet(entry["content"])
    if "guid" in children:
        entry["guid"] = _plain(children["guid"][0])
    about = next((found for key, found in element.attrib.items() if key.endswith("}about")), None)
    if about is not None:
        entry["rdf:about"] = about
    if "category" in children:
        entry["categories"] = [_value(child) for child in children["category"]]
    _date(entry)
    if podcast:
        entry["itunes"] = _podcast(children)
    return entry


def _podcast(children: dict[str, list[Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    _copy(children, [(f"itunes:{name}", name) for name in _PODCAST], found)
    image = children.get("itunes:image")
    if image and image[0].get("href"):
        found["image"] = image[0].get("href")
    return found


def _atom(element: Any, fields: Sequence[str]) -> dict[str, Any]:
    children = _children(element)
    entry: dict[str, Any] = {}
    _copy(children, [(name, name) for name in fields], entry)
    if "title" in children and (title := _markup(children["title"][0])):
        entry["title"] = title
    links = children.get("link", [])
    link = next((found for found in links if found.get("rel") == "alternate"), links[0] if links else None)
    if link is not None:
        entry["link"] = link.get("href")
    for name in ("published", "updated"):
        if "pubDate" not in entry and name in children and (text := (children[name][0].text or "").strip()):
            entry["pubDate"] = iso(text) or text
    author = children.get("author")
    if author and (names := _children(author[0]).get("name")):
        entry["author"] = _value(names[0])
    if "content" in children:
        entry["content"] = _markup(children["content"][0])
        entry["contentSnippet"] = snippet(entry["content"])
    if "summary" in children:
        entry["summary"] = _markup(children["summary"][0])
    if "id" in children:
        entry["id"] = _value(children["id"][0])
    _date(entry)
    return entry


def _date(entry: dict[str, Any]) -> None:
    text = entry.get("pubDate") or entry.get("date")
    if isinstance(text, str) and (moment := iso(text)):
        entry["isoDate"] = moment


def iso(text: str) -> str | None:
    """A date of a feed in ISO form, UTC, milliseconds; None for what is none."""
    moment = _moment(text.strip())
    if moment is None:
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _moment(text: str) -> datetime | None:
    from dateutil import parser

    for parse in (datetime.fromisoformat, parsedate_to_datetime, parser.parse):
        try:
            return parse(text)
        except (ValueError, TypeError, OverflowError):
            continue
    return None

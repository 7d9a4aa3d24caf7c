"""Rename keys: gives fields other names."""

from __future__ import annotations

import re
from typing import Any

from workflow_kernel.expressions.scope import UNDEFINED
from workflow_kernel.nodes import _paths
from workflow_kernel.sdk import Context, Field, Imported, ImportedNode, Item, Model, NodeError, NodeType, node
from workflow_kernel.sdk.patterns import PatternError, compile_pattern

_REFERENCE = re.compile(r"\$(?:(?P<sign>[$&`'])|(?P<number>\d{1,2})|<(?P<name>[^>]*)>)")


def _from_n8n(source: ImportedNode) -> Imported:
    keys = [
        {"from": key.get("currentKey", ""), "to": key.get("newKey", "")}
        for key in source.get("keys", "key", default=None) or []
    ]
    patterns = []
    for entry in source.get("additionalOptions", "regexReplacement", "replacements", default=None) or []:
        options = entry.get("options") or {}
        ours = {"pattern": entry.get("searchRegex", ""), "replacement": entry.get("replaceRegex", "")}
        if options.get("caseInsensitive"):
            ours["ignore_case"] = options["caseInsensitive"]
        if options.get("depth", -1) != -1:
            ours["depth"] = options["depth"]
        patterns.append(ours)
    return Imported({"keys": keys, **({"patterns": patterns} if patterns else {})})


class Renaming(Model):
    """A field and its new name: ``{"from": "old", "to": "new"}``."""

    source: str = Field("", alias="from", description="The field, `a.b` for a nested one.")
    target: str = Field("", alias="to", description="Its new name, `a.b` to put it inside a.")


class Pattern(Model):
    """Renames every field whose name has a match: ``{"pattern": "^old_", "replacement": "new_"}``."""

    pattern: str = Field("", description="A regular expression.", expression=False)
    replacement: str = Field("", description="What the first match becomes; $1 is its first group.")
    ignore_case: bool = Field(False, description="Whether capitals and small letters are the same.")
    depth: int = Field(-1, ge=-1, description="How deep to go into nested values; 0 is the top alone, -1 everything.")


@node(
    "data.rename_keys",
    imports={"n8n-nodes-base.renameKeys": _from_n8n},
    icon="whole-word",
    keywords=("rename", "field", "column", "regex", "name"),
)
class RenameKeys(NodeType):
    """Gives fields other names, one by one or by a regular expression."""

    keys: list[Renaming] = Field(default_factory=list, description="The fields to rename.")
    patterns: list[Pattern] = Field(
        default_factory=list, section="Options", description="Regular expressions that rename fields, used after that."
    )

    def run(self, item: Item, ctx: Context) -> Item:
        """Rename the fields of one item."""
        json = dict(item.json)
        for key in self.keys:
            if not key.source or not key.target or key.source == key.target:
                continue
            # Read from the item as it came, so that two fields can swap their names.
            value = _paths.get_path(item.json, key.source)
            if value is not UNDEFINED:
                _paths.set_path(json, key.target, value)
                _paths.delete_path(json, key.source)
        for entry in self.patterns:
            json = _rename(json, _compiled(entry), entry.replacement, entry.depth)
        return item.with_json(json)


def _compiled(entry: Pattern) -> Any:
    # In a group, a pattern that begins and ends with a slash is not taken for one with flags.
    source = f"(?:{entry.pattern})" if entry.pattern.startswith("/") else entry.pattern
    try:
        return compile_pattern(source, ignore_case=entry.ignore_case)
    except PatternError as error:
        raise NodeError(f"'{entry.pattern}' is not a regular expression.", description=str(error)) from None


def _rename(value: Any, pattern: Any, replacement: str, depth: int) -> Any:
    if isinstance(value, list):
        return [_rename(part, pattern, replacement, depth - 1) for part in value] if depth != 0 else value
    if not isinstance(value, dict):
        return value
    renamed = dict(value)
    for key in value:
        if depth != 0:
            renamed[key] = _rename(renamed[key], pattern, replacement, depth - 1)
        match = pattern.search(key, timeout=1.0)
        if match is None:
            continue
        new = key[: match.start()] + _replaced(match, replacement) + key[match.end() :]
        if new != key:
            renamed[new] = renamed.pop(key)
    return renamed


def _replaced(match: Any, replacement: str) -> str:
    """The replacement with its references filled in, as in JavaScript."""

    def fill(reference: re.Match[str]) -> str:
        sign, number, name = reference["sign"], reference["number"], reference["name"]
        if sign:
            text = str(match.string)
            return {"$": "$", "&": str(match[0]), "`": text[: match.start()], "'": text[match.end() :]}[sign]
        if number is not None:
            groups = match.re.groups
            if 0 < int(number) <= groups:
                return str(match[int(number)] or "")
            if len(number) == 2 and 0 < int(number[0]) <= groups:
                return str(match[int(number[0])] or "") + number[1]
            return reference[0]
        groups_by_name = match.groupdict()
        return str(groups_by_name.get(name) or "") if groups_by_name else reference[0]

    return _REFERENCE.sub(fill, replacement)

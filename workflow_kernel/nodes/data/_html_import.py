"""Turns n8n's HTML and HTML Extract into ``data.html``."""

from __future__ import annotations

from typing import Any

from workflow_kernel.sdk import Imported, ImportedNode

_TABLE = {
    "caption": "caption", "capitalize": "capitalize", "customStyling": "plain_style",
    "tableAttributes": "table_attributes", "headerAttributes": "header_attributes",
    "rowAttributes": "row_attributes", "cellAttributes": "cell_attributes",
}  # fmt: skip


def from_html(source: ImportedNode) -> Imported:
    """The parameters for n8n's HTML, all versions."""
    operation = source.get("operation", default="generateHtmlTemplate")
    if operation == "extractHtmlContent":
        return Imported(_extract(source, "readable" if source.version >= 1.2 else "plain"))
    if operation == "convertToHtmlTable":
        options: dict[str, Any] = source.get("options", default={})
        found = {ours: options[theirs] for theirs, ours in _TABLE.items() if options.get(theirs) is not None}
        return Imported({"operation": "table", "field": "table", "escape": False, "name_missing": True, **found})
    html = str(source.get("html", default=""))
    if not html.startswith("=") and "{{" in html:
        html = f"={html}"  # n8n fills templates in whether or not they are marked as expressions
    return Imported({"operation": "template", "field": "html", "html": html})


def from_html_extract(source: ImportedNode) -> Imported:
    """The parameters for n8n's old HTML Extract."""
    return Imported(_extract(source, "plain"))


def _extract(source: ImportedNode, style: str) -> dict[str, Any]:
    options: dict[str, Any] = source.get("options", default={})
    parameters: dict[str, Any] = {
        "operation": "extract", "text_style": style, "trim": options.get("trimValues", True),
        "clean_up": options.get("cleanUpText", False),
        "values": [_value(value) for value in source.get("extractionValues", "values", default=[])],
    }  # fmt: skip
    if source.get("sourceData", default="json") == "binary":
        return parameters | {"source": "file", "file": source.get("dataPropertyName", default="data")}
    return parameters | {"field": source.get("dataPropertyName", default="data")}


def _value(value: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "field": value.get("key", ""), "selector": value.get("cssSelector", ""),
        "take": value.get("returnValue", "text"), "all": value.get("returnArray", False),
    }  # fmt: skip
    if value.get("attribute"):
        found["attribute"] = value["attribute"]
    if value.get("skipSelectors"):
        found["skip"] = value["skipSelectors"]
    return found

"""n8n's form trigger as parameters of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workflow_kernel.sdk import Imported, ImportedNode
from workflow_kernel.sdk.forms import slug

_KINDS = {
    "text": "text", "textarea": "textarea", "number": "number", "email": "email", "date": "date",
    "dropdown": "select", "radio": "choices", "checkbox": "choices", "file": "file", "password": "password",
    "hiddenField": "hidden",
}  # fmt: skip


def from_n8n(source: ImportedNode) -> Imported:
    """The node's parameters, its credential in our slot."""
    page, warnings = page_of(source)
    path = source.get("options", "path", default=source.get("path")) or source.webhook_id
    parameters: dict[str, Any] = {"path": str(path or slug(source.name)).strip("/"), "page": page}
    mode = source.get("responseMode", default="onReceived")
    if mode in ("lastNode", "responseNode"):
        parameters["respond"] = "last_node"
        if mode == "responseNode":
            warnings.append("Its last page came from a Respond node; now the last node's item says what it shows.")
    if source.get("options", "ignoreBots"):
        parameters["guard"] = {"ignore_bots": True}
    credentials: dict[str, Any] = {}
    if source.get("authentication") == "basicAuth":
        parameters["auth"] = "basic"
        if "httpBasicAuth" in source.credentials:
            credentials["auth"] = source.credentials["httpBasicAuth"]
    return Imported(parameters, credentials=credentials, warnings=tuple(warnings))


def page_of(source: ImportedNode) -> tuple[dict[str, Any], list[str]]:
    """The form of a form trigger, or of a wait for one, and what could not be carried over."""
    warnings: list[str] = []
    raw = source.get("formFields", "values", default=[]) or []
    fields = [_field(entry, warnings) for entry in raw if isinstance(entry, Mapping)]
    page: dict[str, Any] = {
        "title": _text(source.get("formTitle"), "Form"),
        "fields": [field for field in fields if field is not None],
    }
    if source.get("formDescription"):
        page["description"] = _text(source.get("formDescription"), "")
    if source.get("options", "buttonLabel"):
        page["button"] = _text(source.get("options", "buttonLabel"), "Send")
    done = _done(source)
    if done:
        page["done"] = done
    return page, warnings


def _field(entry: Mapping[str, Any], warnings: list[str]) -> dict[str, Any] | None:
    theirs = str(entry.get("fieldType", "text"))
    label = _text(entry.get("fieldLabel") or entry.get("fieldName") or entry.get("elementName"), "Field")
    if theirs not in _KINDS:
        warnings.append(f"The field '{label[:60]}' of the kind '{theirs[:40]}' was left out.")
        return None
    kind = _KINDS[theirs]
    field: dict[str, Any] = {"label": label}
    if kind != "text":
        field["kind"] = kind
    if entry.get("fieldName") and entry.get("fieldName") != label:
        field["name"] = _text(entry.get("fieldName"), label)
    if entry.get("requiredField"):
        field["required"] = True
    value = entry.get("fieldValue") if kind == "hidden" else entry.get("defaultValue")
    for name, found in (("placeholder", entry.get("placeholder")), ("value", value)):
        if isinstance(found, str) and found:
            field[name] = found
    if kind in ("select", "choices"):
        options = entry.get("fieldOptions", {})
        values = options.get("values", []) if isinstance(options, Mapping) else []
        field["options"] = [_text(one.get("option"), "") for one in values if isinstance(one, Mapping)]
    if (kind == "select" and entry.get("multiselect")) or theirs == "checkbox" or entry.get("multipleFiles") is True:
        field["multiple"] = True
    if kind == "file" and entry.get("acceptFileTypes"):
        field["accept"] = _text(entry.get("acceptFileTypes"), "")
    return field


def _done(source: ImportedNode) -> dict[str, Any]:
    options = source.get("options", "respondWithOptions", "values", default={}) or {}
    if options.get("respondWith") == "redirect" and options.get("redirectUrl"):
        return {"redirect": str(options["redirectUrl"])}
    text = options.get("formSubmittedText") or source.get("options", "formSubmittedText")
    return {"text": str(text)} if text else {}


def _text(value: Any, default: str) -> str:
    return str(value).removeprefix("=") if value not in (None, "") else default

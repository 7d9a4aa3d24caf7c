"""n8n's Webhook node as parameters of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workflow_kernel.nodes._imports import choose
from workflow_kernel.sdk import Imported, ImportedNode

_RESPOND = {"onReceived": "at_once", "lastNode": "last_node", "responseNode": "respond_node", "streaming": "stream"}
_DATA = {
    "allEntries": "all_items", "firstEntryJson": "first_item", "firstEntryBinary": "first_file", "noData": "nothing",
}  # fmt: skip
_AUTH = {
    "basicAuth": ("basic", "httpBasicAuth"),
    "headerAuth": ("header", "httpHeaderAuth"),
    "jwtAuth": ("jwt", "jwtAuth"),
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")


def from_n8n(source: ImportedNode) -> Imported:
    """The node's parameters, its credential in our slot."""
    warnings: list[str] = []
    parameters: dict[str, Any] = {"path": _path(source), "methods": _methods(source.get("httpMethod", default="GET"))}
    respond = choose(source.get("responseMode", default="onReceived"), _RESPOND, "at_once")
    if respond != "at_once":
        parameters["respond"] = respond
    reply = _reply(source, respond, warnings)
    if reply:
        parameters["reply"] = reply
    parameters |= _access(source, warnings)
    intake = _intake(source)
    if intake:
        parameters["intake"] = intake
    kind = str(source.get("authentication", default="none"))
    credentials: dict[str, Any] = {}
    if kind in _AUTH:
        ours, slot = _AUTH[kind]
        parameters["auth"] = {"kind": ours}
        if slot in source.credentials:
            credentials["auth"] = source.credentials[slot]
    elif kind != "none":
        warnings.append(f"Its authentication '{kind[:60]}' is not known; choose one.")
        parameters["auth"] = {"kind": "header"}
    return Imported(parameters, credentials=credentials, warnings=tuple(warnings))


def _path(source: ImportedNode) -> str:
    """The path, so that the address stays: those with parameters begin with the node's own id there."""
    path = str(source.get("path", default="")).strip("/")
    if not path:
        return source.webhook_id
    return f"{source.webhook_id}/{path}" if ":" in path and source.webhook_id else path


def _methods(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [method for method in METHODS if method in values] or ["GET"]


def _reply(source: ImportedNode, respond: Any, warnings: list[str]) -> dict[str, Any]:
    options = source.get("options", default={}) or {}
    reply: dict[str, Any] = {}
    if respond == "last_node":
        reply["data"] = choose(source.get("responseData"), _DATA, "first_item")
        if source.get("responseBinaryPropertyName"):
            reply["file"] = source.get("responseBinaryPropertyName")
        if options.get("responsePropertyName"):
            reply["field"] = options["responsePropertyName"]
    elif options.get("noResponseBody"):
        reply["data"] = "nothing"
    elif options.get("responseData"):
        reply["text"] = str(options["responseData"])
    code = source.get("options", "responseCode", "values", "responseCode", default=source.get("responseCode"))
    code = source.get("options", "responseCode", "values", "customCode", default=code) if code == "customCode" else code
    if isinstance(code, int | float) and 200 <= code <= 599 and code != 200:
        reply["status"] = int(code)
    elif isinstance(code, str):
        warnings.append("Its response code is an expression, which a webhook cannot have: use a Respond node.")
    headers = source.get("options", "responseHeaders", "entries", default=[]) or []
    named = {str(entry.get("name", "")): str(entry.get("value", "")) for entry in headers if isinstance(entry, Mapping)}
    if named:
        reply["headers"] = named
    if options.get("responseContentType"):
        reply["content_type"] = str(options["responseContentType"])
    texts = [reply.get("text", ""), *named.values()]
    if any(isinstance(text, str) and text.startswith("=") for text in texts):
        warnings.append("Its answer holds an expression, which a webhook cannot have: use a Respond node.")
    return reply


def _access(source: ImportedNode, warnings: list[str]) -> dict[str, Any]:
    options = source.get("options", default={}) or {}
    guard: dict[str, Any] = {}
    addresses = [part.strip() for part in str(options.get("ipWhitelist") or "").split(",") if part.strip()]
    if addresses:
        guard["addresses"] = addresses
    if options.get("ignoreBots"):
        guard["ignore_bots"] = True
    found: dict[str, Any] = {"guard": guard} if guard else {}
    origins = [part.strip() for part in str(options.get("allowedOrigins", "*")).split(",") if part.strip()]
    if origins:
        found["origins"] = origins
    return found


def _intake(source: ImportedNode) -> dict[str, Any]:
    options = source.get("options", default={}) or {}
    intake: dict[str, Any] = {}
    if options.get("rawBody"):
        intake["raw"] = True
    if options.get("binaryPropertyName"):
        intake["file"] = str(options["binaryPropertyName"])
    return intake

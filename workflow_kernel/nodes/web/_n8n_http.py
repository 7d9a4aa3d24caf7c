"""Import of n8n's HTTP request node, all versions. Used by ``http_request`` alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workflow_kernel.expressions.parse import is_expression
from workflow_kernel.nodes.web import _n8n_auth
from workflow_kernel.sdk import Imported, ImportedNode

_BODY_KINDS = {
    "json": "json", "form-urlencoded": "form", "multipart-form-data": "multipart", "raw": "text",
    "binaryData": "binary",
}  # fmt: skip
_PLACES = {"qs": "query", "headers": "header", "body": "body"}
_FORMATS = {"autodetect": "auto", "string": "text"}


def convert(source: ImportedNode) -> Imported:
    """Our parameters for a node of any version."""
    return _old(source) if source.version < 3 else _new(source)


def fields_of(entries: Any, *, repeats: bool) -> Any:
    """Names and values: an object where every name is plain and stands once, else a list of pairs.

    Parameters
    ----------
    repeats: whether a name given twice is sent twice; otherwise the last one counts.
    """
    if is_expression(entries):
        return entries
    named = [entry for entry in entries or [] if isinstance(entry, Mapping) and entry.get("name") not in (None, "")]
    names = [entry["name"] for entry in named]
    is_plain = not any(is_expression(name) for name in names)
    if is_plain and (not repeats or len(set(names)) == len(names)):
        return {str(entry["name"]): entry.get("value", "") for entry in named}
    return [{"name": entry["name"], "value": entry.get("value", "")} for entry in named]


def _json_text(value: Any, default: Any = None) -> Any:
    return default if value is None or value == "" else value


def _seconds(value: Any) -> Any:
    """Milliseconds as seconds; an expression is divided where it stands."""
    if is_expression(value):
        inner = str(value).strip()
        if inner.startswith("={{") and inner.endswith("}}") and inner.count("{{") == 1:
            return f"={{{{ ({inner[3:-2].strip()}) / 1000 }}}}"
        return value
    try:
        return float(value) / 1000
    except (TypeError, ValueError):
        return 0.0


def _new(source: ImportedNode) -> Imported:
    auth = _n8n_auth.convert(source)
    warnings = list(auth.warnings)
    parameters: dict[str, Any] = {
        "method": source.get("method", default="GET"),
        "url": source.get("url", default=""),
        **auth.parameters,
    }
    if _is_on(source.get("sendQuery"), warnings, "sendQuery"):
        parameters["query"] = _key_values(source, "specifyQuery", "queryParameters", "jsonQuery", source.version >= 4.3)
    if _is_on(source.get("sendHeaders"), warnings, "sendHeaders"):
        parameters["headers"] = _key_values(source, "specifyHeaders", "headerParameters", "jsonHeaders", False)
    if _is_on(source.get("sendBody"), warnings, "sendBody"):
        parameters["body"] = _new_body(source)
    options = source.get("options", default={}) or {}
    parameters |= _common_options(options)
    batch = source.get("options", "batching", "batch")
    if isinstance(batch, Mapping):
        size = batch.get("batchSize", 50)
        parameters["batching"] = {
            "size": size if is_expression(size) or size > 0 else 1,
            "interval": _seconds(batch.get("batchInterval", 1000)),
        }
    parameters["redirects"] = _new_redirects(source)
    parameters["response"] = _new_response(source)
    pagination = source.get("options", "pagination", "pagination")
    if isinstance(pagination, Mapping):
        parameters["pagination"] = _pagination(pagination)
    return Imported(
        {key: value for key, value in parameters.items() if value not in ({}, None)},
        warnings=tuple(warnings),
        credentials=auth.credentials,
    )


def _is_on(value: Any, warnings: list[str], name: str) -> bool:
    if is_expression(value):
        warnings.append(f"'{name}' is an expression; it is taken as true.")
        return True
    return value is True


def _key_values(source: ImportedNode, how: str, listed: str, text: str, repeats: bool) -> Any:
    if source.get(how, default="keypair") == "json":
        return _json_text(source.get(text), {})
    return fields_of(source.get(listed, "parameters", default=[]), repeats=repeats)


def _new_body(source: ImportedNode) -> dict[str, Any]:
    kind = _BODY_KINDS.get(str(source.get("contentType", default="json")), "json")
    body: dict[str, Any] = {"kind": kind}
    if kind == "text":
        body |= {"content": source.get("body", default=""), "content_type": source.get("rawContentType", default="")}
    elif kind == "binary":
        body["attachment"] = source.get("inputDataFieldName", default="")
    elif kind == "multipart":
        body["fields"] = _parts(source.get("bodyParameters", "parameters", default=[]))
    elif kind == "json" and source.get("specifyBody", default="keypair") == "json":
        body["content"] = _json_text(source.get("jsonBody"), {})
    elif kind == "form" and source.get("specifyBody", default="keypair") == "string":
        body["content"] = source.get("body", default="")
    else:
        body["fields"] = fields_of(source.get("bodyParameters", "parameters", default=[]), repeats=False)
        if kind == "json" and source.version >= 4:
            body["nested"] = True
    return body


def _parts(entries: Sequence[Any]) -> list[dict[str, Any]]:
    parts = []
    for entry in entries:
        if entry.get("name") in (None, ""):
            continue
        part = {"name": entry["name"], "value": entry.get("value", "")}
        if entry.get("parameterType") == "formBinaryData":
            part = {"name": entry["name"], "file": entry.get("inputDataFieldName", "")}
        parts.append(part)
    return parts


def _common_options(options: Mapping[str, Any]) -> dict[str, Any]:
    parameters: dict[str, Any] = {}
    if options.get("queryParameterArrays"):
        parameters["query_arrays"] = options["queryParameterArrays"]
    if options.get("allowUnauthorizedCerts"):
        parameters["ignore_tls"] = options["allowUnauthorizedCerts"]
    if options.get("proxy"):
        parameters["proxy"] = options["proxy"]
    if options.get("timeout"):
        parameters["timeout"] = _seconds(options["timeout"])
    if options.get("lowercaseHeaders") is False or is_expression(options.get("lowercaseHeaders")):
        parameters["lowercase_headers"] = options["lowercaseHeaders"]
    return parameters


def _new_redirects(source: ImportedNode) -> dict[str, Any]:
    given = source.get("options", "redirect", "redirect")
    follows = given.get("followRedirects", source.version >= 4) if isinstance(given, Mapping) else source.version >= 4
    redirects: dict[str, Any] = {}
    if not follows:
        redirects["follow"] = "never"
    elif isinstance(given, Mapping) and given.get("maxRedirects") is not None:
        redirects["limit"] = given["maxRedirects"]
    sends = source.get("options", "sendCredentialsOnCrossOriginRedirect", default=source.version < 4.4)
    if follows and sends is not False:
        redirects["send_credentials"] = sends
    return redirects


def _new_response(source: ImportedNode) -> dict[str, Any]:
    given = source.get("options", "response", "response", default={})
    response: dict[str, Any] = {}
    kind = given.get("responseFormat", "autodetect")
    if kind != "autodetect":
        response["format"] = _FORMATS.get(kind, kind)
    if given.get("outputPropertyName"):
        response["field"] = given["outputPropertyName"]
    if given.get("fullResponse"):
        response["full"] = given["fullResponse"]
    if given.get("neverError"):
        response["never_error"] = given["neverError"]
    return response


def _pagination(given: Mapping[str, Any]) -> dict[str, Any]:
    mode = given.get("paginationMode", "updateAParameterInEachRequest")
    if mode == "off":
        return {}
    pagination: dict[str, Any] = {"mode": "parameter"}
    if mode == "responseContainsNextURL":
        pagination = {"mode": "next_url", "next_url": given.get("nextURL", "")}
    else:
        entries = given.get("parameters", {}).get("parameters", [])
        pagination["parameters"] = [
            {"place": _PLACES.get(entry.get("type", "qs"), "query"), "name": entry.get("name", ""),
             "value": entry.get("value", "")}
            for entry in entries
        ]  # fmt: skip
    until = given.get("paginationCompleteWhen", "responseIsEmpty")
    if until == "receiveSpecificStatusCodes":
        pagination |= {"until": "status", "status_codes": str(given.get("statusCodesWhenComplete", ""))}
    elif until == "other":
        pagination |= {"until": "expression", "complete": given.get("completeExpression", "")}
    limit = given.get("maxRequests", 100) if given.get("limitPagesFetched") else None
    pagination["max_requests"] = limit
    if given.get("requestInterval"):
        pagination["interval"] = _seconds(given["requestInterval"])
    return pagination


def _old(source: ImportedNode) -> Imported:
    auth = _n8n_auth.convert(source)
    options = source.get("options", default={}) or {}
    parameters: dict[str, Any] = {
        "method": source.get("requestMethod", default="GET"),
        "url": source.get("url", default=""),
        **auth.parameters,
        "query": _old_fields(source, "queryParametersJson", "queryParametersUi"),
        "headers": _old_fields(source, "headerParametersJson", "headerParametersUi"),
        "body": _old_body(source, options),
        **_common_options(options),
    }
    if source.get("allowUnauthorizedCerts"):
        parameters["ignore_tls"] = source.get("allowUnauthorizedCerts")
    size = options.get("batchSize")
    if size is not None:
        parameters["batching"] = {
            "size": size if is_expression(size) or size > 0 else 1,
            "interval": _seconds(options.get("batchInterval", 1000)),
        }
    if options.get("followRedirect") is False and not options.get("followAllRedirects"):
        parameters["redirects"] = {"follow": "never"}
    else:
        parameters["redirects"] = {
            "follow": "always" if options.get("followAllRedirects") else "get", "send_credentials": True,
        }  # fmt: skip
    parameters["response"] = _old_response(source, options)
    return Imported(
        {key: value for key, value in parameters.items() if value not in ({}, None)},
        warnings=auth.warnings,
        credentials=auth.credentials,
    )


def _old_fields(source: ImportedNode, text: str, listed: str) -> Any:
    if source.get("jsonParameters"):
        return _json_text(source.get(text), {})
    return fields_of(source.get(listed, "parameter", default=[]), repeats=False)


def _old_body(source: ImportedNode, options: Mapping[str, Any]) -> dict[str, Any]:
    method = source.get("requestMethod", default="GET")
    if method in ("GET", "HEAD", "OPTIONS"):
        return {}
    kind = _BODY_KINDS.get(str(options.get("bodyContentType", "json")), "json")
    mime_type = options.get("bodyContentCustomMimeType", "")
    if source.get("sendBinaryData"):
        names = str(source.get("binaryPropertyName", default="data"))
        if kind == "multipart":
            return {"kind": kind, "fields": _old_parts(source, names)}
        return {"kind": "binary", "attachment": names, "content_type": mime_type}
    fields = _old_fields(source, "bodyParametersJson", "bodyParametersUi")
    if kind == "text":
        return {"kind": "text", "content": source.get("bodyParametersJson", default=""), "content_type": mime_type}
    if fields == {} and not source.get("jsonParameters"):
        return {}
    if source.get("jsonParameters") and kind in ("json", "form"):
        return {"kind": kind, "content": fields}
    return {"kind": kind, "fields": fields}


def _old_parts(source: ImportedNode, names: str) -> list[dict[str, Any]]:
    """Attachments named ``field:attachment``, separated by commas, and the other fields."""
    parts: list[dict[str, Any]] = []
    for entry in names.split(","):
        field, _, attachment = entry.strip().rpartition(":")
        parts.append({"name": field or attachment, "file": attachment})
    fields = fields_of(source.get("bodyParametersUi", "parameter", default=[]), repeats=True)
    if isinstance(fields, dict):
        fields = [{"name": name, "value": value} for name, value in fields.items()]
    return parts + (fields if isinstance(fields, list) else [])


def _old_response(source: ImportedNode, options: Mapping[str, Any]) -> dict[str, Any]:
    kind = source.get("responseFormat", default="json")
    return {
        "format": _FORMATS.get(kind, kind),
        "field": source.get("dataPropertyName", default="data"),
        "full": options.get("fullResponse", False),
        "never_error": options.get("ignoreResponseCode", False),
        "split": options.get("splitIntoItems", False),
    }

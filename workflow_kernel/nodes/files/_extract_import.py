"""Turns n8n's nodes that read files' contents into ``files.extract_from_file``."""

from __future__ import annotations

from typing import Any

from workflow_kernel.sdk import Imported, ImportedNode

_FORMATS = {
    "csv": "csv", "html": "html", "fromIcs": "ics", "fromJson": "json", "ods": "ods", "pdf": "pdf", "rtf": "rtf",
    "text": "text", "xml": "xml", "xls": "xls", "xlsx": "xlsx", "binaryToPropery": "base64",
}  # fmt: skip
_KEEP = {"json": "json", "binary": "file", "both": "both"}
_OPTIONS = {
    "delimiter": "delimiter", "headerRow": "header_row", "fromLine": "from_line", "maxRowCount": "max_rows",
    "includeEmptyCells": "include_empty", "relaxQuotes": "relax_quotes", "sheetName": "sheet", "range": "range",
    "rawData": "raw", "joinPages": "join_pages", "maxPages": "max_pages", "password": "password",
    "encoding": "encoding",
}  # fmt: skip
_PDF_LIBRARY = "5.3.31"
"""n8n gives the version of its PDF library with every file; workflows that compare whole items see it."""


def from_extract_from_file(source: ImportedNode) -> Imported:
    """The parameters for n8n's Extract from File."""
    options: dict[str, Any] = source.get("options", default={})
    format_ = _FORMATS.get(source.get("operation", default="csv"), "csv")
    parameters: dict[str, Any] = {"format": format_, "file": source.get("binaryPropertyName", default="data")}
    parameters |= _options(options)
    if options.get("keepSource"):
        parameters["keep"] = _KEEP.get(options["keepSource"], options["keepSource"])
    if format_ in ("json", "text", "xml", "ics", "base64"):
        parameters["output_field"] = source.get("destinationKey", default="data")
        parameters["strip_bom"] = options.get("stripBOM", True)
        parameters.setdefault("encoding", "utf-8")
    elif format_ == "pdf":
        parameters["version_label"] = _PDF_LIBRARY
    else:
        parameters |= _tables(format_, options)
    return Imported(parameters)


def from_spreadsheet_file(source: ImportedNode) -> Imported:
    """The parameters for either direction of n8n's Spreadsheet File."""
    options: dict[str, Any] = source.get("options", default={})
    if source.get("operation", default="fromFile") == "toFile":
        from workflow_kernel.nodes.files._convert_import import spreadsheet_to_file

        return spreadsheet_to_file(source)
    format_ = source.get("fileFormat", default="autodetect") if source.version >= 2 else "autodetect"
    format_ = _FORMATS.get(format_, "spreadsheet")
    parameters: dict[str, Any] = {"format": format_, "file": source.get("binaryPropertyName", default="data")}
    parameters |= _options(options) | _tables(format_, options, source.version >= 2)
    return Imported(parameters)


def from_read_pdf(source: ImportedNode) -> Imported:
    """The parameters for n8n's Read PDF."""
    password = source.get("password", default="") if source.get("encrypted") else ""
    return Imported(
        {
            "format": "pdf", "file": source.get("binaryPropertyName", default="data"), "password": password,
            "keep": "file", "version_label": _PDF_LIBRARY,
        }
    )  # fmt: skip


def from_move_binary_data(source: ImportedNode) -> Imported:
    """The parameters for either direction of n8n's Convert to/from binary data."""
    options: dict[str, Any] = source.get("options", default={})
    if source.get("mode", default="binaryToJson") == "jsonToBinary":
        from workflow_kernel.nodes.files._convert_import import json_to_binary

        return json_to_binary(source)
    parameters: dict[str, Any] = {
        "file": source.get("sourceKey", default="data"), "encoding": options.get("encoding", "utf-8"),
        "strip_bom": options.get("stripBOM", source.version >= 1.1), "skip_missing": True,
    }  # fmt: skip
    if source.get("setAllData", default=True):
        parameters |= {"format": "json", "output_field": ""}
        parameters["keep"] = "file" if options.get("keepSource") else "nothing"
        return Imported(parameters)
    parameters["output_field"] = source.get("destinationKey", default="data")
    parameters["format"] = "base64" if options.get("keepAsBase64") else "text"
    parameters["parse_json"] = options.get("jsonParse", False)
    parameters["keep"] = "both" if options.get("keepSource") else "json"
    return Imported(parameters)


def _options(options: dict[str, Any]) -> dict[str, Any]:
    found = {ours: options[theirs] for theirs, ours in _OPTIONS.items() if options.get(theirs) is not None}
    if "range" in found:
        found["range"] = str(found["range"])
    return found


def _tables(format_: str, options: dict[str, Any], has_text_csv: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {"dates": "serial"}
    if format_ == "csv" or has_text_csv:
        found |= {"strip_bom": options.get("enableBOM", False), "encoding": options.get("encoding", "utf-8")}
        found["typed_csv"] = False
        skipping = (options.get("skipRecordsWithErrors") or {}).get("value") or {}
        if skipping.get("enabled"):
            found["max_broken"] = skipping.get("maxSkippedRecords", -1)
        if not options.get("includeEmptyCells"):
            # n8n drops the empty values of a record by making an object of it.
            found["rows_as"] = "object"
    return found

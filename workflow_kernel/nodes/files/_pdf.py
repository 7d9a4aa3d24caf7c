"""Text and facts of PDF files. The node that extracts from files calls this."""

from __future__ import annotations

import io
import re
from typing import Any

from workflow_kernel.sdk import NodeError

_FACTS = ("Title", "Author", "Subject", "Keywords", "Creator", "Producer", "CreationDate", "ModDate", "Trapped")


def read_pdf(data: bytes, *, password: str, max_pages: int, join_pages: bool, version: str) -> dict[str, Any]:
    """Page counts, document facts and text of a PDF file.

    Parameters
    ----------
    data: the file.
    password: empty where it has none.
    max_pages: 0 reads all.
    join_pages: one text for all pages rather than a list.
    version: given as ``version`` where not empty.
    """
    import pypdf
    from pypdf.errors import PyPdfError

    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(password):
            raise NodeError(
                "The PDF file is protected by a password."
                if not password
                else "The password of the PDF file is wrong.",
                mend="Set 'password' under the options.",
            )
        total = len(reader.pages)
        count = min(total, max_pages) if max_pages > 0 else total
        pages = [_tidy(reader.pages[number].extract_text()) for number in range(count)]
        found: dict[str, Any] = {"numpages": total, "numrender": count, "info": _info(reader)}
        metadata = _metadata(reader)
    except (PyPdfError, ValueError, KeyError, RecursionError) as error:
        raise NodeError(f"The PDF file cannot be read: {error}", mend="Check that it is a whole PDF file.") from error
    if metadata:
        found["metadata"] = metadata
    found["text"] = "\n\n".join(pages) if join_pages else pages
    if version:
        found["version"] = version
    return found


def _tidy(text: str) -> str:
    """A page's text without spaces at the ends of lines and without empty ones, as fonts leave them behind."""
    lines = (re.sub(r"[ \t\xa0]+$", "", line) for line in text.splitlines())
    return "\n".join(line for line in lines if line).strip()


def _info(reader: Any) -> dict[str, Any]:
    root = reader.trailer["/Root"]
    form = root.get("/AcroForm")
    form = form.get_object() if form is not None else None
    language = root.get("/Lang")
    encryption = reader.trailer.get("/Encrypt")
    name = str(encryption.get_object().get("/Filter", "")).lstrip("/") if encryption is not None else None
    info: dict[str, Any] = {
        "PDFFormatVersion": str(root.get("/Version", "")).lstrip("/") or reader.pdf_header.removeprefix("%PDF-"),
        "Language": str(language) if language is not None else None,
        "EncryptFilterName": name,
        "IsLinearized": _is_linearized(reader),
        "IsAcroFormPresent": bool(form and form.get("/Fields")),
        "IsXFAPresent": bool(form and form.get("/XFA")),
        "IsCollectionPresent": "/Collection" in root,
        "IsSignaturesPresent": bool(form and int(form.get("/SigFlags", 0)) & 1),
    }
    raw = reader.trailer.get("/Info")
    raw = raw.get_object() if raw is not None else {}
    for key in raw:
        fact = str(key).lstrip("/")
        if fact in _FACTS:
            value = raw[key]
            info[fact] = value.lstrip("/") if fact == "Trapped" else str(value)
    return info


def _is_linearized(reader: Any) -> bool:
    reader.stream.seek(0)
    return b"/Linearized" in reader.stream.read(1024)


def _metadata(reader: Any) -> dict[str, str]:
    """The plain values of the XMP block, named as ``dc:title``."""
    try:
        xmp = reader.xmp_metadata
        description = list(xmp.get_nodes_in_namespace("", "*")) if xmp is not None else []
        if xmp is not None:
            description = [
                node
                for block in xmp.rdf_root.getElementsByTagNameNS(
                    "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "Description"
                )
                for node in block.childNodes
                if node.nodeType == node.ELEMENT_NODE
            ]
    except Exception:
        return {}
    return {node.nodeName.lower(): _node_text(node).strip() for node in description}


def _node_text(node: Any) -> str:
    return "".join(
        child.data if child.nodeType in (child.TEXT_NODE, child.CDATA_SECTION_NODE) else _node_text(child)
        for child in node.childNodes
    )

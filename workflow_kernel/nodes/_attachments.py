"""Attachments of items: finding them, making them, and telling what kind of file some bytes are.

The kind is told by the name, else by the first bytes, else it is text. The tables are our own where the machine's
would differ from one installation to the next.
"""

from __future__ import annotations

import codecs
import mimetypes
from collections.abc import Iterable
from pathlib import PurePosixPath

from workflow_kernel.sdk import Binary, Context, Item, NodeError

_TYPES = {
    "7z": "application/x-7z-compressed", "avi": "video/x-msvideo", "bin": "application/octet-stream",
    "bmp": "image/bmp", "bz2": "application/x-bzip2", "css": "text/css", "csv": "text/csv", "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "epub": "application/epub+zip",
    "gif": "image/gif", "gz": "application/gzip", "heic": "image/heic", "htm": "text/html", "html": "text/html",
    "ico": "image/vnd.microsoft.icon", "ics": "text/calendar", "ipynb": "application/x-ipynb+json",
    "jpeg": "image/jpeg", "jpg": "image/jpeg", "js": "text/javascript", "json": "application/json",
    "jsonl": "application/jsonl", "md": "text/markdown", "mjs": "text/javascript", "mov": "video/quicktime",
    "mp3": "audio/mpeg", "mp4": "video/mp4", "mpeg": "video/mpeg",
    "ods": "application/vnd.oasis.opendocument.spreadsheet", "odt": "application/vnd.oasis.opendocument.text",
    "ogg": "audio/ogg", "parquet": "application/vnd.apache.parquet", "pdf": "application/pdf", "png": "image/png",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation", "py": "text/x-python",
    "rar": "application/vnd.rar", "rtf": "application/rtf", "svg": "image/svg+xml", "tar": "application/x-tar",
    "tif": "image/tiff", "tiff": "image/tiff", "tsv": "text/tab-separated-values", "txt": "text/plain",
    "wav": "audio/wav", "webm": "video/webm", "webp": "image/webp", "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xml": "application/xml",
    "yaml": "text/yaml", "yml": "text/yaml", "zip": "application/zip", "zst": "application/zstd",
}  # fmt: skip
_EXTENSIONS = {mime: extension for extension, mime in reversed(_TYPES.items())} | {
    "image/jpeg": "jpg", "text/html": "html", "text/javascript": "js", "text/yaml": "yml", "text/xml": "xml",
    "application/x-gzip": "gz", "image/tiff": "tif", "audio/x-wav": "wav",
}  # fmt: skip
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"),
    (b"%PDF", "application/pdf"), (b"\x1f\x8b", "application/gzip"), (b"PAR1", "application/vnd.apache.parquet"),
    (b"{\\rtf", "application/rtf"), (b"BM", "image/bmp"), (b"II*\x00", "image/tiff"), (b"MM\x00*", "image/tiff"),
    (b"OggS", "audio/ogg"), (b"ID3", "audio/mpeg"), (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"BZh", "application/x-bzip2"), (b"Rar!", "application/vnd.rar"), (b"(\xb5/\xfd", "application/zstd"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-cfb"), (b"<?xml ", "application/xml"),
)  # fmt: skip
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_ENCODINGS = {
    "utf8": "utf-8",
    "utf16le": "utf-16-le",
    "ucs2": "utf-16-le",
    "binary": "latin-1",
    "utf16": "utf-16",
    "macintosh": "mac_roman",
}


def attachment(item: Item, name: str) -> Binary:
    """An item's attachment by name; raises ``NodeError`` naming those there are."""
    found = (item.binary or {}).get(name)
    if found is None:
        known = ", ".join(f"'{key}'" for key in item.binary or {}) or "none"
        raise NodeError(f"The item has no attachment '{name}'.", mend=f"Its attachments: {known}.")
    return found


def attach(ctx: Context, data: bytes, *, name: str | None = None, mime_type: str | None = None) -> Binary:
    """Keep bytes as an attachment; see :func:`describe` for what is told about them."""
    return describe(ctx.blobs.put(data), len(data), data[:4100], name=name, mime_type=mime_type)


def attach_stream(ctx: Context, chunks: Iterable[bytes], *, name: str | None, mime_type: str | None = None) -> Binary:
    """The same for bytes that come in pieces and are never held all at once."""
    head = bytearray()

    def passed() -> Iterable[bytes]:
        for chunk in chunks:
            if len(head) < 4100:
                head.extend(chunk[:4100])
            yield chunk

    digest, size = ctx.blobs.put_stream(passed())
    return describe(digest, size, bytes(head), name=name, mime_type=mime_type)


def describe(digest: str, size: int, head: bytes, *, name: str | None, mime_type: str | None = None) -> Binary:
    """An attachment with its type told by the given type, else the name, else the first bytes."""
    path = PurePosixPath((name or "").partition("?")[0])
    extension = path.suffix.lstrip(".")
    mime = mime_type or type_by_name(path.name) or type_by_content(head) or "text/plain"
    if not extension:
        extension = extension_of(mime)
    own = None if path.name in ("", "..") else path.name
    return Binary(digest, mime, own, extension or None, size)


def type_by_name(name: str) -> str | None:
    """The media type a file name's extension stands for, None when nobody knows it."""
    extension = PurePosixPath(name).suffix.lstrip(".").lower()
    return _TYPES.get(extension) or (mimetypes.guess_type(f"a.{extension}", strict=False)[0] if extension else None)


def type_by_content(head: bytes) -> str | None:
    """The media type the first bytes of a file show, None when they show none."""
    for signature, mime in _SIGNATURES:
        if head.startswith(signature):
            return mime
    if head.startswith(b"PK\x03\x04"):
        return _zipped(head)
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}.get(head[8:12])
    if head[4:8] == b"ftyp":
        return "video/quicktime" if head[8:10] == b"qt" else "video/mp4"
    return None


def extension_of(mime_type: str) -> str:
    """The usual extension of a media type, without a dot; empty when nobody knows one."""
    mime = mime_type.partition(";")[0].strip().lower()
    return _EXTENSIONS.get(mime) or (mimetypes.guess_extension(mime, strict=False) or "").lstrip(".")


def kind_of(mime_type: str) -> str:
    """What a media type is in general: image, audio, video, text, pdf, json, html; empty for anything else."""
    for start, kind in (("application/json", "json"), ("text/html", "html"), ("application/pdf", "pdf")):
        if mime_type.startswith(start):
            return kind
    kind = mime_type.partition("/")[0]
    if kind in ("image", "audio", "video"):
        return kind
    return "text" if kind == "text" or mime_type.startswith("application/javascript") else ""


def decode(data: bytes, encoding: str = "utf-8", *, strip_bom: bool = True) -> str:
    """The text some bytes hold; ``auto`` looks at the byte order mark and tries UTF-8 before Latin 1."""
    if encoding == "auto":
        marked = next((name for mark, name in _BOMS if data.startswith(mark)), None)
        try:
            text = data.decode(marked or "utf-8")
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
    else:
        text = data.decode(codec(encoding), "replace")
    return text.removeprefix("\ufeff") if strip_bom else text


def encode(text: str, encoding: str = "utf-8", *, add_bom: bool = False) -> bytes:
    """The bytes of a text in an encoding, after a byte order mark where asked for."""
    return (("\ufeff" if add_bom else "") + text).encode(codec(encoding), "replace")


def codec(encoding: str) -> str:
    """Python's name of an encoding; raises ``NodeError`` for one nobody knows."""
    plain = encoding.lower().replace("-", "")
    name = _ENCODINGS.get(plain) or (f"cp{plain[3:]}" if plain.startswith("win") and plain[3:].isdigit() else encoding)
    try:
        found = codecs.lookup(name).name
        "".encode(found, "replace")  # some are no text encodings, and some know no replacement
        b"".decode(found, "replace")
        "\ufeff.x".encode(found, "replace")
    except (LookupError, ValueError) as error:
        raise NodeError(f"'{encoding}' is no text encoding.", mend="Use one such as utf-8 or latin1.") from error
    return found


def _zipped(head: bytes) -> str:
    for sign, extension in ((b"xl/", "xlsx"), (b"word/", "docx"), (b"ppt/", "pptx")):
        if sign in head:
            return _TYPES[extension]
    start = head.find(b"mimetype")
    if 0 < start < 60:
        declared = head[start + 8 : start + 80]
        for extension in ("ods", "odt", "epub"):
            if declared.startswith(_TYPES[extension].encode()):
                return _TYPES[extension]
    return _TYPES["zip"]

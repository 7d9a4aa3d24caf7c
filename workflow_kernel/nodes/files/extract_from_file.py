"""Extract from file: turns an attachment into items or into a field."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from workflow_kernel.nodes import _attachments as attachments
from workflow_kernel.nodes._paths import set_path
from workflow_kernel.nodes.files import _extract_import, _pdf, _read_tables, _tables
from workflow_kernel.nodes.files._calendars import read_calendar
from workflow_kernel.sdk import Binary, Context, Field, Item, NodeError, NodeType, node

Format = Literal[
    "csv", "xlsx", "xls", "ods", "spreadsheet", "html", "rtf", "parquet", "json", "text", "xml", "ics", "pdf", "base64"
]  # fmt: skip
_TABLES = ["csv", "xlsx", "xls", "ods", "spreadsheet", "html", "rtf", "parquet"]
_SHEETS = ["xlsx", "xls", "ods", "spreadsheet", "html", "rtf"]
_FIELDS = ["json", "text", "xml", "ics", "base64"]


@node(
    "files.extract_from_file",
    title="Extract from file",
    imports={
        "n8n-nodes-base.extractFromFile": _extract_import.from_extract_from_file,
        "n8n-nodes-base.spreadsheetFile": _extract_import.from_spreadsheet_file,
        "n8n-nodes-base.readPDF": _extract_import.from_read_pdf,
        "n8n-nodes-base.moveBinaryData": _extract_import.from_move_binary_data,
    },
    where="thread",
    icon="file-output",
    keywords=("csv", "excel", "xlsx", "pdf", "json", "parse", "read", "spreadsheet", "parquet"),
)
class ExtractFromFile(NodeType):
    """Reads an attachment: rows of a table become items, other content becomes a field."""

    format: Format = Field("csv", description="What the file holds; 'spreadsheet' tells which kind by itself.")
    file: str = Field("data", description="Name of the attachment to read.")
    output_field: str = Field(
        "data", description="Field that gets the content; empty puts an object's fields into the item.",
        show={"format": _FIELDS},
    )  # fmt: skip
    keep: Literal["nothing", "json", "file", "both"] = Field(
        "nothing",
        section="Options",
        description="What of the item stays besides the result.",
    )
    encoding: str = Field(
        "auto",
        section="Options",
        description="Encoding of the text.",
        show={"format": ["csv", "html", "rtf", *_FIELDS]},
    )
    strip_bom: bool = Field(True, section="Options", description="Take a byte order mark away.")
    delimiter: str = Field(",", section="Options", description="Character between values.", show={"format": "csv"})
    header_row: bool = Field(
        True, section="Options", description="The first row names the columns.", show={"format": _TABLES}
    )
    from_line: int = Field(1, section="Options", description="Line to begin at.", show={"format": "csv"})
    max_rows: int = Field(-1, section="Options", description="Rows to read; -1 is all.", show={"format": _TABLES})
    include_empty: bool = Field(
        False, section="Options", description="Give empty cells as empty texts.", show={"format": _TABLES}
    )
    relax_quotes: bool = Field(
        False, section="Options", description="Accept quotes in the midst of values.", show={"format": "csv"}
    )
    max_broken: int = Field(
        0, ge=-1, section="Options",
        description="How many records with too many or too few values may be left out; -1 is any number.",
        show={"format": "csv"},
    )  # fmt: skip
    sheet: str = Field(
        "", section="Options", description="Name of the sheet; empty is the first.", show={"format": _SHEETS}
    )
    range: str = Field(
        "", section="Options", description="Cells to read, as A1:C10, or a number of rows to skip.",
        show={"format": _SHEETS},
    )  # fmt: skip
    raw: bool = Field(
        False, section="Options", description="Leave the values of text formats as text.", show={"format": _SHEETS}
    )
    dates: Literal["iso", "serial"] = Field(
        "iso", section="Options", description="Give dates as ISO text or as Excel's day numbers.",
        show={"format": _SHEETS},
    )  # fmt: skip
    rows_as: Literal["list", "object"] = Field(
        "list", section="Options", description="Give rows without header as lists, or as objects by position.",
        show={"header_row": False},
    )  # fmt: skip
    parse_json: bool = Field(
        False, section="Options", description="Read a text as JSON where it is some.", show={"format": "text"}
    )
    typed_csv: bool = Field(
        True, section="Options", description="Tell numbers and truth values in CSV files from text.",
        show={"format": "spreadsheet"},
    )  # fmt: skip
    password: str = Field(
        "", section="Options", description="Password of the file.", secret=True, show={"format": "pdf"}
    )
    max_pages: int = Field(0, ge=0, section="Options", description="Pages to read; 0 is all.", show={"format": "pdf"})
    join_pages: bool = Field(
        True, section="Options", description="One text for all pages rather than a list.", show={"format": "pdf"}
    )
    skip_missing: bool = Field(False, section="Options", description="Leave out items that lack the attachment.")
    version_label: str = Field(
        "", section="Options", description="Text to give as 'version' besides.", show={"format": "pdf"}
    )

    def run(self, item: Item, ctx: Context) -> list[Item]:
        """Read the attachment of one item."""
        if self.skip_missing and self.file not in (item.binary or {}):
            return []
        binary = attachments.attachment(item, self.file)
        if self.format in _TABLES:
            kept = dict(item.json) if self.keep in ("json", "both") else {}
            files = item.binary if self.keep in ("file", "both") else None
            return [Item({**kept, **row} if kept else row, files) for row in self._rows(binary, ctx)]
        return [self._whole(item, binary, ctx)]

    def _whole(self, item: Item, binary: Binary, ctx: Context) -> Item:
        base = dict(item.json) if self.keep in ("json", "both") else {}
        if self.format == "pdf":
            found = _pdf.read_pdf(
                ctx.read(binary), password=self.password, max_pages=self.max_pages, join_pages=self.join_pages,
                version=self.version_label,
            )  # fmt: skip
            return Item({**base, **found}, item.binary if self.keep in ("file", "both") else None)
        value = self._content(ctx.read(binary))
        if self.output_field:
            set_path(base, self.output_field, value)
        elif isinstance(value, dict):
            base |= value
        else:
            raise NodeError("The file holds no object.", mend="Name the field that gets the content.")
        if self.keep in ("file", "both"):
            return Item(base, item.binary)
        return Item(base, {name: other for name, other in (item.binary or {}).items() if name != self.file} or None)

    def _content(self, data: bytes) -> Any:
        if self.format == "base64":
            return base64.b64encode(data).decode()
        text = attachments.decode(data, self.encoding, strip_bom=self.strip_bom)
        if self.format == "ics":
            return read_calendar(text)
        if self.format == "json" or self.parse_json:
            try:
                return json.loads(text) if text else {}
            except (ValueError, RecursionError) as error:
                if self.parse_json:
                    return text
                raise NodeError(f"The file is not valid JSON: {error}", mend="Read it as text instead.") from error
        return text

    def _rows(self, binary: Binary, ctx: Context) -> Iterator[dict[str, Any]]:
        data = ctx.read(binary)
        kind = self._kind(binary, data)
        rows: Iterable[dict[str, Any]]
        if kind == "parquet":
            rows = _read_tables.parquet_rows(data)
        elif kind == "csv" and (self.format == "csv" or not self.typed_csv):
            rows = self._csv(data)
        else:
            rows = self._sheet(kind, data)
        for number, row in enumerate(rows):
            if 0 <= self.max_rows <= number:
                return
            yield row

    def _kind(self, binary: Binary, data: bytes) -> str:
        if self.format != "spreadsheet":
            return "sheet" if self.format in ("xlsx", "xls", "ods") else self.format
        if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
            return "sheet"
        if data.startswith(b"PAR1"):
            return "parquet"
        if data.startswith(b"{\\rtf"):
            return "rtf"
        head = data[:1000].lstrip().lower()
        return "html" if head.startswith(b"<") and b"<" in head[1:] else "csv"

    def _csv(self, data: bytes) -> Iterator[dict[str, Any]]:
        text = attachments.decode(data, self.encoding, strip_bom=self.strip_bom)
        records = _read_tables.csv_records(
            text, delimiter=self.delimiter, relax_quotes=self.relax_quotes, skip_lines=max(0, self.from_line - 1)
        )
        if not self.header_row:
            for record in records:
                yield {"row": self._record(record)}
            return
        names = next(records, [])
        broken = 0
        for number, record in enumerate(records, start=self.from_line + 1):
            if len(record) != len(names):
                broken += 1
                if self.max_broken < 0 or broken <= self.max_broken:
                    continue
                raise NodeError(
                    f"Record {number} has {len(record)} values, but the header has {len(names)}.",
                    mend="Check the delimiter and the line.",
                )
            pairs = zip(names, record, strict=True)
            yield dict(pairs) if self.include_empty else {name: value for name, value in pairs if value != ""}

    def _record(self, record: list[str]) -> Any:
        if self.rows_as == "list":
            return record
        return {str(at): value for at, value in enumerate(record) if self.include_empty or value != ""}

    def _sheet(self, kind: str, data: bytes) -> Iterator[dict[str, Any]]:
        if kind == "sheet":
            is_area = bool(self.range) and not self.range.strip().isdigit()
            rows = _read_tables.sheet_rows(data, sheet=self.sheet, whole=is_area, serial_dates=self.dates == "serial")
        else:
            text = attachments.decode(data, self.encoding, strip_bom=True)
            read = {"csv": _read_tables.typed_csv, "html": _read_tables.html_rows}.get(kind)
            rows = (
                read(text, raw=self.raw, serial_dates=self.dates == "serial") if read else _read_tables.rtf_rows(text)
            )
        if self.range:
            rows = _tables.cut(rows, self.range)
        if self.header_row:
            yield from _tables.by_header(rows, empty="", keep_empty=self.include_empty)
            return
        for row in rows:
            cells = ["" if cell is None else cell for cell in row] if self.include_empty else row
            while cells and cells[-1] is None:
                cells = cells[:-1]
            yield {"row": cells}

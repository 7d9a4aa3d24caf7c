"""Writes tables to files: CSV, HTML, RTF, Excel, OpenDocument, Parquet. The node that converts to files calls this."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from workflow_kernel.sdk import NodeError
from workflow_kernel.sdk.convert_javascript import text_of

XLS_ROWS = 65_536


class Options(NamedTuple):
    """How a table is written: a header row, the CSV delimiter, a byte order mark, the sheet's name."""

    header: bool = True
    delimiter: str = ","
    add_bom: bool = True
    sheet: str = "Sheet"


class Grid(NamedTuple):
    """A table: the columns' names and the rows, a value for each column, None where a row has none."""

    names: list[str]
    rows: list[list[Any]]

    def all_rows(self, header: bool) -> Iterator[list[Any]]:
        """The rows, after the names where asked for."""
        if header:
            yield list(self.names)
        yield from self.rows


def grid(objects: Sequence[Mapping[str, Any]]) -> Grid:
    """A table from objects; nested ones become columns such as ``address.city``."""
    flat = [_flat(entry) for entry in objects]
    names = list(dict.fromkeys(name for entry in flat for name in entry))
    return Grid(names, [[entry.get(name) for name in names] for entry in flat])


def write(format_: str, table: Grid, options: Options) -> bytes:
    """The bytes of a file that holds the table."""
    return _WRITERS[format_](table, options)


def _flat(value: Mapping[str, Any]) -> dict[str, Any]:
    if not any(isinstance(inner, dict | list) for inner in value.values()):
        return dict(value)
    found: dict[str, Any] = {}
    for name, inner in value.items():
        if isinstance(inner, list):
            inner = {str(at): entry for at, entry in enumerate(inner)}
        if isinstance(inner, dict):
            found |= {f"{name}.{key}": entry for key, entry in _flat(inner).items()}
        else:
            found[name] = inner
    return found


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return text_of(value)


def _csv(table: Grid, options: Options) -> bytes:
    delimiter = "\t" if options.delimiter in ("\\t", "tab") else options.delimiter
    special = (delimiter, '"', "\n", "\r")

    def quoted(value: Any) -> str:
        text = _text(value)
        if any(sign in text for sign in special):
            return '"' + text.replace('"', '""') + '"'
        return text

    lines = [delimiter.join([quoted(value) for value in row]) for row in table.all_rows(options.header)]
    if lines and (lines[0] == "ID" or lines[0].startswith(f"ID{delimiter}")):
        lines[0] = f'"ID"{lines[0][2:]}'  # spreadsheets take a file that begins with a bare ID for another format
    return (("\ufeff" if options.add_bom else "") + "\n".join(lines)).encode(errors="replace")


def _html(table: Grid, options: Options) -> bytes:
    rows = []
    for number, row in enumerate(table.all_rows(options.header), start=1):
        cells = []
        for column, value in enumerate(row):
            place = f"sjs-{_column(column)}{number}"
            if value is None:
                cells.append(f'<td id="{place}"></td>')
                continue
            kind = "b" if isinstance(value, bool) else "n" if isinstance(value, int | float) else "s"
            cells.append(
                f'<td data-t="{kind}" data-v="{_escaped(text_of(value))}" id="{place}">{_escaped(_text(value))}</td>'
            )
        rows.append(f"<tr>{''.join(cells)}</tr>")
    head = '<html><head><meta charset="utf-8"/><title>SheetJS Table Export</title></head><body>'
    return f"{head}<table>{''.join(rows)}</table></body></html>".encode(errors="replace")


def _escaped(text: str) -> str:
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("'", "&apos;"), ('"', "&quot;")):
        text = text.replace(sign, entity)
    return text.replace("\n", "<br/>")


def _rtf(table: Grid, options: Options) -> bytes:
    parts = ["{\\rtf1\\ansi"]
    widths = "".join(f"\\cellx{number}" for number in range(1, len(table.names) + 1))
    for row in table.all_rows(options.header):
        cells = "".join(f" {_rtf_text(_text(value))}\\cell" if value is not None else " \\cell" for value in row)
        parts.append(f"\\trowd\\trautofit1{widths}\\pard\\intbl{cells}\\pard\\intbl\\row")
    return ("".join(parts) + "}").encode("ascii")


def _rtf_text(text: str) -> str:
    for sign in ("\\", "{", "}"):
        text = text.replace(sign, f"\\{sign}")
    text = text.replace("\r\n", "\n").replace("\n", "\\par ")
    units = text.encode("utf-16-le")
    codes = [units[at] | units[at + 1] << 8 for at in range(0, len(units), 2)]
    return "".join(chr(code) if code < 128 else f"\\u{code - 65536 if code > 32767 else code}?" for code in codes)


def _xlsx(table: Grid, options: Options) -> bytes:
    import openpyxl
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(options.sheet)
    for row in table.all_rows(options.header):
        sheet.append([ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value for value in row])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _xls(table: Grid, options: Options) -> bytes:
    import xlwt  # type: ignore[import-untyped]

    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet(options.sheet)
    for number, row in enumerate(table.all_rows(options.header)):
        if number >= XLS_ROWS or len(row) > 256:
            raise NodeError(
                f"The old Excel format holds {XLS_ROWS} rows and 256 columns at most.", mend="Write xlsx instead."
            )
        for column, value in enumerate(row):
            if value is not None:
                sheet.write(number, column, value)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _ods(table: Grid, options: Options) -> bytes:
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import Table, TableCell, TableRow
    from odf.text import P

    document = OpenDocumentSpreadsheet()
    sheet = Table(name=options.sheet)
    for row in table.all_rows(options.header):
        line = TableRow()
        for value in row:
            if value is None:
                line.addElement(TableCell())
                continue
            if isinstance(value, bool):
                cell = TableCell(valuetype="boolean", booleanvalue="true" if value else "false")
            elif isinstance(value, int | float):
                cell = TableCell(valuetype="float", value=value)
            else:
                cell = TableCell(valuetype="string")
            for paragraph in _text(value).split("\n"):
                cell.addElement(P(text=paragraph))
            line.addElement(cell)
        sheet.addElement(line)
    document.spreadsheet.addElement(sheet)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _parquet(table: Grid, options: Options) -> bytes:
    import pyarrow
    import pyarrow.parquet

    columns: dict[str, Any] = {}
    for at, name in enumerate(table.names):
        values = [row[at] for row in table.rows]
        try:
            columns[name] = pyarrow.array(values)
        except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError):
            columns[name] = pyarrow.array([None if value is None else _text(value) for value in values])
    sink = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), sink)
    return sink.getvalue()


def _column(number: int) -> str:
    text, number = "", number + 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text


_WRITERS: dict[str, Callable[[Grid, Options], bytes]] = {
    "csv": _csv, "html": _html, "rtf": _rtf, "xlsx": _xlsx, "xls": _xls, "ods": _ods, "parquet": _parquet,
}  # fmt: skip

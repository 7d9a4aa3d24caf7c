"""Reads rows of cells from files: CSV, HTML tables, RTF tables, Excel, OpenDocument, Parquet.

The node that extracts from files calls this; what rows become is in ``_tables``.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

from workflow_kernel.nodes.files._sheet_limits import check_size
from workflow_kernel.nodes.files._tables import Cells, plain, typed
from workflow_kernel.sdk import NodeError

_RTF_CONTROL = re.compile(
    r"\\u(-?\d+) ?\??|\\'([0-9a-fA-F]{2})|\\([a-z]+)(-?\d+)? ?|\\(.)|([{}])|[\r\n]|([^\\{}\r\n]+)"
)
_SKIPPED_RTF = frozenset(("fonttbl", "colortbl", "stylesheet", "info", "pict", "generator"))
_FIELD_LIMIT = 1 << 27
_MOST_MERGED = 2_000_000


def csv_records(
    text: str, *, delimiter: str = ",", relax_quotes: bool = False, skip_lines: int = 0
) -> Iterator[list[str]]:
    """The records of a CSV text; empty lines are left out."""
    if delimiter in ("\\t", "tab"):
        delimiter = "\t"
    if len(delimiter) != 1:
        raise NodeError(f"'{delimiter}' is no delimiter.", mend="Give a single character such as ',' or ';'.")
    csv.field_size_limit(_FIELD_LIMIT)
    lines = io.StringIO(text, newline="")
    for _ in range(skip_lines):
        if not lines.readline():
            break
    strict = not relax_quotes
    try:
        for record in csv.reader(lines, delimiter=delimiter, strict=strict):
            if record:
                yield record
    except csv.Error as error:
        raise NodeError(f"The CSV text is broken: {error}", mend="Check the delimiter and the quotes.") from error


def guess_delimiter(text: str) -> str:
    """The character that most often stands between values in the first lines."""
    head = text[:1024]
    if head[:4].lower() == "sep=":
        return head[4:5]
    return max(",\t;|", key=head.count)


def typed_csv(text: str, *, raw: bool, serial_dates: bool = False) -> Iterator[Cells]:
    """The records of a CSV text as a spreadsheet shows them: numbers and truth values are told from text."""
    for record in csv_records(text, delimiter=guess_delimiter(text), relax_quotes=True):
        yield [None if cell == "" else cell if raw else typed(cell, serial_dates=serial_dates) for cell in record]


def html_rows(text: str, *, raw: bool, serial_dates: bool = False) -> Iterator[Cells]:
    """The cells of the first table of an HTML page; merged cells stand where they begin."""
    from selectolax.lexbor import LexborHTMLParser

    table = LexborHTMLParser(text).css_first("table")
    if table is None:
        raise NodeError("The page has no table.", mend="Use the HTML node to take other content from a page.")
    taken: dict[tuple[int, int], None] = {}
    for number, row in enumerate(table.css("tr")):
        cells: Cells = []
        for cell in row.iter(include_text=False):
            if cell.tag not in ("td", "th"):
                continue
            while (number, len(cells)) in taken:
                cells.append(None)
            text = cell.text(deep=True).strip()
            width, height = _span(cell.attributes.get("colspan")), _span(cell.attributes.get("rowspan"))
            start = len(cells)
            if len(taken) + width * height > _MOST_MERGED:
                raise NodeError(
                    f"The merged cells of the table cover more than {_MOST_MERGED:,} places.",
                    mend="Check the rowspan and colspan of its cells.",
                )
            taken.update({(number + y, start + x): None for y in range(1, height) for x in range(width)})
            value = text if raw else typed(text, serial_dates=serial_dates)
            cells += [None if text == "" else value, *([None] * (width - 1))]
        yield cells


def rtf_rows(text: str) -> Iterator[Cells]:
    """The cells of the tables of an RTF text."""
    cells: Cells = []
    current: list[str] = []
    skip_depth, depth = 0, 0
    for match in _RTF_CONTROL.finditer(text):
        code, byte, word, _, symbol, brace, words = match.groups()
        if brace:
            depth += 1 if brace == "{" else -1
            skip_depth = skip_depth if depth >= skip_depth else 0
        elif skip_depth:
            continue
        elif word in _SKIPPED_RTF:
            skip_depth = depth
        elif word == "cell":
            joined = "".join(current).strip()
            cells.append(typed(joined) if joined else None)
            current = []
        elif word == "row":
            yield cells
            cells = []
        elif word in ("par", "line", "tab"):
            current.append("\t" if word == "tab" else "\n")
        elif code:
            current.append(chr(int(code) % 65536))
        elif byte:
            current.append(bytes.fromhex(byte).decode("cp1252", "replace"))
        elif words or symbol:
            current.append(words or symbol)


def sheet_rows(data: bytes, *, sheet: str, whole: bool, serial_dates: bool) -> Iterator[Cells]:
    """The cells of a sheet of an Excel or OpenDocument file.

    Parameters
    ----------
    data: the file.
    sheet: its name; empty is the first one.
    whole: begin at cell A1 rather than at the first cell in use.
    serial_dates: give dates as Excel's day numbers.
    """
    import python_calamine

    check_size(data)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = book.sheet_names
        if not names:
            raise NodeError("The spreadsheet has no sheets.")
        if sheet and sheet not in names:
            raise NodeError(f"The spreadsheet has no sheet '{sheet}'.", mend=f"Its sheets are: {', '.join(names)}.")
        rows = book.get_sheet_by_name(sheet or names[0]).to_python(skip_empty_area=not whole)
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise NodeError(f"The spreadsheet cannot be read: {error}", mend="Check that it is of this format.") from error
    for row in rows:
        yield [plain(cell, serial_dates) for cell in row]


def parquet_rows(data: bytes) -> Iterator[dict[str, Any]]:
    """The rows of a Parquet file as objects."""
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.ParquetFile(io.BytesIO(data))
        for batch in table.iter_batches():
            for row in batch.to_pylist():
                yield {name: _json(value) for name, value in row.items()}
    except (pyarrow.ArrowInvalid, OSError) as error:
        raise NodeError(f"The Parquet file cannot be read: {error}") from error


def _json(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, dict):
        return {key: _json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_json(inner) for inner in value]
    return value if value is None or isinstance(value, str | bool | int | float) else plain(value, False)


def _span(text: str | None) -> int:
    return min(1000, max(1, int(text))) if text and text.isdigit() else 1

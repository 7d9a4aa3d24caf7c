"""How large the sheets of an Excel or OpenDocument file claim to be, before they are read.

A reader makes room for every cell between the first and the last one in use, so that a tiny file with one cell in each
corner would take more memory than any machine has, and the process with it. ``_read_tables`` calls this.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from workflow_kernel.sdk import NodeError

MOST_CELLS = 70_000_000
_PIECE = 1 << 20
_OVERLAP = 64
_CELL = re.compile(rb"""\br\s*=\s*["']\$?([A-Za-z]{1,3})\$?(\d{1,10})["']""")
_FAR = re.compile(rb"""\br\s*=\s*["']\$?(?:[A-Za-z]{3}\$?\d|[A-Za-z]{1,3}\$?\d{6})""")
"""A cell without which a sheet cannot be too large."""


def check_size(data: bytes) -> None:
    """Raises ``NodeError`` for a workbook with a sheet of more cells than may be held in memory."""
    if not data.startswith(b"PK"):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                if name.lower().startswith("xl/worksheets/") and name.lower().endswith(".xml"):
                    _check_sheet(archive, name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        return  # the reader tells what is wrong with it


def _check_sheet(archive: zipfile.ZipFile, name: str) -> None:
    with archive.open(name) as stream:
        if not any(_FAR.search(piece) for piece in _pieces(stream)):
            return
    rows, columns = set[int](), set[int]()
    with archive.open(name) as stream:
        for piece in _pieces(stream):
            found = _CELL.findall(piece)
            columns.update(map(_number, {letters for letters, _ in found}))
            numbers = [int(row) for _, row in found]
            rows.update((min(numbers), max(numbers)) if numbers else ())
    if not rows:
        return
    height, width = max(rows) - min(rows) + 1, max(columns) - min(columns) + 1
    if height * width > MOST_CELLS:
        raise NodeError(
            f"The sheet '{name}' spans {height:,} rows and {width:,} columns; {MOST_CELLS:,} cells can be read.",
            mend="Delete stray cells far from the data, or save the sheet as CSV.",
        )


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    rest = b""
    while piece := stream.read(_PIECE):
        yield rest + piece
        rest = piece[-_OVERLAP:]


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number

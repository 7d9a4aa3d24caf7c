"""Files of a folder as one archive, which is the same for the same files. Used where code of users travels."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path


def archive(folder: Path, files: Iterable[Path], most: int, too_large: Callable[[], Exception]) -> bytes:
    """Files below a folder, by their names there; empty where there are none.

    Parameters
    ----------
    most: bytes they may have together, before they are packed. too_large: makes what is raised where they have more.
    """
    file, size, count = io.BytesIO(), 0, 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for path in sorted(files):
            size, count = size + path.stat().st_size, count + 1
            if size > most:
                raise too_large()
            # With no time of writing in it.
            made.writestr(zipfile.ZipInfo(str(path.relative_to(folder))), path.read_bytes())
    return file.getvalue() if count else b""

"""Notebooks of a few cells, as nbformat writes them."""

from __future__ import annotations

from typing import Any


def notebook(*sources: str) -> dict[str, Any]:
    """A notebook of code cells that never ran; their ids are ``c0``, ``c1`` and so on."""
    cells = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "execution_count": None, "outputs": [], "source": source}
        for n, source in enumerate(sources)
    ]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}

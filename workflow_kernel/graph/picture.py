"""Pictures of a workflow: lines for a terminal, and an SVG that stands by itself.

The command line, notebooks and documents show these; the editor draws its own. How each is drawn is in
``picture_text`` and ``picture_svg``.
"""

from __future__ import annotations

from workflow_kernel.graph.picture_svg import Mark, to_svg
from workflow_kernel.graph.picture_text import to_text

__all__ = ["Mark", "to_svg", "to_text"]

"""How often a process that runs workflows looks for garbage. Called once all is loaded, by commands and workers."""

from __future__ import annotations

import gc

YOUNG = 50_000
"""Objects made since the last look, beyond those thrown away, until the next one.

Python's own 700 suits programs that make little: a graph of a thousand nodes makes 50,000 objects that stay until its
end, and was looked through again and again, for a fifth of all its time.
"""


def settle() -> None:
    """What was loaded stays and is never looked through again; what is made from now on is, at times."""
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)
    gc.enable()

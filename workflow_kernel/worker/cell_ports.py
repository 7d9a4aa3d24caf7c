"""Names of the ports of notebook cells. Used by the node type and by what converts notebooks."""

from __future__ import annotations

from workflow_kernel.graph.model import ERROR_PORT, MAIN

_SUFFIX = " (variable)"
_AFTER = "after "


def variable_port(name: str) -> str:
    """The port of a variable: its name, but for names that ports have of themselves."""
    return name + _SUFFIX if name in (MAIN, ERROR_PORT) else name


def after_port(cell: str) -> str:
    """The port at which a cell waits for another, of which it takes no variable."""
    return _AFTER + cell


RANDOM_STATES = {"random": "random state", "numpy.random": "numpy.random state"}
"""World > the name under which its state travels as if it were a variable; no variable can have it."""

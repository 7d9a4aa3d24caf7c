"""Cells of a notebook as a graph: which variables each defines, uses and changes. Pure: no workflow, no I/O."""

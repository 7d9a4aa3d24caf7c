"""Notebooks as graphs: reading cells, converting, running, the kernel."""

"""Workflow: a notebook- and dataflow-native workflow environment."""

__version__ = "0.1.0"

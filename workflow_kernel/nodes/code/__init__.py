"""Nodes that run user code."""

"""Nodes that change items and tables."""

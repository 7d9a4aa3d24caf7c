"""Nodes that query databases."""

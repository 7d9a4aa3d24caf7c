"""Nodes that tell people."""

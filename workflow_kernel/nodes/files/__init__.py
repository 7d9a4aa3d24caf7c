"""Nodes that read, write and convert files."""

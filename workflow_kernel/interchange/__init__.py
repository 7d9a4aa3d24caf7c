"""Workflows from and to other formats."""

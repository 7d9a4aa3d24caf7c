"""Runs node runs where they run: resolves parameters, calls the node, gathers outputs with their lineage."""

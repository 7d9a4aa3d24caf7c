"""Nodes that steer: triggers, branches, merges, loops, waiting, stopping."""

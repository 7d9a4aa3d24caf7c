"""Runs node runs on a Ray cluster: the only package that knows Ray. The kernel finds it by an entry point."""

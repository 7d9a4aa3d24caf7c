"""The node library: one package a family, one file a node type."""

"""Node types that need a Ray cluster. Found by the entry point group ``workflow.nodes``."""

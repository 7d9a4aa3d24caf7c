"""The revisions: one file each, named after what it does."""

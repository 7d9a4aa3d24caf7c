"""Third-party JavaScript the markup nodes run in V8; see ``vendor.py``."""

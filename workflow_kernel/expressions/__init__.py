"""Expressions: text in a parameter that is computed for each item. JavaScript runs in V8, Python as a safe subset."""

"""Workflows in a notebook: the editor as a widget below a cell, and the light view of a run. ``builder`` shows them.

What is here needs the extra ``jupyter``; without it a workflow shows as a picture.
"""

"""The graph editor: TypeScript sources, and ``static/`` with their build. Hosts serve what :func:`static` names."""

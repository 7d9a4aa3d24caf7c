"""Migrations of the database by Alembic, inside the package.

A revision is ``pre_`` when the program of the version before still works on its schema (new tables, columns, indexes),
so that it runs before the new program does; ``post_`` when it must run after the last old program has ended (what is
dropped). Revisions form one line. The first one is SQL, made from the tables by ``python -m
workflow_kernel.storage.migrations.make``.
"""

from workflow_kernel.storage.migrations.migrate import current, is_current, migrate, revisions

__all__ = ["current", "is_current", "migrate", "revisions"]

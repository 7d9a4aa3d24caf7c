"""Which blobs are in use: those whose digest stands anywhere in the database, or in a batch that something there names.

There is no table of references that could be wrong. Digests are 64 hexadecimal digits wherever they stand (packed
entries, JSON, attachments of items), so they are looked for in the bytes of every column that may hold some, of every
table there is or will be. Batches kept as blobs may name attachments: those are read as well. Finding too many only
keeps a blob longer. Called by pruning.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import msgspec
from sqlalchemy import JSON, Column, LargeBinary, Table, Text, cast, select, tuple_
from sqlalchemy.dialects.postgresql import JSONB

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.contracts import Blobs
from workflow_kernel.storage import packing
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.packing import PackedBatch, PackedRun
from workflow_kernel.storage.tables import Base

PAGE = 500
"""Rows looked through at once."""

CHUNK = 1 << 20
LENGTH = 64
_DIGITS = re.compile(rb"[0-9a-f]{64,}")


async def in_use(database: Database, blobs: Blobs, wanted: AbstractSet[str]) -> set[str]:
    """Which of the blobs ``wanted`` are in use."""
    used: set[str] = set()
    batches: set[str] = set()
    for table in Base.metadata.sorted_tables:
        columns = [column for column in table.columns if isinstance(column.type, LargeBinary | JSON | JSONB)]
        if columns:
            async for values in _pages(database, table, columns):
                await asyncio.to_thread(_look, values, wanted, used, batches)
    for digest in batches:
        used |= await asyncio.to_thread(_inside, blobs, digest, wanted)
    return used


def digests(data: bytes) -> Iterator[str]:
    """Everything in bytes that may be a digest. What follows one may look like a digit, so all places count."""
    for match in _DIGITS.finditer(data):
        text = match[0].decode("ascii")
        for start in range(len(text) - LENGTH + 1):
            yield text[start : start + LENGTH]


def batches_in(data: bytes) -> frozenset[str]:
    """The batches that packed bytes name: blobs that may name others."""
    for read in (_runs, _run, _batch):
        try:
            return frozenset(read(data))
        except (msgspec.MsgspecError, TypeError, ValueError):
            continue
    return frozenset()


async def _pages(database: Database, table: Table, columns: Sequence[Column[Any]]) -> AsyncIterator[list[bytes]]:
    """The values of some columns, a page of rows at a time, each page in a short transaction of its own."""
    keys = list(table.primary_key.columns)
    values = [column if isinstance(column.type, LargeBinary) else cast(column, Text) for column in columns]
    statement = select(*keys, *values).order_by(*keys).limit(PAGE)
    after: Sequence[Any] | None = None
    while True:
        page = statement if after is None else statement.where(tuple_(*keys) > tuple_(*after))
        async with database.connection() as connection:
            rows = (await connection.execute(page)).all()
        found = [value for row in rows for value in row[len(keys) :] if value is not None]
        yield [value.encode() if isinstance(value, str) else bytes(value) for value in found]
        if len(rows) < PAGE:
            return
        after = rows[-1][: len(keys)]


def _look(values: Sequence[bytes], wanted: AbstractSet[str], used: set[str], batches: set[str]) -> None:
    for data in values:
        found = False
        for digest in digests(data):
            found = True
            if digest in wanted:
                used.add(digest)
        if found:
            batches |= batches_in(data)


def _runs(data: bytes) -> Iterator[str]:
    return (digest for run in packing.decode_runs(data) for digest in _of_run(run))


def _run(data: bytes) -> Iterator[str]:
    return _of_run(packing.decode_run(data))


def _batch(data: bytes) -> Iterator[str]:
    return _of_batch(msgspec.msgpack.decode(data, type=PackedBatch))


def _of_run(run: PackedRun) -> Iterator[str]:
    batches = [*run.outputs, *(run.headway[0] if run.headway is not None else ())]
    return (digest for batch in batches for digest in _of_batch(batch))


def _of_batch(batch: PackedBatch) -> Iterator[str]:
    if batch.blob:
        yield batch.blob
    yield from (digest for digest, _ in batch.parts)


def _inside(blobs: Blobs, batch: str, wanted: AbstractSet[str]) -> set[str]:
    """Which of the blobs ``wanted`` a batch names; none where it is gone already."""
    found: set[str] = set()
    tail = b""
    try:
        for chunk in blobs.read_chunks(batch, CHUNK):
            data = tail + chunk
            found.update(digest for digest in digests(data) if digest in wanted)
            tail = data[-LENGTH:]
    except WorkflowError:
        return found
    return found

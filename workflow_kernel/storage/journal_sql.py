"""The statements of the journal: one transaction for what many executions have to write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from psycopg.types.json import Json, Jsonb

from workflow_kernel.storage.open_execution import NewExecution, Write
from workflow_kernel.storage.packing import PackedRun, encode_run

_FENCE = """
select id, epoch, owner, cancel_asked or resume_asked from execution where id = any(%s) for no key update
"""

_INSERT = """
insert into execution (
    id, workflow_id, project_id, version, document, mode, state, priority, owner, epoch, start, input, options, runs,
    error, last_node, annotations, key, trigger_id, parent_id, retry_of, fork_of, created_by, created_at, started_at,
    ended_at, wake_at)
values (
    %(id)s, %(workflow_id)s, %(project_id)s, %(version)s, %(document)s, %(mode)s, %(state)s, %(priority)s, %(owner)s,
    %(epoch)s, %(start)s, %(input)s, %(options)s, %(runs)s, %(error)s, %(last_node)s, %(annotations)s, %(key)s,
    %(trigger_id)s, %(parent_id)s, %(retry_of)s, %(fork_of)s, %(created_by)s, %(created_at)s, %(started_at)s,
    %(ended_at)s, %(wake_at)s)
on conflict do nothing
"""

_RUN = """
insert into node_run (execution_id, node, run_index, kind, state, started_at, ended_at, entry)
values (%s, %s, %s, %s, %s, %s, %s, %s)
on conflict (execution_id, node, run_index, kind) do update set
    state = excluded.state, started_at = excluded.started_at, ended_at = excluded.ended_at, entry = excluded.entry
"""

_UPDATE = """
update execution set
    state = case when %(state)s = 'suspended' and resume_asked then 'queued' else %(state)s end,
    owner = %(owner)s, error = %(error)s, last_node = %(last_node)s, annotations = %(annotations)s,
    started_at = coalesce(started_at, %(started_at)s), ended_at = %(ended_at)s, wake_at = %(wake_at)s,
    runs = coalesce(%(runs)s, runs)
where id = %(id)s
"""

_START = "update execution set started_at = coalesce(started_at, %s) where id = %s"

_STATES = {"done": "succeeded", "intended": "running", "suspended": "suspended", "started": "running"}


async def write(
    connection: psycopg.AsyncConnection[Any], runner: UUID, writes: list[Write]
) -> tuple[set[UUID], list[UUID]]:
    """Write all of it, or nothing; gives the executions that are no longer ours, and those asked to stop.

    Parameters
    ----------
    connection: commits each statement by itself. runner: who must own what is written. writes: packed already.
    """
    known = {found.open.id: found.open.epoch for found in writes if found.open.new is None}
    taken: set[UUID] = set()
    cancelled: list[UUID] = []
    async with connection.cursor() as cursor:
        if known:
            await cursor.execute("begin")
            await cursor.execute(_FENCE, [list(known)])
            seen = set()
            for found_id, epoch, owner, cancel_asked in await cursor.fetchall():
                seen.add(found_id)
                if owner != runner or epoch != known[found_id]:
                    taken.add(found_id)
                elif cancel_asked:
                    cancelled.append(found_id)
            taken |= known.keys() - seen
        # From here to the commit all goes out at once: a process that freezes in between must not hold the locks, and
        # Postgres ends no transaction that is idle after a pipeline.
        async with connection.pipeline():
            if not known:
                await cursor.execute("begin")
            for statement, rows in _statements([found for found in writes if found.open.id not in taken], runner):
                await cursor.executemany(statement, rows)
            await cursor.execute("commit")
    return taken, cancelled


def _statements(ours: list[Write], runner: UUID) -> Iterator[tuple[str, list[Any]]]:
    """What is to be written, with the rows of each statement."""
    kept = [found for found in ours if found.open.new is None]
    runs = [_run(found.open.id, run) for found in ours for run in found.runs]
    begun = [
        (_moment(found.open.started_at), found.open.id)
        for found in kept
        if found.state == "running" and found.open.started_at is not None
    ]
    over = [_end(found, runner) for found in kept if found.state != "running"]
    new: list[Any] = [_row(found, runner, found.open.new) for found in ours if found.open.new is not None]
    for statement, rows in ((_INSERT, new), (_RUN, runs), (_START, begun), (_UPDATE, over)):
        if rows:
            yield statement, list(rows)


def queued(row: NewExecution) -> Mapping[str, Any]:
    """The parameters of the statement that writes an execution nobody runs yet."""
    return {**_plain(row), "state": "queued", "owner": None, "epoch": 0, **_NOTHING}


_NOTHING: Mapping[str, Any] = {
    "runs": None, "error": None, "last_node": "", "annotations": None, "started_at": None, "ended_at": None,
    "wake_at": None,
}  # fmt: skip


def _plain(row: NewExecution) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in row.__struct_fields__}
    values["document"] = None if row.document is None else Json(row.document, dumps=_dumps)
    values["options"] = Jsonb(row.options, dumps=_dumps)
    return values


def _row(found: Write, runner: UUID, new: NewExecution) -> Mapping[str, Any]:
    if found.open.is_queued:
        return queued(new)
    return {**_plain(new), **_end(found, runner), "epoch": found.open.epoch}


def _end(found: Write, runner: UUID) -> dict[str, Any]:
    ended, parked = found.ended, found.parked
    return {
        "id": found.open.id,
        "state": found.state,
        "owner": runner if found.state == "running" else None,
        "error": None if found.error is None else Jsonb(found.error, dumps=_dumps),
        "last_node": ended.last_node if ended is not None else "",
        "annotations": Jsonb(ended.annotations, dumps=_dumps) if ended is not None and ended.annotations else None,
        "started_at": _moment(found.open.started_at),
        "ended_at": None if ended is None else _moment(ended.at),
        "wake_at": None if ended is not None or parked is None else _moment(parked[0]),
        "runs": found.own,
    }


def _run(execution: UUID, run: PackedRun) -> tuple[Any, ...]:
    state = _STATES.get(run.kind) or ("failed" if run.until is None else "retry_wait")
    return (
        execution, run.node, run.index, run.kind, state, _moment(run.started) if run.started else None,
        _moment(run.at) if run.kind in ("done", "failed") else None, encode_run(run),
    )  # fmt: skip


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _dumps(value: Any) -> bytes:
    # Postgres refuses a zero character in JSON, wherever it came from.
    return msgspec.json.encode(value, enc_hook=str).replace(b"\\u0000", b"\\ufffd")

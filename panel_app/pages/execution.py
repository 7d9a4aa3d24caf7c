"""One execution: when its nodes ran, what they sent and logged, why it failed; alone or beside another one."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from panel_app import charts, words
from panel_app.page import Page, Sent
from panel_app.pages.workflows import picture
from workflow_kernel.base.errors import NotAllowedError, WorkflowError

_ROWS = 25
_MOST_NODES, _MOST_RUNS = 60, 300
"""Of the timeline, and of the list: more of them nobody reads, and they would hold a browser up."""


class ExecutionPage(Page):
    """An execution."""

    pattern = r"/executions/(?P<id>[0-9a-f-]{36})"
    place = "executions"
    template = "execution.html"
    permission = "execution.read"

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._id = UUID(self.parts["id"])
        self._timelines = [charts.timeline(), charts.timeline()]

    @property
    def channels(self) -> Sequence[str]:
        return (f"execution:{self._id}",)

    async def load(self) -> Mapping[str, Any]:
        first = await self._side(self._id)
        self.title = first["name"]
        other = self.asked("with")
        second = await self._side(UUID(other)) if other else None
        self._show_timelines([first] if second is None else [first, second])
        self.charts = [chart for chart, _ in self._timelines[: 2 if second else 1]]
        chosen = self.asked("node") or _telling(first["runs"])
        values = {**first, "second": second, "chosen": chosen, "tab": self.asked("tab") or "data"}
        if second is not None:
            values["rows"] = _beside(first, second)
        elif chosen:
            values["data"] = await self._data(first, chosen)
        return values

    def _show_timelines(self, sides: Sequence[Mapping[str, Any]]) -> None:
        """Beside each other they have the same axis."""
        end = max((row["right"] for side in sides for row in side["bars"]), default=0.0)
        for (chart, source), side in zip(self._timelines, sides, strict=False):
            self.visit.with_document(partial(charts.show_timeline, chart, source, side["bars"], end))

    async def _side(self, id: UUID) -> dict[str, Any]:
        actor = self.visit.actor
        view = await self.service.executions.read(actor, id)
        document = await self.service.executions.document(actor, id)
        runs = await self.service.executions.node_runs(actor, id)
        names = {node: about.get("name", node) for node, about in document.get("nodes", {}).items()}
        name = document.get("name") or "Workflow"
        return {
            "execution": view, "runs": runs, "shown": _shown(runs), "names": names, "name": name,
            "bars": _timeline_rows(runs, names),
            "picture": picture(document), "waits": await self._waits(id, document, runs),
            "logs": [(run, line) for run in runs for line in run.logs], "sent": sum(sum(run.items) for run in runs),
        }  # fmt: skip

    async def _waits(self, id: UUID, document: Mapping[str, Any], runs: Sequence[Any]) -> Mapping[Any, Any]:
        """What the runs wait for that wait, and the page on which somebody ends it."""
        actor, found = self.visit.actor, {}
        for run in runs:
            node = document.get("nodes", {}).get(run.node, {})
            asks = _asks(node) if run.state == "suspended" else ""
            if not asks:
                continue
            page = None
            if asks != "a call" and actor.can("execution.resume"):
                with contextlib.suppress(NotAllowedError):  # who may read it may not always end it
                    page = await self.service.resumption.address(actor, id, run.node, run.index)
            found[run.node, run.index] = {"for": f" for {asks}", "page": page}
        return found

    async def _data(self, side: Mapping[str, Any], node: str) -> Mapping[str, Any] | None:
        runs = [run for run in side["runs"] if run.node == node]
        if not runs:
            return None
        index = int(self.asked("run") or runs[-1].index)
        run = next((one for one in runs if one.index == index), runs[-1])
        output, start = int(self.asked("output") or _fullest(run.items)), int(self.asked("start") or 0)
        page = None
        if run.state in ("succeeded", "suspended"):  # others have sent nothing
            page = await self.service.executions.data(self.visit.actor, self._id, node, run.index, output, start, _ROWS)
        columns = _columns(page)
        return {
            "run": run, "runs": runs, "output": output, "start": start, "page": page, "columns": columns, "size": _ROWS,
            "report": _report(run), "facts": {key: value for key, value in _details(run).items() if key != "report"},
        }  # fmt: skip

    async def on_cancel(self, sent: Sent) -> None:
        """Stop it."""
        await self.service.executions.cancel(self.visit.actor, self._id)
        self.visit.toast("It is asked to stop.")

    async def on_retry(self, sent: Sent) -> None:
        """Run it again: from where it failed, or from the start."""
        beginning = "start" if sent.value == "start" else "failed"
        started = await self.service.executions.retry(
            self.visit.actor, self._id, beginning=beginning, latest=sent.value == "latest"
        )
        self.visit.go(f"/executions/{started.execution}")

    async def on_fork(self, sent: Sent) -> None:
        """Run it again from a node on, keeping what came before."""
        started = await self.service.executions.fork(
            self.visit.actor, self._id, nodes=[sent.value] if sent.value else ()
        )  # fmt: skip
        self.visit.go(f"/executions/{started.execution}")

    async def on_resume(self, sent: Sent) -> None:
        """End a wait."""
        node, _, index = sent.value.rpartition(":")
        await self.service.executions.resume(self.visit.actor, self._id, node, int(index or 0))
        self.visit.toast("It goes on.")

    async def on_delete(self, sent: Sent) -> None:
        """Delete it."""
        await self.service.executions.delete(self.visit.actor, self._id)
        self.visit.page = None
        self.visit.go("/executions")

    async def on_look(self, sent: Sent) -> None:
        """Look at a node, a run of it, an output, a page of its items, a tab."""
        given = {name: [sent.text(name)] for name in ("node", "run", "output", "start", "tab") if sent.text(name)}
        kept = {} if "node" in given else dict(self.query)
        if "with" in self.query:
            kept["with"] = self.query["with"]
        if "tab" not in given and "tab" in self.query and "node" in given:
            kept["tab"] = self.query["tab"]
        self.query = {**kept, **given}

    async def on_ask_compare(self, sent: Sent) -> None:
        """Which execution to compare with."""
        actor = self.visit.actor
        view = await self.service.executions.read(actor, self._id)
        others: Sequence[Any] = ()
        if view.workflow is not None:
            found = await self.service.execution_batches.latest(actor, [view.workflow], 15)
            others = [one for one in found.get(view.workflow, ()) if one.id != self._id]
        self.visit.dialog("dialogs/compare.html", others=others, execution=view)

    async def on_debug(self, sent: Sent) -> None:
        """Open the workflow in the editor, with this execution."""
        view = await self.service.executions.read(self.visit.actor, self._id)
        if view.workflow is None:
            raise WorkflowError("This execution ran a document of no workflow.", mend="Import it first.")
        self.visit.tell("open", path=f"/editor/{view.workflow}?execution={self._id}")


def _asks(node: Mapping[str, Any]) -> str:
    """What ends the wait of a node that asks for something; empty for one that waits for a moment."""
    if node.get("type") == "flow.approval":
        return "a decision"
    resume = node.get("parameters", {}).get("resume") if node.get("type") == "flow.wait" else None
    return {"call": "a call", "form": "its form"}.get(str(resume), "")


def _details(run: Any) -> Mapping[str, Any]:
    return run.error.data or {} if run.error else {}


def _report(run: Any) -> list[Mapping[str, str]]:
    """The files a run that failed left behind all the same: its notebook as far as it came, with the figures."""
    kept = _details(run).get("report")
    files = kept.items() if isinstance(kept, dict) else ()
    return [
        {"name": file.get("fileName") or name, "blob": file["blob"]}
        for name, file in files
        if isinstance(file, dict) and "blob" in file
    ]


def _telling(runs: Sequence[Any]) -> str:
    """The node whose data are shown at first: the one that failed, or the last that sent something."""
    failed = (run.node for run in runs if run.error)
    sent = (run.node for run in reversed(runs) if sum(run.items))
    return next(failed, "") or next(sent, "")


def _shown(runs: Sequence[Any]) -> Sequence[Any]:
    """The runs that are listed: all, or of very many those that failed and the last ones."""
    if len(runs) <= _MOST_RUNS:
        return runs
    failed = [run for run in runs if run.error][:_MOST_RUNS]
    rest = [run for run in runs if not run.error][len(failed) - _MOST_RUNS :] if len(failed) < _MOST_RUNS else []
    return sorted([*failed, *rest], key=lambda run: run.started)


def _timeline_rows(runs: Sequence[Any], names: Mapping[str, str]) -> list[dict[str, Any]]:
    if not runs:
        return []
    first = min(run.started for run in runs)
    last = max(max(run.ended or run.started for run in runs), first)
    took: dict[str, float] = {}
    for run in runs:
        took[run.node] = took.get(run.node, 0.0) + (run.ended or last) - run.started
    longest = set(sorted(took, key=lambda node: -took[node])[:_MOST_NODES])
    return [
        {
            "node": names.get(run.node, run.node)[:40], "left": run.started - first,
            "right": (run.ended or last) - first, "color": charts.COLORS[words.tone(run.state)],
            "state": words.state(run.state), "items": sum(run.items),
            "took": words.seconds(None if run.ended is None else run.ended - run.started),
        }
        for run in runs if run.node in longest
    ]  # fmt: skip


def _beside(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Node runs of two executions, a row for each place."""
    sides = [{(run.node, run.index): run for run in side["runs"]} for side in (first, second)]
    places = list(dict.fromkeys([*sides[0], *sides[1]]))
    names = {**second["names"], **first["names"]}
    return [
        {"node": names.get(place[0], place[0]), "index": place[1], "runs": [side.get(place) for side in sides]}
        for place in places
    ]


def _fullest(items: Sequence[int]) -> int:
    """The output with most items."""
    return max(range(len(items)), key=lambda position: items[position]) if items else 0


def _columns(page: Any) -> list[str]:
    """The columns of a page of data: those of a table, or the fields of its items in order of appearance."""
    if page is None:
        return []
    if page.columns:
        return [name for name, _ in page.columns]
    return list(dict.fromkeys(key for item in page.items if isinstance(item.json, dict) for key in item.json))[:30]

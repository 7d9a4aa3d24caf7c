"""What people see of a cluster: machines, what waits and why, what runs; on the dashboard's page too."""

from __future__ import annotations

import asyncio
import re

from jinja2 import Environment, PackageLoader, StrictUndefined

from panel_app import icons, words
from panel_app.pages.cluster import shown
from tests.engine.drawn import draw
from tests.ray.conftest import Make
from tests.ray.test_stopping import until
from workflow_kernel import wire
from workflow_kernel.storage.tally import ProcessState

SLEEP = ("code.python", {"code": "import time; time.sleep(30)"})


async def test_what_waits_is_told_with_its_reason(on_ray: Make) -> None:
    engine = on_ray()
    names = [f"n{number}" for number in range(8)]
    wide = draw(
        {"start": "flow.manual_trigger", **dict.fromkeys(names, SLEEP)},
        ", ".join(f"start > {name}" for name in names),
    )
    seen: list[wire.LiveEvent] = []
    work = asyncio.create_task(engine.run(wide, execution="x", on_event=seen.append))
    await until(lambda: engine.backend.tasks >= 3)  # type: ignore[attr-defined]
    state = engine.report()
    assert state is not None
    assert state.machines[0].total["CPU"] >= 2
    (place,) = state.places
    assert (place.asks, sum(place.waiting.values()) + place.given) == ("CPU 1", 8)
    assert "slots are taken" in place.why
    assert state.fragments[0].executions == ["x"]
    assert state.fragments[0].nodes[0] in names
    text = render(ProcessState("abc", "worker", "here", 1, 0, 0.0, 1, 0.0, state))
    assert "CPU 1" in text
    assert place.why in text
    await until(lambda: any(isinstance(event, wire.NodeRunWaits) for event in seen))
    told = {event.reason for event in seen if isinstance(event, wire.NodeRunWaits)}
    assert len(told) == 1
    assert re.fullmatch(r"Waiting for 1 CPU: all \d+ places are taken", told.pop())
    await until(lambda: engine.report().machines[0].free["CPU"] == 0.0)  # type: ignore[union-attr]
    engine.cancel("x")
    assert (await work).state == "cancelled"
    assert engine.report().places == []  # type: ignore[union-attr]


def test_without_a_dispatcher_the_page_says_how_to_start_one() -> None:
    assert "workflow dispatcher" in render()


def render(*processes: ProcessState) -> str:
    templates = Environment(loader=PackageLoader("panel_app"), autoescape=True, undefined=StrictUndefined)
    templates.globals.update(icon=icons.icon, prefix="")
    templates.filters.update(words.FILTERS)
    return templates.get_template("cluster.html").render(shown(list(processes)), can=lambda _: True)

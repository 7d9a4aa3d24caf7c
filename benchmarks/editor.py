"""The editor's canvas in headless Chromium: opening, dragging, panning, live updates, on small and large workflows.

Each figure is the median of three rounds; ``load`` says how busy the machine was meanwhile.

Needs Chromium (``CHROMIUM`` names it, else ``/usr/bin/chromium`` or Playwright's own) and ``pip install playwright``.
"""

from __future__ import annotations

import functools
import http.server
import json
import os
import random
import statistics
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from playwright.sync_api import Browser, Page, sync_playwright

from workflow_kernel.editor import build
from workflow_kernel.sdk.describe import describe
from workflow_kernel.sdk.registry import Registry

LIMITS: dict[str, dict[str, float]] = {
    "size": {"js_gzip_kb": 900},
    "open_500": {"seconds": 1.5},
    "open_2000": {"seconds": 4.0},
    "drag_500_near": {"frames_per_second": 50},
    "pan_500_near": {"frames_per_second": 50},
    "drag_500_far": {"frames_per_second": 50},
    "pan_500_far": {"frames_per_second": 50},
    "drag_2000_near": {"frames_per_second": 50},
    "pan_2000_near": {"frames_per_second": 50},
    "drag_2000_far": {"frames_per_second": 25},
    "pan_2000_far": {"frames_per_second": 25},
    "live_1000_one_by_one": {"longest_task_ms": 100, "wrong_at_the_end": 0},
    "live_1000_in_batches": {"longest_task_ms": 100, "wrong_at_the_end": 0},
    "live_1000_in_batches_near": {"longest_task_ms": 100, "wrong_at_the_end": 0},
}
SECONDS = 2.0
"""How long each gesture takes."""
ROUNDS = 3

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Editor</title>
<link rel="stylesheet" href="editor.css"><link rel="icon" href="data:,">
<style>html,body,#app{margin:0;height:100%}</style></head><body><div id="app"></div>
<script type="module">
import { mount, MemoryClient } from "./editor.js";
const [nodeTypes, workflow] = await Promise.all([fetch("types.json"), fetch(location.search.slice(1))])
  .then((all) => Promise.all(all.map((one) => one.json())));
const client = new MemoryClient({ nodeTypes, pace: 20 });
// As the service tells of a run of many short nodes: some hundred events in one message.
window.feedInBatches = (size) => {
  client.runs.subscribe = (execution, listener) => {
    const at = Date.now() / 1000;
    const ids = Object.keys(workflow.nodes);
    const of = (node) => [
      { event: "node.started", execution, at, node, run_index: 0, attempt: 1 },
      { event: "node.finished", execution, at, node, run_index: 0, seconds: 0.001, items: { main: 3 } },
    ];
    const next = () => {
      const batch = ids.splice(0, size);
      listener(batch.flatMap(of));
      if (batch.length > 0) setTimeout(next, 10);
      else listener([{ event: "execution.finished", execution, at, state: "succeeded", seconds: 1 }]);
    };
    setTimeout(next, 0);
    return () => undefined;
  };
};
window.handle = mount(document.getElementById("app"), client, { workflow });
const isSeen = new Set();
window.isSeen = isSeen;
window.handle.editor.execution.subscribe(() => {
  const nodes = window.handle.editor.execution.get()?.nodes ?? {};
  for (const [id, node] of Object.entries(nodes)) if (node.state === "running") isSeen.add(id);
});
const usable = () => {
  const isDrawn = document.querySelector(".wf-node, .wf-far") !== null && window.handle.editor.catalog.isLoaded.get();
  if (isDrawn) requestAnimationFrame(() => { window.usableAt = performance.now(); });
  else requestAnimationFrame(usable);
};
usable();
</script></body></html>"""

COUNT = """(seconds) => new Promise((done) => {
  const times = [];
  const tick = (now) => {
    times.push(now);
    if (now - times[0] < seconds * 1000) requestAnimationFrame(tick);
    else {
      const gaps = times.slice(1).map((time, at) => time - times[at]);
      done({ frames_per_second: 1000 * gaps.length / (now - times[0]), longest_frame_ms: Math.max(...gaps) });
    }
  };
  requestAnimationFrame(tick);
})"""

TASKS = """() => {
  window.tasks = [];
  const note = (list) => { for (const entry of list.getEntries()) window.tasks.push(entry.duration); };
  new PerformanceObserver(note).observe({ entryTypes: ["longtask"] });
}"""


def run() -> dict[str, dict[str, Any]]:
    """All figures of this benchmark, with their limits and whether they hold."""
    build.build()
    figures: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder, _served(Path(folder)) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=_chromium(), args=["--no-sandbox", "--disable-gpu", "--window-size=1600,900"]
        )
        figures["size"] = _sizes()
        for count in (100, 500, 2000):
            rounds = [_canvas(browser, address, count) for _ in range(ROUNDS)]
            figures |= {name: _median([one[name] for one in rounds]) for name in rounds[0]}
        figures["live_1000_one_by_one"] = _live(browser, address)
        figures["live_1000_in_batches"] = _live(browser, address, batch=100)
        figures["live_1000_in_batches_near"] = _live(browser, address, batch=100, is_near=True)
        browser.close()
    for name, limits in LIMITS.items():
        held = [_holds(key, figures[name][key], limit) for key, limit in limits.items()]
        figures[name] |= {**{f"limit_{key}": value for key, value in limits.items()}, "holds": all(held)}
    return figures


def _holds(key: str, value: float, limit: float) -> bool:
    return value >= limit if key == "frames_per_second" else value <= limit


def _median(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    return {key: statistics.median(one[key] for one in rounds) for key in rounds[0]} | {"load": os.getloadavg()[0]}


def _canvas(browser: Browser, address: str, count: int) -> dict[str, dict[str, Any]]:
    page = _open(browser, f"{address}?flow{count}.json")
    figures: dict[str, dict[str, Any]] = {f"open_{count}": {"seconds": page.evaluate("window.usableAt") / 1000}}
    if count > 100:
        figures[f"drag_{count}_far"] = _drag(page)
        figures[f"pan_{count}_far"] = _pan(page)
    _come_near(page)
    figures[f"drag_{count}_near"] = _drag(page)
    figures[f"pan_{count}_near"] = _pan(page)
    page.context.close()
    return figures


def _come_near(page: Page) -> None:
    page.evaluate("window.handle.editor.select([])")
    page.keyboard.press("0")
    page.wait_for_timeout(600)


def _live(browser: Browser, address: str, *, batch: int = 0, is_near: bool = False) -> dict[str, Any]:
    """A thousand nodes change their states; the page must stay free, and know the last state of each."""
    page = _open(browser, f"{address}?flow1000.json")
    if is_near:
        _come_near(page)
    if batch:
        page.evaluate(f"window.feedInBatches({batch})")
    page.evaluate(TASKS)
    page.click(".wf-run")
    page.wait_for_function("!window.handle.editor.runner.isBusy", timeout=120_000)
    page.wait_for_timeout(300)
    succeeded = page.evaluate(
        "Object.values(window.handle.editor.execution.get().nodes).filter((one) => one.state === 'succeeded').length"
    )
    tasks, seen = page.evaluate("[window.tasks, window.isSeen.size]")
    page.context.close()
    figures = {
        "longest_task_ms": max(tasks, default=0.0),
        "long_tasks": len(tasks),
        "wrong_at_the_end": 1000 - succeeded,
    }
    return figures if batch else figures | {"seen_running": seen}


def _open(browser: Browser, address: str) -> Page:
    page = browser.new_context(viewport={"width": 1600, "height": 900}).new_page()
    page.goto(address)
    page.wait_for_function("window.usableAt !== undefined")
    page.wait_for_timeout(700)
    return page


def _drag(page: Page) -> dict[str, Any]:
    """Drag the node nearest to the middle about."""
    x, y = page.evaluate(
        """() => { const editor = window.handle.editor; const flow = document.querySelector('.react-flow__viewport');
        const matrix = new DOMMatrix(getComputedStyle(flow).transform); const pane = flow.getBoundingClientRect();
        const box = document.querySelector('.react-flow').getBoundingClientRect(); let best = null;
        for (const node of Object.values(editor.workflow.get().nodes)) {
          const x = box.left + matrix.e + (node.position[0] * 1.3 + 104) * matrix.a;
          const y = box.top + matrix.f + (node.position[1] + 32) * matrix.d;
          const far = Math.hypot(x - 800, y - 450); if (best === null || far < best[2]) best = [x, y, far]; }
        return best.slice(0, 2); }"""
    )
    page.mouse.move(x - 1, y)
    page.mouse.move(x, y)
    page.wait_for_timeout(100)
    page.mouse.down()
    figures = _while_moving(page, x, y)
    page.mouse.up()
    page.keyboard.press("Control+z")
    return figures


def _pan(page: Page) -> dict[str, Any]:
    """Move the whole canvas about, by the middle button."""
    page.mouse.move(800, 640)
    page.mouse.down(button="middle")
    figures = _while_moving(page, 800, 640)
    page.mouse.up(button="middle")
    return figures


def _while_moving(page: Page, x: float, y: float) -> dict[str, Any]:
    page.evaluate(
        f"() => {{ window.counted = null; ({COUNT})({SECONDS}).then((found) => {{ window.counted = found; }}); }}"
    )
    step = 0
    while page.evaluate("window.counted === null"):
        for _ in range(4):
            step += 1
            page.mouse.move(x + 140 * _wave(step), y + 90 * _wave(step * 2))
    found: dict[str, Any] = page.evaluate("window.counted")
    return found


def _wave(step: int) -> float:
    phase = (step % 120) / 60
    return phase if phase <= 1 else 2 - phase


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    for name in ("editor.js", "editor.css"):
        (folder / name).symlink_to(build.STATIC / name)
    (folder / "index.html").write_text(PAGE)
    (folder / "types.json").write_bytes(msgspec.json.encode([describe(node_type) for node_type in Registry()]))
    for count in (100, 500, 1000, 2000):
        (folder / f"flow{count}.json").write_text(json.dumps(workflow(count)))
    handler = functools.partial(_Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/index.html"
    finally:
        server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


def workflow(count: int) -> dict[str, Any]:
    """A workflow of many nodes: rows of chains with a third more edges across them."""
    chance = random.Random(7)
    kinds = ("data.set", "data.filter", "web.http_request", "code.python", "data.sort", "flow.if")
    columns = 50 if count > 500 else 25
    nodes: dict[str, Any] = {"n0": {"name": "Start", "type": "flow.manual_trigger", "position": [0, 0]}}
    edges = []
    for number in range(1, count):
        kind = kinds[number % len(kinds)]
        place = [240 * (number % columns), 120 * (number // columns)]
        nodes[f"n{number}"] = {"name": f"Step {number}", "type": kind, "position": place}
        before = number - 1 if number % columns else max(0, number - columns)
        edges.append((before, number))
        if chance.random() < 1 / 3:
            edges.append((max(0, before - chance.randrange(columns)), number))
    ports = {"flow.if": "true", "data.filter": "kept"}

    def end(number: int) -> list[str]:
        return [f"n{number}", ports.get(nodes[f"n{number}"]["type"], "main")]

    drawn = [{"source": end(a), "target": [f"n{b}", "main"]} for a, b in dict.fromkeys(edges)]
    return {"format": "workflow/1", "name": f"{count} nodes", "nodes": nodes, "edges": drawn}


def _sizes() -> dict[str, Any]:
    import gzip

    return {
        f"{name.split('.')[1]}_gzip_kb": len(gzip.compress((build.STATIC / name).read_bytes())) // 1024
        for name in ("editor.js", "editor.css")
    }


def _chromium() -> str | None:
    named = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    return named if Path(named).exists() else None

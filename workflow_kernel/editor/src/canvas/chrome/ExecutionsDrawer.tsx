/** Past executions of this workflow. Choosing one shows it on the canvas. */
import { useCallback, useEffect, useState } from "react";
import type { ExecutionsPage, RunsClient } from "../../client/client";
import type { ExecutionInfo } from "../../model/types";
import { isOver } from "../../model/runs";
import { useSelected } from "../context";
import { useCanvas } from "../useCanvas";
import { ago, seconds } from "../words";
import { Drawer } from "./Drawer";
import { useLoad } from "./useLoad";

const PAGE = 40;
const NOTHING: ExecutionsPage = { executions: [], next: null };

export function ExecutionsDrawer() {
  const { editor, state } = useCanvas();
  const { runs } = editor.client;
  return runs?.list === undefined ? null : <List runs={runs} onClose={() => { state.dialog.set(null); }} />;
}

function List({ runs, onClose }: { readonly runs: RunsClient; readonly onClose: () => void }) {
  const { editor } = useCanvas();
  const [more, setMore] = useState<readonly ExecutionInfo[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const load = useCallback(() => runs.list?.({ limit: PAGE }) ?? Promise.resolve(NOTHING), [runs]);
  const { value, failure, reload } = useLoad(load);
  useEffect(() => {
    setMore([]);
    setNext(value?.next ?? null);
  }, [value]);
  // A run that ends while the list is open belongs into it.
  const isRunOver = useSelected(editor.execution, (view) => view === null || isOver(view));
  useEffect(reload, [isRunOver, reload]);
  const loadMore = () => {
    if (next === null) return;
    runs.list?.({ limit: PAGE, after: next }).then((page) => {
      setMore((known) => [...known, ...page.executions]);
      setNext(page.next);
    }, (error: unknown) => { editor.tell(error); });
  };
  const show = (info: ExecutionInfo) => {
    runs.load?.(info.id).then((detail) => {
      editor.showPast(detail);
      const failed = detail.runs.find((run) => run.state === "failed");
      if (failed !== undefined) editor.select([failed.node]);
    }, (error: unknown) => { editor.tell(error); });
  };
  const all = [...(value?.executions ?? []), ...more];
  return (
    <Drawer title="Executions" onClose={onClose}>
      {failure !== "" && <p className="wf-drawer-none" role="alert">{failure}</p>}
      {value !== null && all.length === 0 && <p className="wf-drawer-none">Not run yet. Press Run, and each execution is listed here.</p>}
      <ul className="wf-rows">
        {all.map((info) => <Row key={info.id} info={info} onChoose={() => { show(info); }} />)}
      </ul>
      {next !== null && <button type="button" className="wf-button" onClick={loadMore}>Show older ones</button>}
    </Drawer>
  );
}

function Row({ info, onChoose }: { readonly info: ExecutionInfo; readonly onChoose: () => void }) {
  const { editor } = useCanvas();
  const isShown = useSelected(editor.past, (past) => past?.info.id === info.id);
  return (
    <li>
      <button type="button" className="wf-rows-row" aria-current={isShown} onClick={onChoose}>
        <span className="wf-state-dot" data-state={info.state} />
        <span className="wf-rows-words">
          <span className="wf-rows-title">{info.state.charAt(0).toUpperCase() + info.state.slice(1).replaceAll("_", " ")}</span>
          <span className="wf-muted wf-small wf-ellipsis" title={info.error?.message}>{info.error?.message ?? info.mode}</span>
        </span>
        <span className="wf-rows-end wf-muted wf-small">
          <span>{ago(info.started_at)}</span>
          <span>{info.seconds === null ? "" : seconds(info.seconds)}</span>
        </span>
      </button>
    </li>
  );
}

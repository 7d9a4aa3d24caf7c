/** The last executions as this node saw them. One that is chosen is shown in the panel. */
import { useEffect, useState } from "react";
import { useEditor, useReadable } from "../canvas/context";
import { duration, when } from "../data";
import { counted } from "../forms/words";
import type { NodeHistory, RunsClient } from "../client/client";
import { stateWords } from "./states";

const SHOWN = 20;

interface HistoryViewProps {
  readonly node: string;
  /** The execution that is shown. */
  readonly shown: string | null;
  readonly onShow: (execution: string, index: number) => void;
}

export function HistoryView({ node, shown, onShow }: HistoryViewProps) {
  const editor = useEditor();
  const { runs } = editor.client;
  const state = useReadable(editor.execution)?.state;
  const [found, setFound] = useState<readonly NodeHistory[] | null>(null);
  const [message, setMessage] = useState("");
  useEffect(() => {
    if (runs === undefined) return;
    let isCurrent = true;
    historyOf(runs, node).then(
      (history) => { if (isCurrent) { setFound(history); setMessage(""); } },
      (error: unknown) => { if (isCurrent) setMessage(error instanceof Error ? error.message : "The history could not be loaded."); },
    );
    return () => { isCurrent = false; };
  }, [runs, node, state]);
  if (message !== "") return <p className="wf-data-message" role="alert">{message}</p>;
  if (found === null) return <p className="wf-empty-line">Loading…</p>;
  if (found.length === 0) return <p className="wf-empty-line">This node has not run yet.</p>;
  return (
    <ul className="wf-history wf-scroll" aria-label="Earlier runs">
      {found.map(({ info, runs: own }) => {
        const last = own.at(-1);
        const items = Object.values(last?.items ?? {}).reduce((sum, count) => sum + count, 0);
        return (
          <li key={info.id}>
            <button type="button" aria-current={info.id === shown || undefined} onClick={() => { onShow(info.id, (last?.run_index ?? 0)); }}>
              <span className="wf-history-state" data-state={last?.state ?? "idle"} />
              <span className="wf-history-words">
                <span>{when(info.started_at)} · {info.mode}</span>
                <span className="wf-muted wf-small">
                  {last === undefined ? "did not get here" : [stateWords(last.state), counted(items, "item"), duration(last.seconds), own.length > 1 ? counted(own.length, "run") : ""].filter((word) => word !== "").join(" · ")}
                </span>
                {(last?.error ?? null) !== null && <span className="wf-history-error wf-small">{last?.error?.message}</span>}
              </span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}

async function historyOf(runs: RunsClient, node: string): Promise<readonly NodeHistory[]> {
  if (runs.history !== undefined) return runs.history(node, SHOWN);
  const page = await runs.list?.({ limit: SHOWN });
  const histories: NodeHistory[] = [];
  for (const { id } of page?.executions ?? []) {
    const detail = await runs.load?.(id);
    if (detail !== undefined) histories.push({ info: detail.info, runs: detail.runs.filter((run) => run.node === node) });
  }
  return histories;
}

/** Which run of which execution the panel shows: the one on the canvas, or an older one chosen from the history. */
import { useEffect, useState } from "react";
import { useEditor, useReadable } from "../canvas/context";
import { pastView } from "../model/runs";
import type { ExecutionView } from "../model/store";
import type { ErrorInfo, NodeRunInfo } from "../model/types";

export interface RunShown {
  readonly execution: ExecutionView | null;
  /** How often the node has run, of which `index` is shown. */
  readonly runs: number;
  readonly index: number;
  readonly setIndex: (index: number) => void;
  /** Of that run; null while the node has not run. */
  readonly info: RunFacts | null;
  readonly isOld: boolean;
  /** Shows an older execution; null goes back to the one on the canvas. */
  readonly showOld: (execution: string | null, index?: number) => void;
}

export interface RunFacts {
  readonly state: string;
  readonly started_at: number | null;
  readonly seconds: number | null;
  readonly attempt: number;
  readonly items: Readonly<Record<string, number>>;
  readonly error: ErrorInfo | null;
  readonly message: string;
  readonly retry_at: number | null;
}

export function useRunShown(node: string): RunShown {
  const editor = useEditor();
  const live = useReadable(editor.execution);
  const [old, setOld] = useState<ExecutionView | null>(null);
  const [chosen, setChosen] = useState<number | null>(null);
  const execution = old ?? live;
  const view = execution?.nodes[node];
  const runs = view?.runs ?? 0;
  const index = Math.min(chosen ?? runs - 1, runs - 1);
  const isLast = index === runs - 1;
  const kept = useOlderRun(isLast ? null : (execution?.id ?? null), node, index);

  useEffect(() => {
    setOld(null);
    setChosen(null);
  }, [node, live?.id]);

  const last: RunFacts | null = view === undefined || view.state === "idle" ? null : view;
  const info: RunFacts | null = isLast || kept === null ? last : { ...kept, error: kept.error ?? null, message: "", retry_at: kept.until ?? null };
  return {
    execution, runs, index: Math.max(index, 0), setIndex: setChosen, info, isOld: old !== null,
    showOld: (id, at) => {
      setChosen(at ?? null);
      if (id === null) setOld(null);
      else void editor.client.runs?.load?.(id).then((detail) => { setOld(pastView(detail)); }, (error: unknown) => { editor.notify("error", error instanceof Error ? error.message : "The execution could not be loaded."); });
    },
  };
}

/** What is known of a run before the last one; the canvas keeps the last only. */
function useOlderRun(execution: string | null, node: string, index: number): NodeRunInfo | null {
  const editor = useEditor();
  const [found, setFound] = useState<NodeRunInfo | null>(null);
  useEffect(() => {
    setFound(null);
    if (execution === null) return;
    let isCurrent = true;
    void editor.client.runs?.load?.(execution).then(
      (detail) => { if (isCurrent) setFound(detail.runs.find((run) => run.node === node && run.run_index === index) ?? null); },
      () => undefined, // the data are shown all the same, without their times
    );
    return () => { isCurrent = false; };
  }, [editor, execution, node, index]);
  return found;
}

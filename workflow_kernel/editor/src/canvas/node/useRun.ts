/** What a node shows of the execution on the canvas. */
import { useCallback } from "react";
import { IDLE } from "../../model/runs";
import type { ExecutionView, NodeRunView } from "../../model/store";
import { useSelected } from "../context";
import { useCanvas } from "../useCanvas";

export function useRun(node: string): NodeRunView {
  const { editor } = useCanvas();
  const select = useCallback((view: ExecutionView | null) => view?.nodes[node] ?? IDLE, [node]);
  return useSelected(editor.execution, select);
}

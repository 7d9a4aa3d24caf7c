/** Keeps what differs from a version fresh while the draft is edited. */
import { useEffect } from "react";
import { compare } from "../../model/compare";
import { useCanvas } from "../useCanvas";

export function useComparison(): void {
  const { editor, state } = useCanvas();
  useEffect(() => {
    const leave = [
      editor.workflow.subscribe(() => {
        const shown = state.comparison.get();
        if (shown === null) return;
        state.comparison.set({ ...shown, found: compare(shown.before, editor.workflow.get()) });
      }),
      // A press on a card shows what changed of it.
      editor.selection.subscribe(() => {
        if (state.comparison.get() === null) return;
        const [only, ...more] = editor.selection.get();
        if (only !== undefined && more.length === 0) state.compared.set(only);
      }),
    ];
    return () => { for (const one of leave) one(); };
  }, [editor, state]);
}

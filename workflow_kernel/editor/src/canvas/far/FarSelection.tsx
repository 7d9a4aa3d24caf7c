/** Box selection in the far view, where React Flow does not know the nodes that are on the bitmap. */
import { useEffect } from "react";
import { useStoreApi } from "@xyflow/react";
import { overlaps } from "../../model/geometry";
import { useCanvas } from "../useCanvas";
import type { SceneBook } from "./scene";

export function FarSelection({ scenes }: { readonly scenes: SceneBook }) {
  const { editor } = useCanvas();
  const store = useStoreApi();
  useEffect(
    () =>
      store.subscribe((now, before) => {
        const rect = before.userSelectionRect;
        // It goes away when the button is let go.
        if (rect === null || now.userSelectionRect !== null || rect.width * rect.height === 0) return;
        const [x, y, zoom] = now.transform;
        const box = { x: (rect.x - x) / zoom, y: (rect.y - y) / zoom, width: rect.width / zoom, height: rect.height / zoom };
        editor.select(scenes.get().nodes.filter((node) => overlaps(node, box)).map((node) => node.id));
      }),
    [editor, scenes, store],
  );
  return null;
}

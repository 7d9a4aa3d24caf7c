/** The lines a dragged card snaps to. */
import { ViewportPortal } from "@xyflow/react";
import type { Guide } from "../model/guides";
import type { Readable } from "../model/observable";
import { useReadable } from "./context";

export function Guides({ guides }: { readonly guides: Readable<readonly Guide[]> }) {
  const shown = useReadable(guides);
  if (shown.length === 0) return null;
  return (
    <ViewportPortal>
      {shown.map((guide) => (
        <div
          key={guide.axis} className="wf-guide"
          style={guide.axis === "x"
            ? { left: guide.at, top: guide.from - 12, height: guide.to - guide.from + 24, width: 1 }
            : { left: guide.from - 12, top: guide.at, width: guide.to - guide.from + 24, height: 1 }}
        />
      ))}
    </ViewportPortal>
  );
}

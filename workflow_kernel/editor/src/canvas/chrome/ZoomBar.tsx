/** Zoom, fit and map, at the lower edge. */
import { Focus, Map as MapIcon, Minus, Plus } from "lucide";
import { useStore } from "@xyflow/react";
import { Icon } from "../../forms/parts/Icon";
import { useReadable } from "../context";
import { useCanvas } from "../useCanvas";

export function ZoomBar() {
  const { state, viewpoint } = useCanvas();
  const percent = useStore((flow) => Math.round(flow.transform[2] * 100));
  const isMapShown = useReadable(state.isMapShown);
  return (
    <div className="wf-zoom wf-surface" role="toolbar" aria-label="Zoom">
      <button type="button" className="wf-icon-button" aria-label="Zoom out" title="Zoom out (-)" onClick={() => { viewpoint.zoomBy(0.8); }}><Icon icon={Minus} /></button>
      <button type="button" className="wf-zoom-percent" title="Zoom to 100 % (0)" aria-label={`Zoom is ${percent} %; set it to 100 %`} onClick={() => { viewpoint.reset(); }}>{percent} %</button>
      <button type="button" className="wf-icon-button" aria-label="Zoom in" title="Zoom in (+)" onClick={() => { viewpoint.zoomBy(1.25); }}><Icon icon={Plus} /></button>
      <button type="button" className="wf-icon-button" aria-label="Show everything" title="Show everything (1)" onClick={() => { viewpoint.fit(); }}><Icon icon={Focus} /></button>
      <button type="button" className="wf-icon-button wf-wide-only" aria-label="Map" title="Map (M)" aria-pressed={isMapShown} onClick={() => { state.isMapShown.set(!isMapShown); }}><Icon icon={MapIcon} /></button>
    </div>
  );
}

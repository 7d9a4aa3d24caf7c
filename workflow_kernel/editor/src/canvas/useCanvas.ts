/** What the parts of the canvas share: the editor, what can be done, what is open. */
import { createContext, useContext } from "react";
import type { Actions } from "../model/actions";
import type { WorkflowEditor } from "../model/editor";
import type { CanvasState } from "./state";
import type { Derived } from "./derived";
import type { Viewpoint } from "./viewpoint";

export interface CanvasParts {
  readonly editor: WorkflowEditor;
  readonly actions: Actions;
  readonly state: CanvasState;
  readonly derived: Derived;
  readonly viewpoint: Viewpoint;
}

export const CanvasContext = createContext<CanvasParts | null>(null);

export function useCanvas(): CanvasParts {
  const parts = useContext(CanvasContext);
  if (parts === null) throw new Error("No canvas above this component.");
  return parts;
}

/** What somebody is told when others saved the same workflow. */
import type { Workflow } from "./types";

export interface Arrival {
  readonly conflicts: readonly string[];
  readonly version: number;
  readonly isMerged: boolean;
}

const MOST_NAMED = 3;

export function arrivalText(workflow: Workflow, { conflicts, version, isMerged }: Arrival): { readonly text: string; readonly mend: string } {
  if (!isMerged) return { text: `Somebody else saved this workflow: it is shown as of version ${String(version)}.`, mend: "" };
  if (conflicts.length === 0) return { text: "Somebody else saved this workflow meanwhile: their edits and yours were brought together.", mend: "" };
  const named = conflicts.slice(0, MOST_NAMED).map((path) => placeOf(workflow, path)).join(", ");
  const more = conflicts.length > MOST_NAMED ? ` and ${String(conflicts.length - MOST_NAMED)} more` : "";
  return {
    text: `Somebody else changed the same as you: ${named}${more}. Yours was kept.`,
    mend: `Theirs is version ${String(version)}; see Versions.`,
  };
}

/** `nodes.n1.parameters.url` as "url of HTTP request". */
function placeOf(workflow: Workflow, path: string): string {
  const [part, id = "", ...rest] = path.split(".");
  const node = part === "nodes" ? workflow.nodes[id] : undefined;
  if (node === undefined) return path;
  const field = rest.filter((name) => name !== "parameters").join(".");
  return field === "" ? `node ${node.name}` : `${field} of ${node.name}`;
}

/**
 * Edits of a workflow as values; the same as `workflow_kernel/graph/change.py`. Every edit in the editor is one of
 * these: forms and canvas call `editor.apply(change)`, nothing writes to the document otherwise.
 */
import type { Edge, Group, Json, Node, NodeField, Note, Path, Point, Settings } from "./types";

export type Detail = "name" | "id" | "description" | "tags";

export type Change =
  | { readonly type: "AddNode"; readonly node: Node; readonly index?: number }
  | { readonly type: "RemoveNode"; readonly node: string }
  | { readonly type: "Connect"; readonly edge: Edge; readonly index?: number }
  | { readonly type: "Disconnect"; readonly edge: Edge }
  | { readonly type: "MoveNode"; readonly node: string; readonly position: Point }
  | { readonly type: "RenameNode"; readonly node: string; readonly name: string }
  /** Sets a part of a node's parameters; without `value` the part goes. Objects missing on the path are made. */
  | { readonly type: "SetParameter"; readonly node: string; readonly path: Path; readonly value?: Json }
  | { [F in NodeField]: { readonly type: "SetNodeField"; readonly node: string; readonly field: F; readonly value: Node[F] } }[NodeField]
  | { readonly type: "SetSettings"; readonly settings: Settings }
  | { readonly type: "SetDetail"; readonly field: "tags"; readonly value: readonly string[] }
  | { readonly type: "SetDetail"; readonly field: Exclude<Detail, "tags">; readonly value: string }
  | { readonly type: "PutNote"; readonly note: Note }
  | { readonly type: "RemoveNote"; readonly note: string }
  | { readonly type: "PutGroup"; readonly group: Group }
  | { readonly type: "RemoveGroup"; readonly group: string }
  | { readonly type: "Changes"; readonly changes: readonly Change[] };

/** Several changes as one: one undo takes all of them back. */
export function together(...changes: readonly Change[]): Change {
  const [only] = changes;
  return changes.length === 1 && only !== undefined ? only : { type: "Changes", changes };
}

/** The frame of a group of nodes. Its header drags the whole group; double-click renames it. */
import { memo } from "react";
import type { NodeProps } from "@xyflow/react";
import { useReadable, useSelected } from "../context";
import type { GroupNode } from "../flow/flowNodes";
import { useCanvas } from "../useCanvas";
import { InlineName } from "./InlineName";

function GroupInner({ data, selected }: NodeProps<GroupNode>) {
  const { group } = data;
  const { editor, state } = useCanvas();
  const isReadOnly = useReadable(editor.isReadOnly);
  const isEditing = useSelected(state.editing, (id) => id === group.id);
  return (
    <div className="wf-cluster" data-selected={selected} data-color={group.color || "grey"}>
      <div
        className="wf-cluster-header"
        onDoubleClick={(event) => {
          event.stopPropagation();
          if (!isReadOnly) state.editing.set(group.id);
        }}
      >
        {isEditing ? (
          <InlineName
            value={group.title} label="Title of the group"
            onDone={(title) => {
              state.editing.set(null);
              if (title !== null && title.trim() !== "" && title !== group.title) editor.apply({ type: "PutGroup", group: { ...group, title: title.trim() } });
            }}
          />
        ) : (
          <span className="wf-ellipsis" title={group.title}>{group.title}</span>
        )}
        <span className="wf-cluster-count">{group.nodes.length}</span>
      </div>
    </div>
  );
}

export const GroupFrame = memo(GroupInner, (a, b) => a.data === b.data && a.selected === b.selected);

/** Short messages in a corner. They go by themselves, but for errors. */
import { useEffect } from "react";
import { CircleCheck, CircleX, Info, TriangleAlert, X } from "lucide";
import { Icon } from "../../forms/parts/Icon";
import type { Notice } from "../../model/store";
import { useReadable } from "../context";
import { useCanvas } from "../useCanvas";

const ICONS = { info: Info, success: CircleCheck, warning: TriangleAlert, error: CircleX } as const;
const SHOWN = 6000;

export function Notices() {
  const { editor, state } = useCanvas();
  const notices = useReadable(editor.notices);
  const announcement = useReadable(state.announcement);
  return (
    <>
      <div className="wf-notices" role="log" aria-live="polite" aria-label="Messages">
        {notices.map((notice) => <OneNotice key={notice.id} notice={notice} />)}
      </div>
      <div className="wf-hidden" role="status" aria-live="polite">{announcement}</div>
    </>
  );
}

function OneNotice({ notice }: { readonly notice: Notice }) {
  const { editor, viewpoint } = useCanvas();
  const node = useReadable(editor.workflow).nodes[notice.node ?? ""];
  const open = () => {
    if (node === undefined) return;
    editor.select([node.id]);
    viewpoint.reveal(node.id);
    editor.open(node.id);
    editor.dismiss(notice.id);
  };
  useEffect(() => {
    if (notice.kind === "error") return;
    const timer = setTimeout(() => { editor.dismiss(notice.id); }, SHOWN + notice.text.length * 30);
    return () => { clearTimeout(timer); };
  }, [editor, notice]);
  return (
    <div className="wf-notice wf-surface" data-kind={notice.kind}>
      <Icon icon={ICONS[notice.kind]} size={16} />
      <div className="wf-notice-words">
        <p>{notice.text}</p>
        {notice.mend !== undefined && <p className="wf-muted">{notice.mend}</p>}
        {node !== undefined && <button type="button" className="wf-text-button" onClick={open}>Open the node</button>}
      </div>
      <button type="button" className="wf-icon-button" aria-label="Dismiss" onClick={() => { editor.dismiss(notice.id); }}><Icon icon={X} size={14} /></button>
    </div>
  );
}

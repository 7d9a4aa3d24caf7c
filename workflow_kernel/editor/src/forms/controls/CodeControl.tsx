/** A whole program in its language, which can be edited in a large window. */
import { useState } from "react";
import { Maximize2 } from "lucide";
import { CodeEditor } from "../code/CodeEditor";
import type { ControlProps, ShapeOf } from "../Control";
import { Dialog } from "../parts/Dialog";
import { Icon } from "../parts/Icon";
import { optionLabel } from "../words";

const SHORT = new Set(["shell", ""]);

export function CodeControl({ shape, value, edit, hints, title, labelledBy, describedBy, isInvalid, isDisabled }: ControlProps<ShapeOf<"code">>) {
  const [isLarge, setLarge] = useState(false);
  const text = typeof value === "string" ? value : "";
  const shared = {
    value: text, onChange: (code: string) => { edit(code); }, language: shape.language, describedBy, isInvalid, isReadOnly: isDisabled, placeholder: hints.placeholder,
    isProgram: !SHORT.has(shape.language),
  };
  return (
    <div className="wf-code-box" data-invalid={isInvalid || undefined}>
      <CodeEditor {...shared} label={labelledBy === undefined ? title : undefined} labelledBy={labelledBy} minLines={SHORT.has(shape.language) ? 2 : 8} />
      <footer className="wf-code-footer">
        <span>{optionLabel(shape.language === "" ? "text" : shape.language)}</span>
        {shared.isProgram && <span className="wf-code-keys">Esc, then Tab leaves</span>}
        <button type="button" className="wf-mini-button" aria-label={`Edit ${title} in a large window`} title="Edit in a large window" onClick={() => { setLarge(true); }}>
          <Icon icon={Maximize2} size={13} />
        </button>
      </footer>
      {isLarge && (
        <Dialog title={title} onClose={() => { setLarge(false); }} className="wf-code-dialog">
          <CodeEditor {...shared} label={title} fills autoFocus />
        </Dialog>
      )}
    </div>
  );
}

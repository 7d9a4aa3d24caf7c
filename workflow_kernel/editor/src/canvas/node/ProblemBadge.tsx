/** The mark of a node something is wrong with; tells what on hover and focus, opens the node on a press. */
import { useRef, useState } from "react";
import { TriangleAlert } from "lucide";
import { Icon } from "../../forms/parts/Icon";
import { Popover } from "../../forms/parts/Popover";
import type { Problem } from "../../model/types";
import { useSelected } from "../context";
import { useCanvas } from "../useCanvas";

const NONE: readonly Problem[] = [];

export function ProblemBadge({ name, id, isUnknown }: { readonly name: string; readonly id: string; readonly isUnknown: boolean }) {
  const { derived, editor } = useCanvas();
  const found = useSelected(derived.problems, (problems) => problems.get(name) ?? NONE);
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  if (found.length === 0 && !isUnknown) return null;
  const hasErrors = isUnknown || found.some((problem) => problem.severity === "error");
  const messages = found.length > 0 ? found : [{ code: "", message: "Its node type is not installed here.", mend: "" }];
  const close = () => { setOpen(false); };
  return (
    <>
      <button
        ref={button} type="button" className="wf-problem-badge nodrag" data-severity={hasErrors ? "error" : "warning"} tabIndex={-1}
        aria-label={`${messages.length} problems: ${messages.map((one) => one.message).join(" ")}`}
        onMouseEnter={() => { setOpen(true); }} onMouseLeave={close} onFocus={() => { setOpen(true); }} onBlur={close}
        onClick={(event) => {
          event.stopPropagation();
          editor.open(id);
        }}
      >
        <Icon icon={TriangleAlert} size={12} />
      </button>
      {isOpen && (
        <Popover anchor={button} onClose={close} label="Problems" role="tooltip" placement="below-start" className="wf-problem-list">
          {messages.slice(0, 5).map((problem) => (
            <p key={`${problem.code}${problem.message}`}><strong>{problem.message}</strong> {problem.mend}</p>
          ))}
          {messages.length > 5 && <p className="wf-muted">and {messages.length - 5} more</p>}
        </Popover>
      )}
    </>
  );
}

/** What an expression gives for the chosen item, or why it gives nothing. */
import type { Path } from "../model/types";
import { useForm } from "./context";
import { usePreview } from "./usePreview";
import { brief } from "./words";

interface ExpressionResultProps {
  readonly text: string;
  readonly path: Path;
  readonly isFocused: boolean;
  readonly isLarge?: boolean;
}

export function ExpressionResult({ text, path, isFocused, isLarge = false }: ExpressionResultProps) {
  const { expressions } = useForm();
  const state = usePreview(path, text);
  if (expressions === null || state.is !== "known") {
    return isFocused && state.is === "asking" ? <div className="wf-result" data-kind="asking">…</div> : null;
  }
  const { preview } = state;
  const of = `item ${expressions.item + 1}`;
  if (expressions.isWithoutData && (!preview.ok || preview.value === null)) {
    return isFocused ? <div className="wf-result" data-kind="asking">The result is shown here once the nodes before have run.</div> : null;
  }
  if (!preview.ok) {
    return (
      <div className="wf-result" data-kind="error" data-large={isLarge || undefined} role={isFocused ? "status" : undefined}>
        <span className="wf-result-value">{preview.message} {preview.mend ?? ""}</span>
      </div>
    );
  }
  const full = typeof preview.value === "string" ? preview.value : JSON.stringify(preview.value, null, isLarge ? 2 : 0);
  const shown = isLarge ? full : brief(full, isFocused ? 600 : 140);
  return (
    <div className="wf-result" data-kind={preview.value === null ? "empty" : "value"} data-large={isLarge || undefined} role={isFocused ? "status" : undefined} title={`${preview.type}, for ${of}`}>
      {isLarge && <span className="wf-result-label">Result for {of} · {preview.type}</span>}
      {shown === "" ? <span className="wf-result-value wf-muted">empty text</span> : <span className="wf-result-value">{shown}</span>}
      {!isLarge && isFocused && <span className="wf-result-type">{preview.type}</span>}
    </div>
  );
}

/** In a row of a list: a small button in the field that makes its value an expression. */
import { SquareFunction } from "lucide";
import { Icon } from "./parts/Icon";
import type { Mode } from "./useMode";

export function ModeToggle({ mode, title }: { readonly mode: Mode; readonly title: string }) {
  return (
    <button type="button" className="wf-mode-toggle" aria-label={`Use an expression for ${title}`} title="Use an expression" onClick={mode.toExpression}>
      <Icon icon={SquareFunction} size={14} />
    </button>
  );
}

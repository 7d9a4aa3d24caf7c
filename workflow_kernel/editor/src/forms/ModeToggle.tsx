/** In a row of a list: one small button that makes the value an expression, or fixed again. */
import { SquareFunction } from "lucide";
import { Icon } from "./parts/Icon";
import type { Mode } from "./useMode";

interface ModeToggleProps {
  readonly mode: Mode;
  readonly isExpression: boolean;
  readonly title: string;
  readonly isDisabled: boolean;
}

export function ModeToggle({ mode, isExpression, title, isDisabled }: ModeToggleProps) {
  const label = isExpression ? `Use a fixed value for ${title}` : `Use an expression for ${title}`;
  return (
    <button
      type="button" className="wf-mode-toggle" aria-pressed={isExpression} aria-label={label} title={isExpression ? "Use a fixed value" : "Use an expression"}
      disabled={isDisabled} onClick={isExpression ? mode.toFixed : mode.toExpression}
    >
      <Icon icon={SquareFunction} size={14} />
    </button>
  );
}

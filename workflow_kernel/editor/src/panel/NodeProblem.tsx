/** Something that is wrong with a node and belongs to no field. */
import { Rich } from "../forms/parts/Rich";
import type { Problem } from "../model/types";

interface NodeProblemProps {
  readonly problem: Problem;
  /** Takes away the parameter it is about, which no field shows. */
  readonly onRemove?: () => void;
}

export function NodeProblem({ problem, onRemove }: NodeProblemProps) {
  return (
    <p className="wf-node-problem" data-severity={problem.severity} title={problem.code}>
      <Rich text={`${problem.message} ${problem.mend}`.trim()} />
      {onRemove !== undefined && <> <button type="button" className="wf-text-button" onClick={onRemove}>Remove it</button></>}
    </p>
  );
}

/** What is wrong with a field, under it. */
import type { Problem } from "../model/types";
import { Rich } from "./parts/Rich";

interface FieldProblemsProps {
  readonly id: string;
  /** What the host has found. */
  readonly told: readonly Problem[];
  /** What is seen here; shown when the host says nothing. */
  readonly local: string | null;
}

export function FieldProblems({ id, told, local }: FieldProblemsProps) {
  const lines = told.length > 0 ? told.map((problem) => ({ severity: problem.severity, text: `${problem.message} ${problem.mend}`.trim(), code: problem.code })) : [];
  const shown = lines.length === 0 && local !== null ? [{ severity: "error" as const, text: local, code: "" }] : lines;
  return (
    <div id={id} className="wf-field-problems" aria-live="polite">
      {shown.map((line) => (
        <p key={`${line.code} ${line.text}`} className="wf-field-problem" data-severity={line.severity} title={line.code}>
          <Rich text={line.text} />
        </p>
      ))}
    </div>
  );
}

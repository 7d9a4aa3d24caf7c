/** Why the run failed, and what to do about it. */
import { useState } from "react";
import { CircleAlert, Clipboard } from "lucide";
import { copyText } from "../data/copy";
import { Icon } from "../forms/parts/Icon";
import { Rich } from "../forms/parts/Rich";
import type { ErrorInfo } from "../model/types";

interface RunErrorProps {
  readonly error: ErrorInfo;
  readonly attempt: number;
  /** The run went on all the same. */
  readonly isRecovered: boolean;
  readonly onItem: (item: number) => void;
}

export function RunError({ error, attempt, isRecovered, onItem }: RunErrorProps) {
  const [showsAll, setShowsAll] = useState(false);
  const item = error.item ?? null;
  const details = error.data === undefined || error.data === null ? "" : JSON.stringify(error.data, null, 2);
  const hasMore = (error.description ?? "") !== "" || details !== "" || (error.expression ?? "") !== "";
  return (
    <div className="wf-run-error" role="alert" data-recovered={isRecovered || undefined}>
      <Icon icon={CircleAlert} size={18} />
      <div>
        <p className="wf-run-error-message"><Rich text={error.message} /></p>
        {(error.mend ?? "") !== "" && <p><Rich text={error.mend ?? ""} /></p>}
        <p className="wf-run-error-facts">
          {[error.code, attempt > 1 ? `after ${attempt} tries` : "", isRecovered ? "the run went on" : ""].filter((fact) => fact !== undefined && fact !== "").join(" · ")}
          {item !== null && <button type="button" className="wf-text-button" onClick={() => { onItem(item); }}>Show item {item + 1}</button>}
          {hasMore && <button type="button" className="wf-text-button" aria-expanded={showsAll} onClick={() => { setShowsAll(!showsAll); }}>{showsAll ? "Less" : "More"}</button>}
          <button type="button" className="wf-text-button" onClick={() => void copyText(JSON.stringify(error, null, 2))}><Icon icon={Clipboard} size={12} /> Copy</button>
        </p>
        {showsAll && (
          <pre className="wf-cell-text wf-scroll" tabIndex={0}>{[error.description, error.expression, details].filter((text) => text !== undefined && text !== "").join("\n\n")}</pre>
        )}
      </div>
    </div>
  );
}

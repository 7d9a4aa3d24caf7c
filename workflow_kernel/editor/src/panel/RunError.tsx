/** Why the run failed, and what to do about it. */
import { useState } from "react";
import { BookOpen, CircleAlert, Clipboard } from "lucide";
import type { RunsClient } from "../client/client";
import { AttachmentPreview } from "../data/AttachmentPreview";
import { fileNameOf, reportIn } from "../data/attachments";
import type { Placed } from "../data/attachments";
import { copyText } from "../data/copy";
import { DownloadLink } from "../data/DownloadLink";
import { Dialog } from "../forms/parts/Dialog";
import { Icon } from "../forms/parts/Icon";
import { Rich } from "../forms/parts/Rich";
import type { ErrorInfo } from "../model/types";

interface RunErrorProps {
  readonly error: ErrorInfo;
  readonly attempt: number;
  /** The run went on all the same. */
  readonly isRecovered: boolean;
  readonly onItem: (item: number) => void;
  /** Gives what the run left behind. */
  readonly runs?: RunsClient | undefined;
  readonly execution?: string | undefined;
}

export function RunError({ error, attempt, isRecovered, onItem, runs, execution }: RunErrorProps) {
  const [showsAll, setShowsAll] = useState(false);
  const item = error.item ?? null;
  const [opened, setOpened] = useState<Placed | null>(null);
  const report = runs === undefined || execution === undefined ? [] : reportIn(error);
  const facts = Object.entries(error.data ?? {}).filter(([name]) => name !== "report");
  const details = facts.length === 0 ? "" : JSON.stringify(Object.fromEntries(facts), null, 2);
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
        {runs !== undefined && execution !== undefined && report.length > 0 && (
          <div className="wf-run-error-report">
            {report.map((placed) => (
              <span key={placed.name}>
                <button type="button" className="wf-button" onClick={() => { setOpened(placed); }}><Icon icon={BookOpen} size={14} />Open {fileNameOf(placed)}</button>
                <DownloadLink runs={runs} execution={execution} placed={placed} />
              </span>
            ))}
          </div>
        )}
        {opened !== null && runs !== undefined && execution !== undefined && (
          <Dialog title={fileNameOf(opened)} onClose={() => { setOpened(null); }} className="wf-file-dialog">
            <AttachmentPreview runs={runs} execution={execution} placed={opened} />
          </Dialog>
        )}
        {showsAll && (
          <pre className="wf-cell-text wf-scroll" tabIndex={0}>{[error.description, error.expression, details].filter((text) => text !== undefined && text !== "").join("\n\n")}</pre>
        )}
      </div>
    </div>
  );
}

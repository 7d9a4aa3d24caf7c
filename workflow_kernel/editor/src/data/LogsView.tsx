/** What a node run logged and printed. */
import { useEffect, useState } from "react";
import type { LogLine, NodeRunAddress, RunsClient } from "../client/client";
import { copyText } from "./copy";
import { Segmented } from "../forms/parts/Segmented";
import { clock } from "./times";
import { useVirtual } from "./useVirtual";

const LEVELS = [{ value: "debug", label: "All" }, { value: "info", label: "Info" }, { value: "warning", label: "Warnings" }, { value: "error", label: "Errors" }] as const;
const ORDER = { debug: 0, info: 1, warning: 2, error: 3 };
const LINE = 22;

interface LogsViewProps {
  readonly runs: RunsClient;
  readonly address: NodeRunAddress;
  /** Another one when there may be more. */
  readonly moment: string;
}

export function LogsView({ runs, address, moment }: LogsViewProps) {
  const [lines, setLines] = useState<readonly LogLine[] | null>(null);
  const [message, setMessage] = useState("");
  const [level, setLevel] = useState<keyof typeof ORDER>("debug");
  const { execution, node, run_index } = address;
  useEffect(() => {
    let isCurrent = true;
    runs.loadLogs({ execution, node, run_index }).then(
      (found) => { if (isCurrent) { setLines(found); setMessage(""); } },
      (error: unknown) => { if (isCurrent) setMessage(error instanceof Error ? error.message : "The logs could not be loaded."); },
    );
    return () => { isCurrent = false; };
  }, [runs, execution, node, run_index, moment]);
  const shown = (lines ?? []).filter((line) => ORDER[line.level] >= ORDER[level]).flatMap((line) => line.text.split("\n").map((text, index) => ({ ...line, text, isFirst: index === 0 })));
  const virtual = useVirtual(shown.length, LINE);
  if (message !== "") return <p className="wf-data-message" role="alert">{message}</p>;
  if (lines === null) return <p className="wf-empty-line">Loading…</p>;
  if (lines.length === 0) return <p className="wf-empty-line">This run logged nothing. What a node prints or logs is shown here.</p>;
  return (
    <div className="wf-logs">
      <div className="wf-data-tools">
        <Segmented size="small" label="Least level" segments={LEVELS} value={level} onChange={setLevel} />
        <button type="button" className="wf-mini-button" onClick={() => void copyText(shown.map((line) => `${clock(line.at)} ${line.level} ${line.text}`).join("\n"))}>Copy</button>
      </div>
      <div ref={virtual.box} className="wf-logs-box wf-scroll" onScroll={virtual.onScroll} tabIndex={0} role="log" aria-label="Log">
        <div style={{ height: virtual.height, position: "relative" }}>
          {shown.slice(virtual.first, virtual.end).map((line, position) => (
            <div key={virtual.first + position} className="wf-log" data-level={line.level} style={{ transform: `translateY(${virtual.topOf(virtual.first + position)}px)` }} title={line.text}>
              <time>{line.isFirst ? clock(line.at) : ""}</time>
              <span className="wf-log-level">{line.isFirst ? line.level : ""}</span>
              <span className="wf-log-text">{line.text}</span>
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}

/** What the node sent: data by port, errors, logs, earlier runs. */
import { useEffect, useId, useState } from "react";
import { ChevronLeft, ChevronRight, Pencil, Pin, PinOff, Play } from "lucide";
import { useEditor, useReadable } from "../canvas/context";
import { portTitle } from "../canvas/derived";
import { DataEditor, DataView, LogsView, duration, runSource, when } from "../data";
import type { RunsClient } from "../client/client";
import type { DataSource, DataWay, Marking } from "../data";
import { Icon } from "../forms/parts/Icon";
import type { MenuItem } from "../forms/parts/Menu";
import { counted } from "../forms/words";
import type { Item, JsonObject, Node } from "../model/types";
import { HistoryView } from "./HistoryView";
import { pinSource } from "./inputs";
import { RunError } from "./RunError";
import { stateWords } from "./states";
import { Tabs } from "./Tabs";
import { firstOf, usePins } from "./usePins";
import { WaitNote } from "./WaitNote";
import type { RunFacts, RunShown } from "./useRunShown";

interface OutputPaneProps {
  readonly node: Node;
  readonly run: RunShown;
  readonly way: DataWay;
  readonly onWay: (way: DataWay) => void;
  readonly onItem: (item: number) => void;
  readonly onPoint: (index: number | null, item: Item | undefined) => void;
  readonly onOrigin: (item: Item) => void;
  readonly marked: Marking;
}

type Part = "data" | "logs" | "history";

export function OutputPane({ node, run, way, onWay, onItem, onPoint, onOrigin, marked }: OutputPaneProps) {
  const editor = useEditor();
  const { runs } = editor.client;
  const id = useId();
  const [part, setPart] = useState<Part>("data");
  const { execution, info } = run;
  const tabs = [
    { value: "data" as const, label: "Data" },
    ...(runs === undefined ? [] : [{ value: "logs" as const, label: "Logs" }, { value: "history" as const, label: "History" }]),
  ];
  return (
    <section className="wf-pane wf-pane-output" aria-label="Output">
      <header className="wf-pane-header">
        <h3>Output</h3>
        {info !== null && <RunBadge info={info} node={node.id} />}
        <Tabs id={id} label="Parts of the output" tabs={tabs} value={part} onChange={setPart} />
      </header>
      {run.isOld && execution !== null && (
        <p className="wf-banner">
          <span>The run of {when(execution.started_at)}</span>
          <button type="button" className="wf-text-button" onClick={() => { run.showOld(null); }}>Back to the last one</button>
        </p>
      )}
      {run.runs > 1 && part !== "history" && <RunChooser run={run} />}
      <div id={`${id}-pane`} role="tabpanel" aria-labelledby={`${id}-${part}`} className="wf-pane-body">
        {part === "data" && <OutputData node={node} run={run} way={way} onWay={onWay} onItem={onItem} onPoint={onPoint} onOrigin={onOrigin} marked={marked} />}
        {part === "logs" && runs !== undefined && (
          execution === null || info === null ? <p className="wf-empty-line">The node has not run yet.</p> : (
            <LogsView runs={runs} address={{ execution: execution.id, node: node.id, run_index: run.index }} moment={`${info.state} ${info.attempt}`} />
          )
        )}
        {part === "history" && <HistoryView node={node.id} shown={execution?.id ?? null} onShow={(chosen, index) => { run.showOld(chosen, index); setPart("data"); }} />}
      </div>
    </section>
  );
}

function RunBadge({ info, node }: { readonly info: RunFacts; readonly node: string }) {
  const editor = useEditor();
  const isStale = useReadable(editor.stale).has(node);
  return (
    <span className="wf-run-badge" data-state={info.state} title={info.message}>
      {stateWords(info.state)}{info.seconds === null ? "" : ` · ${duration(info.seconds)}`}
      {isStale && <em title="Something has been changed since this run"> · out of date</em>}
    </span>
  );
}

function RunChooser({ run }: { readonly run: RunShown }) {
  return (
    <div className="wf-run-chooser" role="group" aria-label="Run of the node">
      <button type="button" className="wf-mini-button" aria-label="Run before" disabled={run.index === 0} onClick={() => { run.setIndex(run.index - 1); }}><Icon icon={ChevronLeft} size={15} /></button>
      <label>Run <input className="wf-input" type="number" min={1} max={run.runs} value={run.index + 1} aria-label="Number of the run" onChange={(event) => { run.setIndex(Math.min(Math.max(Number(event.target.value) || 1, 1), run.runs) - 1); }} /> of {run.runs.toLocaleString("en-US")}</label>
      <button type="button" className="wf-mini-button" aria-label="Next run" disabled={run.index >= run.runs - 1} onClick={() => { run.setIndex(run.index + 1); }}><Icon icon={ChevronRight} size={15} /></button>
    </div>
  );
}

function OutputData({ node, run, way, onWay, onItem, onPoint, onOrigin, marked }: OutputPaneProps) {
  const editor = useEditor();
  const { runs } = editor.client;
  const id = useId();
  const isReadOnly = useReadable(editor.isReadOnly);
  useReadable(editor.portsVersion);
  const pins = usePins(node);
  const { execution, info } = run;
  const outputs = editor.ports(node).outputs;
  const [chosen, setChosen] = useState("");
  const [edited, setEdited] = useState<readonly JsonObject[] | null>(null);
  const busiest = outputs.find((port) => (info?.items[port.name] ?? 0) > 0)?.name;
  const port = outputs.find((one) => one.name === chosen)?.name ?? busiest ?? outputs[0]?.name;
  useEffect(() => {
    setChosen("");
  }, [node.id]);
  if (info?.state === "waiting" && pins.of(port ?? "") === undefined) return <WaitNote node={node} run={run} />;
  if (port === undefined) return <OutputEmpty node={node} info={info} />;

  const pinned = pins.of(port);
  const source: DataSource | null = pinned !== undefined ? pinSource(pinned) : execution === null || info === null || runs === undefined || info.state !== "succeeded" ? null
    : runSource(runs, { execution: execution.id, node: node.id, run_index: run.index, side: "output", port }, info.state);
  const edit = async () => { setEdited(source === null ? [] : (await firstOf(source)).items); };
  const actions: MenuItem[] = isReadOnly ? [] : [
    pinned === undefined
      ? { label: "Pin these items", icon: Pin, isDisabled: source === null, onChoose: () => { if (source !== null) void pins.take(port, source); } }
      : { label: "Unpin", icon: PinOff, onChoose: () => { pins.clear(port); } },
    { label: "Edit data", icon: Pencil, onChoose: () => void edit() },
  ];
  return (
    <>
      {outputs.length > 1 && (
        <Tabs
          id={id} kind="ports" label="Outputs" value={port} onChange={setChosen}
          tabs={outputs.map((one) => ({ value: one.name, label: portTitle(one), mark: (pins.of(one.name)?.length ?? info?.items[one.name])?.toLocaleString("en-US") }))}
        />
      )}
      {pinned !== undefined && (
        <p className="wf-banner" data-kind="pin">
          <Icon icon={Pin} size={13} />
          <span>Pinned: {counted(pinned.length, "item")} stand in this node’s place in manual runs.</span>
          {!isReadOnly && <button type="button" className="wf-text-button" onClick={() => { pins.clear(port); }}>Unpin</button>}
        </p>
      )}
      <Failure info={info} onItem={onItem} runs={runs} execution={execution?.id} />
      {source === null ? (
        <OutputEmpty node={node} info={info} onSample={isReadOnly ? undefined : () => void edit()} />
      ) : (
        <DataView
          source={source} label="Output" way={way} onWay={onWay} runs={runs} actions={actions} onPoint={onPoint} onOrigin={onOrigin} marked={marked}
          empty={<p className="wf-empty-line">No items left by this output, so nothing after it runs.</p>}
        />
      )}
      {edited !== null && (
        <DataEditor title={`Data of ${node.name}`} first={edited} onClose={() => { setEdited(null); }} onSave={(items) => { pins.set(port, items); setEdited(null); }} />
      )}
    </>
  );
}

interface FailureProps {
  readonly info: RunFacts | null;
  readonly onItem: (item: number) => void;
  readonly runs: RunsClient | undefined;
  readonly execution: string | undefined;
}

function Failure({ info, onItem, runs, execution }: FailureProps) {
  const error = info?.error ?? null;
  return error === null ? null : <RunError error={error} attempt={info?.attempt ?? 1} isRecovered={info?.state === "succeeded"} onItem={onItem} runs={runs} execution={execution} />;
}

interface OutputEmptyProps {
  readonly node: Node;
  readonly info: RunFacts | null;
  readonly onSample?: () => void;
}

function OutputEmpty({ node, info, onSample }: OutputEmptyProps) {
  const editor = useEditor();
  const isReadOnly = useReadable(editor.isReadOnly);
  if (info?.state === "failed") return null;
  if (info !== null && info.state !== "succeeded") return <div className="wf-pane-empty" data-state={info.state}><p>{stateWords(info.state)}{info.message === "" ? "" : `: ${info.message}`}</p></div>;
  if (info !== null) return <div className="wf-pane-empty"><p>This node has no outputs.</p></div>;
  return (
    <div className="wf-pane-empty">
      <p>Run the node to see what it sends.</p>
      {editor.client.runs !== undefined && !isReadOnly && <button type="button" className="wf-button" data-kind="primary" onClick={() => void editor.run({ to: node.id })}><Icon icon={Play} size={14} />Run to here</button>}
      {onSample !== undefined && <button type="button" className="wf-text-button" onClick={onSample}>or write sample data</button>}
    </div>
  );
}

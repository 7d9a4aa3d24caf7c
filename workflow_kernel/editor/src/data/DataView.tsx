/** Data of one port: as a table, JSON, fields, files or a chart, with search and what can be done with it. */
import { useDeferredValue, useMemo, useRef, useState } from "react";
import type { ReactNode } from "react";
import { Braces, ChartColumn, Clipboard, Download, EllipsisVertical, ListTree, Paperclip, Search, Table, X } from "lucide";
import type { RunsClient } from "../client/client";
import type { Reference } from "../forms/expression";
import { Icon } from "../forms/parts/Icon";
import { Menu } from "../forms/parts/Menu";
import type { MenuItem } from "../forms/parts/Menu";
import { Segmented } from "../forms/parts/Segmented";
import { counted } from "../forms/words";
import type { Item } from "../model/types";
import { AttachmentsView } from "./AttachmentsView";
import { ChartView } from "./ChartView";
import { columnsOf } from "./columns";
import { asJson, asTable, copyText, download } from "./copy";
import { JsonView } from "./JsonView";
import { firstItems } from "./pages";
import type { PagesState } from "./pages";
import { SchemaView } from "./SchemaView";
import type { DataSource } from "./source";
import { TableView } from "./TableView";
import { usePages } from "./usePages";
import type { Marking, ViewProps } from "./view";

export type DataWay = "schema" | "table" | "json" | "files" | "chart";

const WAYS = [
  { value: "schema", label: "Schema", icon: ListTree }, { value: "table", label: "Table", icon: Table }, { value: "json", label: "JSON", icon: Braces },
  { value: "files", label: "Files", icon: Paperclip }, { value: "chart", label: "Chart", icon: ChartColumn },
] as const;
const MOST_COPIED = 4_000;

export interface DataViewProps {
  readonly source: DataSource;
  readonly label: string;
  readonly way: DataWay;
  readonly onWay: (way: DataWay) => void;
  readonly runs?: RunsClient;
  readonly refer?: ViewProps["refer"];
  readonly onInsert?: (reference: Reference) => void;
  readonly current?: number | null;
  readonly onCurrent?: (index: number) => void;
  readonly onOrigin?: (item: Item) => void;
  readonly marked?: Marking;
  readonly onPoint?: (index: number | null, item: Item | undefined) => void;
  readonly failing?: number | null;
  readonly actions?: readonly MenuItem[];
  readonly empty?: ReactNode;
}

const NONE: Marking = () => false;

export function DataView(props: DataViewProps) {
  const { source, label, way, onWay, actions = [], empty } = props;
  const [typed, setTyped] = useState("");
  const [isSearching, setSearching] = useState(false);
  const searched = useDeferredValue(typed.trim());
  // The names of fields are searched here; values are, where all of them are.
  const [pages, state] = usePages(source, way === "schema" ? "" : searched);
  const ways = useMemo(() => waysFor(state), [state]);
  const button = useRef<HTMLButtonElement>(null);
  const shown = ways.some((one) => one.value === way) ? way : (ways[0]?.value ?? "table");
  const view: ViewProps = {
    pages, state, total: state.total ?? 0, search: searched, label, refer: props.refer ?? null, onInsert: props.onInsert, current: props.current ?? null, onCurrent: props.onCurrent,
    // Positions of found items say nothing of those of all.
    marked: searched === "" ? (props.marked ?? NONE) : NONE, onPoint: props.onPoint, onOrigin: props.onOrigin, failing: props.failing ?? null,
  };
  const close = () => {
    setSearching(false);
    setTyped("");
    button.current?.focus();
  };
  return (
    <div className="wf-data">
      <div className="wf-data-tools">
        <span className="wf-data-count">{state.total === null ? "…" : countText(state)}</span>
        <Segmented size="small" label={`How ${label} is shown`} segments={ways} value={shown} onChange={onWay} isCompact />
        <button ref={button} type="button" className="wf-mini-button" aria-label="Search" title="Search" aria-expanded={isSearching} onClick={() => { if (isSearching) close(); else setSearching(true); }}>
          <Icon icon={Search} size={14} />
        </button>
        <Menu label={`More for ${label}`} className="wf-mini-button" items={[...actions, ...copyItems(state, label)]}><Icon icon={EllipsisVertical} size={14} /></Menu>
      </div>
      {isSearching && (
        <div className="wf-data-search">
          <input
            className="wf-input" aria-label={`Search ${label}`} placeholder={shown === "schema" ? "Search names of fields" : "Search values"} value={typed} autoFocus
            onChange={(event) => { setTyped(event.target.value); }}
            onKeyDown={(event) => {
              if (event.key !== "Escape") return;
              event.stopPropagation();
              close();
            }}
          />
          <button type="button" className="wf-mini-button" aria-label="End search" onClick={close}><Icon icon={X} size={14} /></button>
        </div>
      )}
      {state.message !== "" && (
        <div className="wf-data-message" role="alert">
          <p>{state.message}</p>
          <button type="button" className="wf-button" onClick={() => { pages.retry(); }}>Try again</button>
        </div>
      )}
      <div className="wf-data-body" aria-busy={state.isLoading}>
        {state.total === 0 ? (searched === "" ? (empty ?? <p className="wf-empty-line">No items.</p>) : <p className="wf-empty-line">No item contains “{searched}”.</p>) : state.total === null ? (
          state.message === "" && <p className="wf-empty-line">Loading…</p>
        ) : (
          <View way={shown} view={view} runs={props.runs} execution={source.execution} key={`${source.key} ${searched}`} />
        )}
      </div>
    </div>
  );
}

interface ShownViewProps {
  readonly way: DataWay;
  readonly view: ViewProps;
  readonly runs: RunsClient | undefined;
  readonly execution: string | null;
}

function View({ way, view, runs, execution }: ShownViewProps) {
  switch (way) {
    case "schema": return <SchemaView {...view} />;
    case "table": return <TableView {...view} />;
    case "json": return <JsonView {...view} />;
    case "chart": return <ChartView {...view} />;
    case "files": return runs === undefined || execution === null ? null : <AttachmentsView {...view} runs={runs} execution={execution} />;
  }
}

/** Those that show something of what is loaded. */
function waysFor(state: PagesState): (typeof WAYS)[number][] {
  const items = firstItems(state, 100);
  const hasFiles = items.some((item) => item.binary !== undefined && Object.keys(item.binary).length > 0);
  const hasNumbers = items.some((item) => typeof item.json === "object" && item.json !== null && Object.values(item.json).some((value) => typeof value === "number"));
  return WAYS.filter(({ value }) => (value === "files" ? hasFiles : value === "chart" ? hasNumbers && (state.total ?? 0) > 1 : true));
}

function countText({ total, kind }: PagesState): string {
  if (kind === "object") return "1 object";
  return counted(total ?? 0, kind === "table" ? "row" : "item");
}

function copyItems(state: PagesState, label: string): MenuItem[] {
  const items = firstItems(state, MOST_COPIED);
  const names = () => columnsOf(state).map((column) => column.name);
  const isDisabled = items.length === 0;
  // What is copied is what has been loaded; the heading says how much that is.
  return [
    { label: items.length < (state.total ?? 0) ? `The first ${counted(items.length, "item")}` : "All of it" },
    { label: "Copy as JSON", icon: Clipboard, isDisabled, onChoose: () => void copyText(asJson(items)) },
    { label: "Copy for a spreadsheet", icon: Clipboard, isDisabled, onChoose: () => void copyText(asTable(items, names(), "\t")) },
    { label: "Download as JSON", icon: Download, isDisabled, onChoose: () => { download(`${label}.json`, "application/json", asJson(items)); } },
    { label: "Download as CSV", icon: Download, isDisabled, onChoose: () => { download(`${label}.csv`, "text/csv", asTable(items, names(), ",")); } },
  ];
}

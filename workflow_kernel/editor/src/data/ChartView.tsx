/** Numbers of the items as a small chart: how they are spread, how they go, how they compare. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { ChartColumn, ChartLine, ChartNoAxesColumn } from "lucide";
import { Segmented } from "../forms/parts/Segmented";
import { Select } from "../forms/parts/Select";
import { counted } from "../forms/words";
import { BarChart } from "./BarChart";
import { histogram, short, thinned } from "./chart";
import { cellOf, cellText, columnsOf } from "./columns";
import { LineChart } from "./LineChart";
import { firstItems } from "./pages";
import type { ViewProps } from "./view";

type Kind = "spread" | "line" | "bars";

const KINDS = [
  { value: "spread", label: "Spread", icon: ChartColumn }, { value: "line", label: "Line", icon: ChartLine }, { value: "bars", label: "Bars", icon: ChartNoAxesColumn },
] as const;
const CHARTED = 2_000;
const MOST_POINTS = 600;
const MOST_BARS = 40;
const LEAST_WIDTH = 280;
const MOST_WIDTH = 760;

export function ChartView({ pages, state, total }: ViewProps) {
  useEffect(() => {
    pages.want(0, Math.min(total, CHARTED));
  }, [pages, state, total]);
  const items = firstItems(state, CHARTED);
  const columns = useMemo(() => columnsOf(state), [state]);
  const numbers = columns.filter((column) => items.slice(0, 50).some((item) => typeof cellOf(item, column.name) === "number"));
  const names = columns.filter((column) => !numbers.includes(column));
  const [chosen, setChosen] = useState("");
  const [named, setNamed] = useState("");
  const [kind, setKind] = useState<Kind>("spread");
  // Ids are numbers nobody wants to see drawn.
  const value = (numbers.find((column) => column.name === chosen) ?? numbers.find((column) => !/(^|_)id$/i.test(column.name)) ?? numbers[0])?.name;
  const name = names.find((column) => column.name === named)?.name ?? names[0]?.name;
  if (value === undefined) return <p className="wf-empty-line">{state.isLoading ? "Loading…" : "There are no numbers here to draw."}</p>;
  const rows = items.flatMap((item, index) => {
    const number = cellOf(item, value);
    return typeof number === "number" && Number.isFinite(number) ? [{ number, label: name === undefined ? String(index + 1) : cellText(cellOf(item, name)) }] : [];
  });
  return (
    <div className="wf-chart">
      <div className="wf-chart-tools">
        <Segmented size="small" label="Kind of chart" segments={KINDS} value={kind} onChange={setKind} />
        <Select label="Numbers" value={value} options={numbers.map((column) => ({ value: column.name, label: column.name }))} onChange={setChosen} />
        {kind === "bars" && name !== undefined && <Select label="Names" value={name} options={names.map((column) => ({ value: column.name, label: `by ${column.name}` }))} onChange={setNamed} />}
      </div>
      <Drawing kind={kind} rows={rows} value={value} />
      <p className="wf-data-note">
        {counted(rows.length, "value")} of {counted(items.length, "item")}{items.length < total ? `, the first of ${total.toLocaleString("en-US")}` : ""}
        {rows.length > 0 && ` · least ${short(Math.min(...rows.map((row) => row.number)))} · mean ${short(rows.reduce((sum, row) => sum + row.number, 0) / rows.length)} · most ${short(Math.max(...rows.map((row) => row.number)))}`}
      </p>
    </div>
  );
}

interface DrawingProps {
  readonly kind: Kind;
  readonly rows: readonly { readonly number: number; readonly label: string }[];
  readonly value: string;
}

function Drawing(props: DrawingProps) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(MOST_WIDTH);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const read = () => { setWidth(Math.min(Math.max(element.clientWidth, LEAST_WIDTH), MOST_WIDTH)); };
    read();
    const observer = new ResizeObserver(read);
    observer.observe(element);
    return () => { observer.disconnect(); };
  }, []);
  return <div ref={box}><Picture {...props} width={width} /></div>;
}

function Picture({ kind, rows, value, width }: DrawingProps & { readonly width: number }) {
  switch (kind) {
    case "spread": {
      const bins = histogram(rows.map((row) => row.number));
      return <BarChart width={width} title={`How the values of ${value} are spread`} bars={bins.map((bin) => ({ label: short(bin.from), hint: `${short(bin.from)} to ${short(bin.to)}: ${counted(bin.count, "item")}`, value: bin.count }))} isTight />;
    }
    case "line":
      return <LineChart width={width} title={`${value} by item`} points={thinned(rows.map((row) => row.number), MOST_POINTS)} count={rows.length} />;
    case "bars": {
      const sums = new Map<string, number>();
      for (const row of rows) sums.set(row.label, (sums.get(row.label) ?? 0) + row.number);
      const bars = [...sums].slice(0, MOST_BARS).map(([label, sum]) => ({ label, hint: `${label}: ${short(sum)}`, value: sum }));
      return <BarChart width={width} title={`Sum of ${value}`} bars={bars} />;
    }
  }
}

/** The three panes of the panel and what they share: the run that is shown, the item of previews, where references go. */
import { useCallback, useId, useMemo, useRef, useState } from "react";
import { useEditor, useReadable } from "../canvas/context";
import type { DataWay } from "../data";
import type { Reference } from "../forms";
import type { Item, Node, NodeTypeInfo } from "../model/types";
import { Columns } from "./Columns";
import { InputPane } from "./InputPane";
import { countOf, inputOptions, sourceOf } from "./inputs";
import { linksOf } from "./links";
import type { Pointed } from "./links";
import { OutputPane } from "./OutputPane";
import { ParametersPane } from "./ParametersPane";
import type { Part } from "./ParametersPane";
import { Tabs } from "./Tabs";
import { useNodeForm } from "./useNodeForm";
import { usePreference } from "./usePreference";
import { useReferences } from "./useReferences";
import { useRunShown } from "./useRunShown";

interface PanelBodyProps {
  readonly node: Node;
  readonly info: NodeTypeInfo | undefined;
  /** One pane at a time. */
  readonly isNarrow: boolean;
}

const WAYS: readonly DataWay[] = ["schema", "table", "json", "files", "chart"];
const isWay = (value: unknown): value is DataWay => WAYS.some((way) => way === value);
const isShare = (value: unknown): value is number => typeof value === "number" && value >= 16 && value <= 60;
/** Hosts look at no more items of a sample. */
const MOST_TRIED = 1_000;
const NOTHING: NodeTypeInfo["parameters"] = {};

export function PanelBody({ node, info, isNarrow }: PanelBodyProps) {
  const editor = useEditor();
  const { runs } = editor.client;
  const id = useId();
  const workflow = useReadable(editor.workflow);
  const run = useRunShown(node.id);
  const { execution } = run;
  const options = useMemo(() => inputOptions(workflow, node.id), [workflow, node.id]);
  const [chosenKey, setChosenKey] = useState("");
  const chosen = options.find((option) => option.key === chosenKey) ?? options.find((option) => (countOf(option, execution) ?? 0) > 0 && option.target !== null) ?? options[0];
  const source = chosen === undefined ? null : sourceOf(chosen, execution, runs, run.index);
  const own = options.find((option) => option.target !== null);
  const count = own === undefined ? null : countOf(own, execution);
  const tried = count === null ? null : Math.min(count, MOST_TRIED);

  const [wanted, setItem] = useState(0);
  const item = Math.min(wanted, Math.max((tried ?? 1) - 1, 0));
  const [inputWay, setInputWay] = usePreference<DataWay>("input", "schema", isWay);
  const [outputWay, setOutputWay] = usePreference<DataWay>("output", "table", isWay);
  const [startShare, setStart] = usePreference("input-width", 27, isShare);
  const [endShare, setEnd] = usePreference("output-width", 36, isShare);
  const [part, setPart] = useState<Part>("parameters");
  const [pane, setPane] = useState<"input" | "node" | "output">("node");
  const [pointed, setPointed] = useState<Pointed | null>(null);
  const inputPosition = chosen === undefined ? -1 : editor.ports(node).inputs.findIndex((port) => port.name === chosen.target);
  const links = useMemo(() => linksOf(pointed, inputPosition), [pointed, inputPosition]);
  const [shownFailing, setShownFailing] = useState<number | null>(null);
  const failing = shownFailing ?? run.info?.error?.item ?? null;

  const target = useRef<((reference: Reference) => void) | null>(null);
  const onFocus = useCallback((insert: (reference: Reference) => void) => {
    target.current = insert;
  }, []);
  const insert = (reference: Reference) => {
    if (target.current === null) editor.notify("info", "Choose the field to put it into first.");
    else target.current(reference);
  };
  const references = useReferences(
    options.flatMap((option) => {
      const found = sourceOf(option, execution, runs, run.index);
      return found === null ? [] : [{ title: option.target === null ? option.node.name : `Input: ${option.node.name}`, node: option.target === null ? option.node.name : null, source: found }];
    }),
  );
  const form = useNodeForm({
    node, info: info ?? UNKNOWN, references, onFocus, execution: execution?.id, run: run.index, item, moment: `${source?.key ?? ""} ${item} ${run.index}`, isWithoutData: own !== undefined && count === null,
  });

  const chooseItem = (index: number) => {
    setItem(index);
    if (index >= MOST_TRIED) editor.notify("info", `Results can be shown for the first ${MOST_TRIED.toLocaleString("en-US")} items.`);
  };
  const showOrigin = ({ sources = [] }: Item) => {
    const [source] = sources;
    const port = source === undefined ? undefined : editor.ports(node).inputs[source.input]?.name;
    const option = options.find((one) => one.target === port);
    if (source === undefined || option === undefined) return;
    setChosenKey(option.key);
    chooseItem(source.item);
    setPane("input");
  };
  const input = (
    <InputPane
      node={node} options={options} chosen={chosen} onChoose={setChosenKey} source={source} way={inputWay} onWay={setInputWay} onInsert={insert} item={item} onItem={chooseItem} failing={failing}
      marked={links.input} onPoint={(index, pointedItem) => { setPointed(index === null ? null : { side: "input", index, item: pointedItem }); }}
    />
  );
  const middle = <ParametersPane node={node} info={info} form={info === undefined ? null : form} part={part} onPart={setPart} item={item} items={tried} onItem={setItem} />;
  const output = (
    <OutputPane
      node={node} run={run} way={outputWay} onWay={setOutputWay} marked={links.output}
      onOrigin={showOrigin}
      onItem={(failed) => { setShownFailing(failed); setItem(failed); setInputWay("table"); setPane("input"); if (own !== undefined) setChosenKey(own.key); }}
      onPoint={(index, pointedItem) => { setPointed(index === null ? null : { side: "output", index, item: pointedItem }); }}
    />
  );
  if (!isNarrow) return <Columns start={input} middle={middle} end={output} startShare={startShare} endShare={endShare} onStart={setStart} onEnd={setEnd} />;
  const panes = [{ value: "input" as const, label: "Input" }, { value: "node" as const, label: "Node" }, { value: "output" as const, label: "Output" }];
  return (
    <div className="wf-one-pane">
      <Tabs id={id} label="Panes" tabs={panes} value={pane} onChange={setPane} />
      <div id={`${id}-pane`} role="tabpanel" aria-labelledby={`${id}-${pane}`}>{{ input, node: middle, output }[pane]}</div>
    </div>
  );
}

const UNKNOWN: NodeTypeInfo = {
  type: "", version: 1, title: "", description: "", family: "", icon: "", keywords: [], ports: { inputs: [], outputs: [], required: "any" }, has_own_ports: false, is_trigger: false, is_loop: false,
  is_pure: true, parameters: NOTHING, credentials: [],
};

/** The data before the node: what it got, or what any earlier node sent. */
import { ArrowRight, Play } from "lucide";
import { useEditor, useReadable } from "../canvas/context";
import { portTitle } from "../canvas/derived";
import { DataView } from "../data";
import type { DataSource, DataWay, Marking } from "../data";
import type { Reference } from "../forms";
import { fieldReference } from "../forms/expression";
import { Icon } from "../forms/parts/Icon";
import { Select } from "../forms/parts/Select";
import type { Item, Node } from "../model/types";
import type { InputOption } from "./inputs";

interface InputPaneProps {
  readonly node: Node;
  readonly options: readonly InputOption[];
  readonly chosen: InputOption | undefined;
  readonly onChoose: (key: string) => void;
  readonly source: DataSource | null;
  readonly way: DataWay;
  readonly onWay: (way: DataWay) => void;
  readonly onInsert: (reference: Reference) => void;
  readonly item: number;
  readonly onItem: (item: number) => void;
  readonly failing: number | null;
  readonly marked: Marking;
  readonly onPoint: (index: number | null, item: Item | undefined) => void;
}

export function InputPane(props: InputPaneProps) {
  const { node, options, chosen, source } = props;
  const editor = useEditor();
  const isReadOnly = useReadable(editor.isReadOnly);
  const ports = editor.ports(node).inputs;
  const isOwn = chosen?.target !== null;
  const titleOf = (option: InputOption): string => {
    const sent = editor.ports(option.node).outputs.find((one) => one.name === option.port);
    const from = option.port === "main" ? option.node.name : `${option.node.name} · ${sent === undefined ? option.port : portTitle(sent)}`;
    if (option.target === null || ports.length < 2) return from;
    const port = ports.find((one) => one.name === option.target);
    return `${port === undefined ? option.target : portTitle(port)}: ${from}`;
  };
  return (
    <section className="wf-pane wf-pane-input" aria-label="Input">
      <header className="wf-pane-header">
        <h3>Input</h3>
        {options.length > 0 && (
          <Select
            label="Data of" value={chosen?.key ?? ""} onChange={props.onChoose} className="wf-pane-choice"
            options={options.map((option) => ({ value: option.key, label: titleOf(option), group: option.target === null ? "Earlier nodes" : "Input of this node" }))}
          />
        )}
      </header>
      {source === null || chosen === undefined ? (
        <div className="wf-pane-empty">
          {options.length === 0 ? (
            <p>{ports.length === 0 ? "This node starts the workflow; it has no input." : "Nothing leads to this node yet. Connect a node to it on the canvas."}</p>
          ) : (
            <>
              <Icon icon={ArrowRight} size={22} />
              <p>No data of <strong>{chosen?.node.name}</strong> yet.</p>
              {editor.client.runs !== undefined && !isReadOnly && chosen !== undefined && (
                <button type="button" className="wf-button" onClick={() => void editor.run({ to: chosen.node.id })}><Icon icon={Play} size={14} />Run the nodes before</button>
              )}
            </>
          )}
        </div>
      ) : (
        <DataView
          source={source} label="Input" way={props.way} onWay={props.onWay} runs={editor.client.runs} onInsert={isReadOnly ? undefined : props.onInsert}
          refer={(path) => fieldReference(isOwn ? null : chosen.node.name, path)} current={isOwn ? props.item : null} onCurrent={isOwn ? props.onItem : undefined}
          marked={isOwn ? props.marked : undefined} onPoint={isOwn ? props.onPoint : undefined} failing={isOwn ? props.failing : null}
          empty={<p className="wf-empty-line">{chosen.node.name} sent no items here.</p>}
        />
      )}
    </section>
  );
}

/** The whole value of a cell: as a tree, as text, or as the page it is. */
import { useMemo, useState } from "react";
import { Braces, Clipboard, CornerDownLeft, X } from "lucide";
import type { Json } from "../model/types";
import type { Reference } from "../forms/expression";
import { Icon } from "../forms/parts/Icon";
import { Popover } from "../forms/parts/Popover";
import { Segmented } from "../forms/parts/Segmented";
import { typeName } from "./fields";
import { copyText, plain } from "./copy";
import { HtmlFrame, isHtml } from "./HtmlFrame";
import { ValueTree } from "./ValueTree";

interface CellDetailsProps {
  readonly anchor: HTMLElement;
  readonly name: string;
  readonly row: number;
  readonly value: Json | undefined;
  readonly reference: Reference | null;
  readonly onInsert?: (reference: Reference) => void;
  readonly onClose: () => void;
}

const WAYS = [{ value: "text", label: "Text" }, { value: "page", label: "Page" }] as const;

export function CellDetails({ anchor, name, row, value, reference, onInsert, onClose }: CellDetailsProps) {
  const place = useMemo(() => ({ current: anchor }), [anchor]);
  const [way, setWay] = useState<"text" | "page">("text");
  const text = plain(value);
  const canShowPage = typeof value === "string" && isHtml(value);
  return (
    <Popover anchor={place} onClose={onClose} label={`${name} of item ${row + 1}`} className="wf-cell-details">
      <header>
        <strong className="wf-ellipsis">{name}</strong>
        <span className="wf-muted wf-small">item {row + 1}, {value === undefined ? "missing" : typeName(value)}</span>
        {canShowPage && <Segmented size="small" label="How it is shown" segments={WAYS} value={way} onChange={setWay} />}
        <span className="wf-cell-tools">
          {reference !== null && onInsert !== undefined && (
            <button type="button" className="wf-mini-button" aria-label="Insert into the field" title="Insert into the field" onClick={() => { onInsert(reference); onClose(); }}><Icon icon={CornerDownLeft} size={14} /></button>
          )}
          {reference !== null && (
            <button type="button" className="wf-mini-button" aria-label="Copy reference" title="Copy reference" onClick={() => void copyText(`{{ ${reference.code} }}`)}><Icon icon={Braces} size={14} /></button>
          )}
          <button type="button" className="wf-mini-button" aria-label="Copy value" title="Copy value" onClick={() => void copyText(text)} autoFocus><Icon icon={Clipboard} size={14} /></button>
          <button type="button" className="wf-mini-button" aria-label="Close" onClick={onClose}><Icon icon={X} size={14} /></button>
        </span>
      </header>
      {canShowPage && way === "page" ? (
        <HtmlFrame html={value} title={`${name} as a page`} />
      ) : typeof value === "object" && value !== null ? (
        <ValueTree value={value} label={name} />
      ) : (
        <pre className="wf-cell-text wf-scroll" tabIndex={0}>{value === undefined ? "This item has no such field." : text === "" ? (value === null ? "null" : "(empty text)") : text}</pre>
      )}
    </Popover>
  );
}

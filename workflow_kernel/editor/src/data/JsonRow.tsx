/** One line of JSON: a name, a value, a mark to fold what is inside. */
import { memo } from "react";
import type { CSSProperties, DragEvent } from "react";
import { ChevronRight } from "lucide";
import { Icon } from "../forms/parts/Icon";
import type { JsonLine } from "./jsonLines";
import { Marked } from "./Marked";

const MOST_LETTERS = 2_000;

interface JsonRowProps {
  readonly line: JsonLine;
  readonly search: string;
  readonly onFold: (isOpen: boolean) => void;
  readonly style?: CSSProperties;
  readonly onDragStart?: (event: DragEvent) => void;
  readonly isActive?: boolean;
  readonly id?: string;
}

export const JsonRow = memo(function JsonRow({ line, search, onFold, style, onDragStart, isActive, id }: JsonRowProps) {
  const isFoldable = line.kind === "open" || (line.kind === "closed" && line.count > 0);
  return (
    <div
      id={id} className="wf-json-row" role="treeitem" aria-level={line.depth + 1} aria-expanded={isFoldable ? line.kind === "open" : undefined} aria-selected={isActive === true}
      data-active={isActive === true || undefined} style={{ ...style, paddingInlineStart: 20 + line.depth * 16 }}
    >
      {isFoldable && (
        <button
          type="button" tabIndex={-1} className="wf-json-fold" style={{ insetInlineStart: 4 + line.depth * 16 }} aria-label={line.kind === "open" ? "Fold" : "Unfold"}
          data-open={line.kind === "open" || undefined} onClick={() => { onFold(line.kind !== "open"); }}
        >
          <Icon icon={ChevronRight} size={12} />
        </button>
      )}
      {line.name !== null && (
        <span className="wf-json-name" data-index={typeof line.name === "number" || undefined} draggable={onDragStart !== undefined} onDragStart={onDragStart}>
          <Marked text={String(line.name)} search={search} />
          <span className="wf-json-colon">:</span>
        </span>
      )}
      <Value line={line} search={search} onFold={onFold} />
    </div>
  );
});

function Value({ line, search, onFold }: { readonly line: JsonLine; readonly search: string; readonly onFold: (isOpen: boolean) => void }) {
  const comma = line.isLast || line.kind === "open" ? "" : ",";
  switch (line.kind) {
    case "open": case "close":
      return <span className="wf-json-bracket">{line.bracket}{comma}</span>;
    case "closed":
      return line.count === 0 ? (
        <span className="wf-json-bracket">{line.bracket}{comma}</span>
      ) : (
        <button type="button" tabIndex={-1} className="wf-json-closed" onClick={() => { onFold(true); }}>
          {line.bracket.charAt(0)}<span>{line.count} {line.bracket === "[]" ? "entries" : "fields"}</span>{line.bracket.charAt(1)}{comma}
        </button>
      );
    case "leaf": {
      const { value } = line;
      const text = typeof value === "string" ? JSON.stringify(value.length > MOST_LETTERS ? `${value.slice(0, MOST_LETTERS)}…` : value) : JSON.stringify(value);
      return <span className="wf-json-value" data-type={value === null ? "null" : typeof value}><Marked text={text} search={search} />{comma}</span>;
    }
  }
}

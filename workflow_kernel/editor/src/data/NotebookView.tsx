/** A notebook as it was executed, to read: texts, code, what the cells showed, at the cell that failed if one did. */
import { useEffect, useMemo, useRef } from "react";
import { isObject } from "../model/json";
import type { Json, JsonObject } from "../model/types";
import { HtmlFrame } from "./HtmlFrame";
import { Markdown } from "./Markdown";

// eslint-disable-next-line no-control-regex -- colours of terminals begin with it
const COLOURS = /\u001b\[[0-9;]*m/g;
const PICTURES = ["image/png", "image/jpeg", "image/gif"];

export function NotebookView({ text, name }: { readonly text: string; readonly name: string }) {
  const cells = useMemo(() => cellsOf(text), [text]);
  const failed = useRef<HTMLLIElement>(null);
  useEffect(() => { failed.current?.scrollIntoView({ block: "center" }); }, [cells]);
  if (cells === null) return <pre className="wf-cell-text wf-scroll" tabIndex={0}>{text}</pre>;
  const broken = cells.findIndex((cell) => outputsOf(cell).some(isError));
  return (
    <ol className="wf-notebook wf-scroll" aria-label={name} tabIndex={0}>
      {cells.map((cell, index) => (
        <li key={index} ref={index === broken ? failed : undefined} data-failed={index === broken || undefined}>
          {cell.cell_type === "markdown" ? <Markdown text={joined(cell.source)} /> : <pre className="wf-notebook-code">{joined(cell.source)}</pre>}
          {outputsOf(cell).map((output, at) => <Output key={at} output={output} />)}
        </li>
      ))}
    </ol>
  );
}

function Output({ output }: { readonly output: JsonObject }) {
  if (isError(output)) return <pre className="wf-notebook-text" data-failed>{joined(output.traceback, "\n").replace(COLOURS, "")}</pre>;
  if (output.output_type === "stream") return <pre className="wf-notebook-text">{joined(output.text).replace(COLOURS, "")}</pre>;
  const data = isObject(output.data) ? output.data : {};
  const picture = PICTURES.find((kind) => data[kind] !== undefined);
  if (picture !== undefined) return <img className="wf-notebook-picture" src={`data:${picture};base64,${joined(data[picture]).replaceAll("\n", "")}`} alt={joined(data["text/plain"])} />;
  if (data["text/html"] !== undefined) return <Shown html={joined(data["text/html"])} />;
  if (data["text/markdown"] !== undefined) return <Markdown text={joined(data["text/markdown"])} />;
  return <pre className="wf-notebook-text">{joined(data["text/plain"])}</pre>;
}

/** As high as its rows ask for, roughly: nothing in the frame can tell. */
function Shown({ html }: { readonly html: string }) {
  const rows = html.split(/<(?:tr|p|li|div|h\d|br)\b/i).length;
  return <div className="wf-notebook-page" style={{ height: Math.min(40 + 24 * rows, 420) }}><HtmlFrame html={html} title="What the cell showed" /></div>;
}

const isError = (output: JsonObject): boolean => output.output_type === "error";

const outputsOf = (cell: JsonObject): readonly JsonObject[] => (Array.isArray(cell.outputs) ? cell.outputs.filter(isObject) : []);

/** Cells of a notebook's text; null where it is none, or cut off. */
function cellsOf(text: string): readonly JsonObject[] | null {
  try {
    const found = JSON.parse(text) as Json;
    return isObject(found) && Array.isArray(found.cells) ? found.cells.filter(isObject) : null;
  } catch {
    return null;
  }
}

/** Texts of notebooks are one string, or its lines. */
function joined(value: Json | undefined, between = ""): string {
  if (Array.isArray(value)) return value.map(String).join(between);
  return typeof value === "string" ? value : "";
}

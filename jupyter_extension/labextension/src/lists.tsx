/** The lists of the side panel; read while they are seen. */
import { useEffect, useState } from "react";
import type { Sight } from "./sidePanel";
import { ask } from "./service";
import type { ExecutionShown, Page, WorkflowShown } from "./service";

const PAUSE = 8000;
const MOST = 50;

type Found<T> = { readonly items: readonly T[] | null; readonly error: string };

/** A list, read again every few seconds while it is seen. */
function useList<T>(path: string, sight: Sight): Found<T> {
  const [found, setFound] = useState<Found<T>>({ items: null, error: "" });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isGone = false;
    const read = async (): Promise<void> => {
      clearTimeout(timer);
      if (!sight.isSeen || document.visibilityState === "hidden") return;
      try {
        const { items } = await ask<Page<T>>("GET", path);
        if (!isGone) setFound({ items, error: "" });
      } catch (error) {
        if (!isGone) setFound((before) => ({ ...before, error: error instanceof Error ? error.message : String(error) }));
      }
      if (!isGone && sight.isSeen) timer = setTimeout(() => void read(), PAUSE);
    };
    const onChange = (): void => { void read(); };
    sight.changed.connect(onChange);
    document.addEventListener("visibilitychange", onChange);
    void read();
    return () => {
      isGone = true;
      clearTimeout(timer);
      sight.changed.disconnect(onChange);
      document.removeEventListener("visibilitychange", onChange);
    };
  }, [path, sight]);
  return found;
}

function Note({ found, empty }: { readonly found: Found<unknown>; readonly empty: string }) {
  if (found.error !== "") return <p className="jp-WorkflowList-note" role="alert">{found.error}</p>;
  if (found.items === null) return <p className="jp-WorkflowList-note">Loading…</p>;
  return found.items.length === 0 ? <p className="jp-WorkflowList-note">{empty}</p> : null;
}

interface WorkflowListProps {
  readonly sight: Sight;
  readonly onOpen: (workflow: WorkflowShown) => void;
}

export function WorkflowList({ sight, onOpen }: WorkflowListProps) {
  const found = useList<WorkflowShown>(`/workflows?limit=${String(MOST)}`, sight);
  return (
    <>
      <Note found={found} empty="None yet. Make one in the launcher; once it has run, it is here." />
      <ul className="jp-WorkflowList-items">
        {found.items?.map((workflow) => (
          <li key={workflow.id}>
            <button type="button" className="jp-WorkflowList-item" title={`Open ${workflow.name}`} onClick={() => { onOpen(workflow); }}>
              <span className="jp-WorkflowList-name">{workflow.name}</span>
              {workflow.published_version !== null && <span className="jp-WorkflowList-mark" data-state={workflow.is_active ? "succeeded" : "queued"}>{workflow.is_active ? "active" : "published"}</span>}
              <span className="jp-WorkflowList-time">{ago(workflow.updated_at)}</span>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

interface ExecutionListProps {
  readonly sight: Sight;
  readonly onShow: (execution: ExecutionShown, name: string) => void;
}

export function ExecutionList({ sight, onShow }: ExecutionListProps) {
  const found = useList<ExecutionShown>(`/executions?limit=${String(MOST)}`, sight);
  const workflows = useList<WorkflowShown>(`/workflows?limit=${String(MOST)}`, sight);
  const names = new Map(workflows.items?.map(({ id, name }) => [id, name]));
  return (
    <>
      <Note found={found} empty="Nothing has run yet." />
      <ul className="jp-WorkflowList-items">
        {found.items?.map((execution) => {
          const name = names.get(execution.workflow ?? "") ?? "Workflow";
          const state = execution.state.replace("_", " ");
          return (
            <li key={execution.id}>
              <button type="button" className="jp-WorkflowList-item" title={`${name}: ${state}, ${execution.mode}`} onClick={() => { onShow(execution, name); }}>
                <span className="jp-WorkflowList-dot" data-state={execution.state} role="img" aria-label={state} />
                <span className="jp-WorkflowList-name">{name}</span>
                <span className="jp-WorkflowList-time">{execution.seconds === null ? state : took(execution.seconds)}</span>
                <span className="jp-WorkflowList-time">{ago(execution.created_at)}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </>
  );
}

function took(seconds: number): string {
  if (seconds < 1) return `${String(Math.round(seconds * 1000))} ms`;
  return seconds < 90 ? `${seconds.toFixed(1)} s` : `${String(Math.round(seconds / 60))} min`;
}

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [["day", 86_400], ["hour", 3600], ["minute", 60]];
const FORMAT = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "narrow" });

function ago(text: string): string {
  const seconds = (Date.now() - Date.parse(text)) / 1000;
  for (const [unit, length] of UNITS) {
    if (seconds >= length) return FORMAT.format(-Math.floor(seconds / length), unit);
  }
  return "now";
}

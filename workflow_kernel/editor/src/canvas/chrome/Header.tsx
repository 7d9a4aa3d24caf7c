/** The bar on top: name, saving, views, run. Hosts with a toolbar of their own leave it out. */
import { useState } from "react";
import { Check, CloudAlert, Ellipsis, LoaderCircle, Redo2, Search, Undo2, Workflow as WorkflowIcon } from "lucide";
import { Icon } from "../../forms/parts/Icon";
import { Menu } from "../../forms/parts/Menu";
import type { MenuItem } from "../../forms/parts/Menu";
import type { View } from "../../model/store";
import { commandOf, isEnabled } from "../commands";
import { shownKeys } from "../commands/command";
import { useReadable, useSelected } from "../context";
import { InlineName } from "../node/InlineName";
import { useCanvas } from "../useCanvas";
import type { CanvasParts } from "../useCanvas";
import { PastBar } from "./PastBar";
import { PublishButton } from "./PublishButton";
import { RunButton } from "./RunButton";
import { VersionBar } from "./VersionBar";

export function Header() {
  const { editor } = useCanvas();
  const isPast = useSelected(editor.execution, (view) => view?.is_past === true);
  const isVersion = useSelected(editor.version, (version) => version !== null);
  return (
    <div className="wf-header">
      <div className="wf-header-side">
        <span className="wf-header-mark" aria-hidden="true"><Icon icon={WorkflowIcon} size={18} /></span>
        <Name />
        <Saving />
      </div>
      {isPast ? <PastBar /> : isVersion ? <VersionBar /> : (
        <div className="wf-header-side wf-header-end">
          <History />
          <Views />
          <SearchButton />
          <More />
          <PublishButton />
          <RunButton />
        </div>
      )}
    </div>
  );
}

function Name() {
  const { editor } = useCanvas();
  const name = useSelected(editor.workflow, (workflow) => workflow.name);
  const isReadOnly = useReadable(editor.isReadOnly);
  const [isEditing, setEditing] = useState(false);
  if (isEditing) {
    return (
      <InlineName
        value={name} label="Name of the workflow"
        onDone={(next) => {
          setEditing(false);
          const value = next?.trim() ?? "";
          if (value !== "" && value !== name) editor.apply({ type: "SetDetail", field: "name", value });
        }}
      />
    );
  }
  return (
    <button type="button" className="wf-header-name wf-ellipsis" title={isReadOnly ? name : `${name} (click to rename)`} disabled={isReadOnly} onClick={() => { setEditing(true); }}>
      {name}
    </button>
  );
}

function Saving() {
  const { editor } = useCanvas();
  const saving = useReadable(editor.saving);
  const isReadOnly = useReadable(editor.isReadOnly);
  if (isReadOnly) return <span className="wf-header-state">Read only</span>;
  switch (saving) {
    case "shared":
      return null;
    case "saved":
      return <span className="wf-header-state" title="All changes are saved"><Icon icon={Check} size={14} /><span>Saved</span></span>;
    case "dirty":
      return <span className="wf-header-state">Unsaved changes</span>;
    case "saving":
      return <span className="wf-header-state"><Icon icon={LoaderCircle} size={14} className="wf-turning" /><span>Saving</span></span>;
    case "failed":
      return (
        <button type="button" className="wf-header-state wf-header-failed" title="Try again" onClick={() => { void editor.save(); }}>
          <Icon icon={CloudAlert} size={14} /><span>Not saved</span>
        </button>
      );
  }
}

function History() {
  const { editor } = useCanvas();
  const canUndo = useReadable(editor.canUndo);
  const canRedo = useReadable(editor.canRedo);
  const isReadOnly = useReadable(editor.isReadOnly);
  return (
    <div className="wf-header-group wf-wide-only">
      <button type="button" className="wf-icon-button" title={`Undo (${shownKeys("Mod+Z")})`} aria-label="Undo" disabled={!canUndo || isReadOnly} onClick={() => { editor.undo(); }}><Icon icon={Undo2} /></button>
      <button type="button" className="wf-icon-button" title={`Redo (${shownKeys("Mod+Shift+Z")})`} aria-label="Redo" disabled={!canRedo || isReadOnly} onClick={() => { editor.redo(); }}><Icon icon={Redo2} /></button>
    </div>
  );
}

const VIEWS: readonly (readonly [View, string])[] = [["compact", "Compact"], ["normal", "Normal"], ["detailed", "Detailed"]];

function Views() {
  const parts = useCanvas();
  const view = useReadable(parts.editor.view);
  return (
    <div className="wf-views wf-wide-only" role="radiogroup" aria-label="View">
      {VIEWS.map(([name, title]) => (
        <button
          key={name} type="button" role="radio" aria-checked={view === name} title={`${title} view`}
          onClick={() => { commandOf(`view-${name}`).run(parts); }}
        >
          {title}
        </button>
      ))}
    </div>
  );
}

function SearchButton() {
  const { state } = useCanvas();
  return (
    <button type="button" className="wf-icon-button wf-wide-only" title={`All commands (${shownKeys("Mod+K")})`} aria-label="All commands" onClick={() => { state.dialog.set("commands"); }}>
      <Icon icon={Search} />
    </button>
  );
}

const MORE = ["search", "tidy", "", "run-payload", "executions", "versions", "", "import", "export", "settings", "", "shortcuts"];

function More() {
  const parts = useCanvas();
  // Whether an entry can be chosen depends on these.
  useReadable(parts.editor.isReadOnly);
  useReadable(parts.editor.workflow);
  useReadable(parts.editor.execution);
  return <Menu label="More" items={itemsOf(parts)}><Icon icon={Ellipsis} /></Menu>;
}

function itemsOf(parts: CanvasParts): readonly MenuItem[] {
  return MORE.filter((id) => id !== "").map(commandOf).filter((command) => isEnabled(command, parts)).map((command) => {
    const [keys] = command.keys ?? [];
    return {
      label: command.title, onChoose: () => { command.run(parts); }, ...(command.icon === undefined ? {} : { icon: command.icon }),
      ...(keys === undefined ? {} : { hint: shownKeys(keys) }),
    };
  });
}

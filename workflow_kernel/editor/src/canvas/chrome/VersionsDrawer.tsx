/** Versions of the workflow: publish the draft, name one, compare it with the draft on the canvas, restore it. */
import { useCallback, useState } from "react";
import { CloudOff, Eye, GitCompare, PencilLine, Rocket, Undo2 } from "lucide";
import type { FlowDocument, VersionInfo, VersionsClient } from "../../client/client";
import { Icon } from "../../forms/parts/Icon";
import { Menu } from "../../forms/parts/Menu";
import { fromFlow } from "../../model/flow";
import { compare } from "../../model/compare";
import { ChangeList } from "../compare/ChangeList";
import { InlineName } from "../node/InlineName";
import { useReadable } from "../context";
import { useCanvas } from "../useCanvas";
import { ago } from "../words";
import { Drawer } from "./Drawer";
import { useLoad } from "./useLoad";

export function VersionsDrawer() {
  const { editor, state } = useCanvas();
  const { versions } = editor.client;
  return versions === undefined ? null : <List versions={versions} onClose={() => { state.dialog.set(null); }} />;
}

function List({ versions, onClose }: { readonly versions: VersionsClient; readonly onClose: () => void }) {
  const { editor } = useCanvas();
  const load = useCallback(() => versions.list(), [versions]);
  const { value, failure, reload } = useLoad(load);
  const problems = useReadable(editor.problems);
  const [name, setName] = useState("");
  const [isBusy, setBusy] = useState(false);
  const errors = problems.filter((problem) => problem.severity === "error");
  const act = (work: Promise<unknown>, done: string) => {
    setBusy(true);
    work.then(() => {
      editor.notify("success", done);
      setName("");
      reload();
    }, (error: unknown) => { editor.tell(error); }).finally(() => { setBusy(false); });
  };
  const isPublished = value?.some((version) => version.is_published) === true;
  return (
    <Drawer title="Versions" onClose={onClose}>
      <form
        className="wf-publish"
        onSubmit={(event) => {
          event.preventDefault();
          act(versions.publish(editor.toFlow(), name.trim()), "Published. Triggers run this version from now on.");
        }}
      >
        <label className="wf-muted wf-small" htmlFor="wf-version-name">What changed (optional)</label>
        <input id="wf-version-name" className="wf-input" value={name} maxLength={200} placeholder="Say what this version does" onChange={(event) => { setName(event.currentTarget.value); }} />
        {errors.length > 0 && <p className="wf-publish-problems" role="alert">{errors.length === 1 ? "1 problem keeps" : `${errors.length} problems keep`} the draft from running: {errors[0]?.message}</p>}
        <div className="wf-publish-buttons">
          <button type="submit" className="wf-button" data-kind="primary" disabled={isBusy || errors.length > 0}><Icon icon={Rocket} size={14} /><span>Publish the draft</span></button>
          {isPublished && versions.unpublish !== undefined && (
            <button type="button" className="wf-button" disabled={isBusy} onClick={() => { act(versions.unpublish?.() ?? Promise.resolve(), "Taken out of production."); }}><Icon icon={CloudOff} size={14} /><span>Unpublish</span></button>
          )}
        </div>
      </form>
      {failure !== "" && <p className="wf-drawer-none" role="alert">{failure}</p>}
      {value?.length === 0 && <p className="wf-drawer-none">Nothing published yet. The draft runs from here only; triggers wait for the first version.</p>}
      <ul className="wf-rows">
        {value?.map((version, index) => <Row key={version.id} version={version} earlier={value[index + 1]} versions={versions} onChange={reload} />)}
      </ul>
    </Drawer>
  );
}

interface RowProps {
  readonly version: VersionInfo;
  /** The one before it. */
  readonly earlier: VersionInfo | undefined;
  readonly versions: VersionsClient;
  readonly onChange: () => void;
}

function Row({ version, earlier, versions, onChange }: RowProps) {
  const { editor, state } = useCanvas();
  const comparison = useReadable(state.comparison);
  const [isNaming, setNaming] = useState(false);
  const shown = useReadable(editor.version);
  const title = titleOf(version);
  const isCompared = comparison?.id === version.id && shown === null;
  const isShown = shown?.id === version.id;
  const fail = (error: unknown) => { editor.tell(error); };
  const compareWith = (before: VersionInfo, now: Promise<FlowDocument> | null) => {
    Promise.all([versions.load(before.id), now]).then(([flow, document]) => {
      editor.showVersion(document === null ? null : { id: version.id, title, document });
      const workflow = fromFlow(flow);
      state.compared.set(null);
      state.comparison.set({ id: before.id, before: workflow, beforeTitle: titleOf(before), title: document === null ? "Draft" : title, found: compare(workflow, editor.workflow.get()) });
    }, fail);
  };
  const toggleCompare = () => {
    if (isCompared) state.comparison.set(null);
    else compareWith(version, null);
  };
  const look = () => {
    state.comparison.set(null);
    versions.load(version.id).then((document) => { editor.showVersion({ id: version.id, title, document }); }, fail);
  };
  const restore = () => {
    versions.load(version.id).then((flow) => {
      editor.showVersion(null);
      state.comparison.set(null);
      editor.replaceDraft(flow);
      editor.notify("success", `The draft is now ‘${title}’. Undo brings back what was there.`);
    }, fail);
  };
  return (
    <li className="wf-rows-row wf-version" data-current={version.is_published} data-shown={isShown || undefined}>
      <span className="wf-state-dot" data-state={version.is_published ? "succeeded" : "idle"} />
      <span className="wf-rows-words">
        {isNaming ? (
          <InlineName
            value={version.name} label="Name of the version"
            onDone={(name) => {
              setNaming(false);
              if (name !== null && name.trim() !== version.name) versions.rename(version.id, name.trim()).then(onChange, fail);
            }}
          />
        ) : <span className="wf-rows-title wf-ellipsis" title={title}>{title}</span>}
        <span className="wf-muted wf-small wf-ellipsis">{version.is_published ? "Published, " : ""}{ago(version.at)}{version.author === "" ? "" : ` by ${version.author}`}</span>
      </span>
      <button type="button" className="wf-icon-button" aria-label={`Compare ${title} with the draft`} title="Show what differs from the draft" aria-pressed={isCompared} onClick={toggleCompare}><Icon icon={GitCompare} size={15} /></button>
      <Menu
        label={`More on ${title}`} placement="below-end"
        items={[
          { label: "Look at it", icon: Eye, onChoose: look },
          ...(earlier === undefined ? [] : [{ label: `Compare with ${titleOf(earlier)}`, icon: GitCompare, onChoose: () => { compareWith(earlier, versions.load(version.id)); } }]),
          { label: "Restore as the draft", icon: Undo2, onChoose: restore, isDisabled: editor.version.get() === null && editor.isReadOnly.get() },
          { label: "Rename", icon: PencilLine, onChoose: () => { setNaming(true); } },
        ]}
      >
        ⋯
      </Menu>
      {comparison !== null && (isCompared || isShown) && <ChangeList found={comparison.found} />}
    </li>
  );
}

const titleOf = (version: VersionInfo): string => (version.name === "" ? `Version ${version.number}` : version.name);

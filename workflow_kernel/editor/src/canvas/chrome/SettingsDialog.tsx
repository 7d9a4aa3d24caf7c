/** What holds for the whole workflow: name, description, tags, language, order, limits. */
import { useId, useMemo } from "react";
import type { ReactNode } from "react";
import type { Language, Order, Settings } from "../../model/types";
import { useReadable } from "../context";
import { useCanvas } from "../useCanvas";
import { Overlay, OverlayHeader } from "./Overlay";

export function SettingsDialog() {
  const { editor, state } = useCanvas();
  const workflow = useReadable(editor.workflow);
  const isReadOnly = useReadable(editor.isReadOnly);
  const { settings } = workflow;
  const set = (part: Partial<Settings>) => { editor.apply({ type: "SetSettings", settings: { ...settings, ...part } }, { merge: `settings ${Object.keys(part).join()}` }); };
  const close = () => { state.dialog.set(null); };
  const zones = useMemo(timezones, []);
  return (
    <Overlay label="Workflow settings" onClose={close} className="wf-settings">
      <OverlayHeader title="Workflow settings" onClose={close} />
      <fieldset className="wf-settings-body wf-scroll" disabled={isReadOnly}>
        <legend className="wf-hidden">Workflow settings</legend>
        <Row title="Description">
          {(id) => <textarea id={id} className="wf-input" rows={3} maxLength={5000} value={workflow.description} onChange={(event) => { editor.apply({ type: "SetDetail", field: "description", value: event.currentTarget.value }, { merge: "description" }); }} />}
        </Row>
        <Row title="Tags" about="Separated by commas">
          {(id) => (
            <input
              id={id} className="wf-input" defaultValue={workflow.tags.join(", ")}
              onBlur={(event) => {
                const tags = event.currentTarget.value.split(",").map((tag) => tag.trim()).filter((tag) => tag !== "");
                if (tags.join() !== workflow.tags.join()) editor.apply({ type: "SetDetail", field: "tags", value: [...new Set(tags)] });
              }}
            />
          )}
        </Row>
        <Row title="Language of expressions" about="What stands between {{ and }}">
          {(id) => (
            <select id={id} className="wf-input" value={settings.language} onChange={(event) => { set({ language: event.currentTarget.value as Language }); }}>
              <option value="python">Python</option>
              <option value="javascript">JavaScript</option>
            </select>
          )}
        </Row>
        <Row title="Order of branches" about="How branches that do not depend on each other run">
          {(id) => (
            <select id={id} className="wf-input" value={settings.order} onChange={(event) => { set({ order: event.currentTarget.value as Order }); }}>
              <option value="canvas">At the same time, results from top to bottom</option>
              <option value="sequential">One after another, from top to bottom</option>
              <option value="breadth_first">Level by level, as old n8n workflows</option>
            </select>
          )}
        </Row>
        <Row title="Time zone" about="Of schedules and dates">
          {(id) => (
            <>
              <input id={id} className="wf-input" list={`${id}zones`} defaultValue={settings.timezone} onBlur={(event) => { if (event.currentTarget.value.trim() !== "") set({ timezone: event.currentTarget.value.trim() }); }} />
              <datalist id={`${id}zones`}>{zones.map((zone) => <option key={zone} value={zone} />)}</datalist>
            </>
          )}
        </Row>
        <Row title="Time limit" about="Seconds an execution may take; empty for none">
          {(id) => <NumberInput id={id} value={settings.timeout} onChange={(timeout) => { set({ timeout }); }} />}
        </Row>
        <Row title="Turns a loop may take" about="It fails with a clear error after that">
          {(id) => <NumberInput id={id} value={settings.loop_limit} onChange={(limit) => { set({ loop_limit: limit ?? 10_000 }); }} />}
        </Row>
        <Row title="May be called by" about="Other workflows that may run this one as a part of theirs">
          {(id) => (
            <select id={id} className="wf-input" value={typeof settings.callers === "string" ? settings.callers : "list"} onChange={(event) => { set({ callers: event.currentTarget.value as "any" | "none" | "same_owner" }); }}>
              <option value="same_owner">Workflows of the same owner</option>
              <option value="any">Any workflow</option>
              <option value="none">None</option>
              {typeof settings.callers !== "string" && <option value="list">{settings.callers.length} chosen workflows</option>}
            </select>
          )}
        </Row>
        <Row title="Error workflow" about="Id of the workflow started when an execution fails; empty for none">
          {(id) => <input id={id} className="wf-input" defaultValue={settings.error_workflow ?? ""} onBlur={(event) => { set({ error_workflow: event.currentTarget.value.trim() || null }); }} />}
        </Row>
      </fieldset>
    </Overlay>
  );
}

function Row({ title, about, children }: { readonly title: string; readonly about?: string; readonly children: (id: string) => ReactNode }) {
  const id = useId();
  return (
    <div className="wf-settings-row">
      <label htmlFor={id}>{title}{about !== undefined && <span className="wf-muted wf-small">{about}</span>}</label>
      <div>{children(id)}</div>
    </div>
  );
}

function NumberInput({ id, value, onChange }: { readonly id: string; readonly value: number | null; readonly onChange: (value: number | null) => void }) {
  return (
    <input
      id={id} className="wf-input" type="number" min={1} defaultValue={value ?? ""}
      onBlur={(event) => {
        const number = event.currentTarget.valueAsNumber;
        onChange(Number.isFinite(number) && number > 0 ? number : null);
      }}
    />
  );
}

function timezones(): readonly string[] {
  try {
    return ["UTC", ...Intl.supportedValuesOf("timeZone")];
  } catch {
    return ["UTC"];
  }
}

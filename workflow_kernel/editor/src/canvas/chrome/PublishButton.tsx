/** Publishes the draft: what triggers run from now on. Says whether that is the draft. */
import { useCallback, useEffect, useRef, useState } from "react";
import { Rocket } from "lucide";
import type { VersionInfo, VersionsClient } from "../../client/client";
import { Icon } from "../../forms/parts/Icon";
import type { Workflow } from "../../model/types";
import { useReadable } from "../context";
import { useCanvas } from "../useCanvas";
import { useLoad } from "./useLoad";

export function PublishButton() {
  const { editor } = useCanvas();
  const isReadOnly = useReadable(editor.isReadOnly);
  const { versions } = editor.client;
  return versions === undefined || isReadOnly ? null : <Button versions={versions} />;
}

interface Seen {
  readonly versions: readonly VersionInfo[];
  readonly draft: Workflow;
}

function Button({ versions }: { readonly versions: VersionsClient }) {
  const { editor, state } = useCanvas();
  const dialog = useReadable(state.dialog);
  const draft = useReadable(editor.draft);
  const saving = useReadable(editor.saving);
  const [seen, setSeen] = useState<Seen | null>(null);
  const isAsked = useRef(versions.isQuiet !== true);
  const load = useCallback(async () => {
    if (!isAsked.current) return;
    const now = editor.draft.get();
    setSeen({ versions: await versions.list(), draft: now });
  }, [editor, versions]);
  const { reload } = useLoad(load);
  const isOpen = dialog === "versions";
  const wasOpen = useRef(isOpen);
  useEffect(() => {
    if (isOpen) isAsked.current = true;
    if (wasOpen.current && !isOpen) reload();
    wasOpen.current = isOpen;
  }, [isOpen, reload]);
  const published = seen?.versions.find((version) => version.is_published);
  const isCurrent = published !== undefined && seen?.draft === draft && seen.versions[0]?.number === published.number && (saving === "saved" || saving === "shared");
  const label = published === undefined ? "Publish" : isCurrent ? "Published" : "Publish changes";
  const title = published === undefined ? "Publish this draft, or look at earlier versions" : `Triggers run ‘${published.name === "" ? `Version ${published.number}` : published.name}’${isCurrent ? "" : "; the draft has changed since"}`;
  return (
    <button type="button" className="wf-button wf-wide-only wf-publish-button" data-published={published !== undefined || undefined} data-current={isCurrent || undefined} title={title} onClick={() => { state.dialog.set("versions"); }}>
      <Icon icon={Rocket} size={15} /><span>{label}</span>
    </button>
  );
}

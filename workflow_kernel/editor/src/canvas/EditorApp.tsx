/** The whole editor: header, canvas, tools, what is open. Hosts mount this. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { ReactFlowProvider } from "@xyflow/react";
import type { Viewport } from "@xyflow/react";
import { NodePanel } from "../panel";
import { Actions } from "../model/actions";
import type { WorkflowEditor } from "../model/editor";
import { around } from "../model/geometry";
import { Canvas } from "./Canvas";
import { CommandPalette } from "./chrome/CommandPalette";
import { CompareBar } from "./compare/CompareBar";
import { ConnectDialog } from "./chrome/ConnectDialog";
import { ContextMenu } from "./chrome/ContextMenu";
import { EmptyState } from "./chrome/EmptyState";
import { ExecutionsDrawer } from "./chrome/ExecutionsDrawer";
import { Header } from "./chrome/Header";
import { ListenDialog } from "./chrome/ListenDialog";
import { NodePicker } from "./chrome/NodePicker";
import { Notices } from "./chrome/Notices";
import { PayloadDialog } from "./chrome/PayloadDialog";
import { SearchBar } from "./chrome/SearchBar";
import { SettingsDialog } from "./chrome/SettingsDialog";
import { Shortcuts } from "./chrome/Shortcuts";
import { ToolRail } from "./chrome/ToolRail";
import { VersionsDrawer } from "./chrome/VersionsDrawer";
import { ZoomBar } from "./chrome/ZoomBar";
import { listenToClipboard } from "./commands/clipboard";
import { EditorContext, useReadable } from "./context";
import { ErrorBoundary } from "./ErrorBoundary";
import { Derived } from "./derived";
import { keepFocus } from "./focus";
import { isOnCanvas, listenToKeys } from "./keys";
import { keepView } from "./recent";
import { CanvasState } from "./state";
import { CanvasContext, useCanvas } from "./useCanvas";
import type { CanvasParts } from "./useCanvas";
import { MIN_ZOOM, Viewpoint } from "./viewpoint";

export type Theme = "light" | "dark";

export interface EditorAppProps {
  readonly editor: WorkflowEditor;
  readonly theme: Theme;
  /** Inside JupyterLab or a notebook: colours and fonts are Jupyter's. */
  readonly isInJupyter?: boolean;
  readonly hasHeader?: boolean;
  /** Begins close enough to read, where everything does not fit so. */
  readonly isReadable?: boolean;
}

export function EditorApp({ editor, theme, isInJupyter = false, hasHeader = true, isReadable = false }: EditorAppProps) {
  const root = useRef<HTMLDivElement>(null);
  const parts = useMemo(() => makeParts(editor), [editor]);
  const [viewport, setViewport] = useState<Viewport | null>(null);
  useLayoutEffect(() => {
    const element = root.current;
    if (element === null) return;
    parts.viewpoint.root = element;
    setViewport(firstViewport(parts, element, isReadable));
    // On a page of its own the keys work at once; a notebook or a form around keeps the focus it has.
    if (!isInJupyter && document.activeElement === document.body) element.focus({ preventScroll: true });
    const leave = [listenToKeys(element, parts), keepFocus(element), listenToClipboard(element, parts, isOnCanvas), editor.view.subscribe(() => { keepView(editor.view.get()); })];
    return () => {
      for (const one of leave) one();
    };
  }, [editor, isInJupyter, isReadable, parts]);
  useEffect(() => parts.derived.listen(), [parts]);
  useEffect(() => editor.revealed.subscribe(() => {
    const found = editor.revealed.get();
    if (found !== null) parts.viewpoint.reveal(found.id);
  }), [editor, parts]);
  const notePointer = (event: React.PointerEvent) => {
    const isOver = event.target instanceof Element && event.target.closest(".react-flow") !== null;
    parts.viewpoint.lastPointer = isOver ? [event.clientX, event.clientY] : null;
  };
  return (
    <EditorContext.Provider value={editor}>
      <CanvasContext.Provider value={parts}>
        <div
          ref={root} className={`wf-root${isInJupyter ? " wf-in-jupyter" : ""}`} data-wf-theme={theme} role="region" aria-label="Workflow editor" tabIndex={-1}
          onPointerMove={notePointer} onPointerDown={(event) => { takeFocus(event, root.current); }}
        >
          <ErrorBoundary what="The editor">
            <div className="wf-layout">
              {hasHeader && <Header />}
              <div className="wf-main">
                <ReactFlowProvider>
                  {viewport !== null && <Canvas viewport={viewport} />}
                  <ZoomBar />
                </ReactFlowProvider>
                <EmptyState />
                <ToolRail />
                <CompareBar />
                <OpenParts />
              </div>
            </div>
            <NodePicker />
            <ContextMenu />
            <OpenDialog />
            <ListenDialog />
            <Notices />
          </ErrorBoundary>
        </div>
      </CanvasContext.Provider>
    </EditorContext.Provider>
  );
}

const PHONE = 600;
const PHONE_ZOOM = 0.55;

function makeParts(editor: WorkflowEditor): CanvasParts {
  const actions = new Actions(editor);
  const state = new CanvasState();
  return { editor, actions, state, derived: new Derived(editor, (text) => { state.say(text); }), viewpoint: new Viewpoint(actions.placement) };
}

/** Everything in view, no closer than as it is drawn; on a phone, or where that is wanted, its beginning, close enough to read. */
function firstViewport({ actions }: CanvasParts, element: HTMLElement, isReadable: boolean): Viewport {
  const frame = around(actions.placement.everything().values());
  const { width, height } = element.getBoundingClientRect();
  if (frame === null || width === 0) return { x: width / 2, y: height / 2, zoom: 1 };
  const isPhone = width < PHONE;
  const room = { width: Math.max(width - (isPhone ? 48 : 176), 80), height: Math.max(height - 240, 80) };
  const fitting = Math.max(MIN_ZOOM, Math.min(room.width / frame.width, room.height / frame.height, 1));
  const zoom = isPhone || isReadable ? Math.max(fitting, PHONE_ZOOM) : fitting;
  const x = zoom > fitting ? 24 - frame.x * zoom : width / 2 - (frame.x + frame.width / 2) * zoom;
  return { x, y: (height - 56) / 2 - (frame.y + frame.height / 2) * zoom, zoom };
}

/** A press on the canvas brings the keys to the editor, but not from a field or button. */
function takeFocus(event: React.PointerEvent, root: HTMLElement | null): void {
  if (event.target instanceof Element && event.target.closest("input, textarea, select, button, a, [contenteditable], .cm-editor, [role=dialog], .wf-panel") === null) {
    root?.focus({ preventScroll: true });
  }
}

function OpenParts() {
  const { editor, state, viewpoint } = useCanvas();
  const dialog = useReadable(state.dialog);
  const opened = useReadable(editor.opened);
  return (
    <>
      {dialog === "search" && <SearchBar />}
      {dialog === "executions" && <ExecutionsDrawer />}
      {dialog === "versions" && <VersionsDrawer />}
      {opened !== null && (
        <ErrorBoundary about={opened} what="This node" onReset={() => { editor.open(null); }}>
          <NodePanel
            node={opened}
            onClose={() => {
              editor.open(null);
              viewpoint.root?.focus({ preventScroll: true });
            }}
          />
        </ErrorBoundary>
      )}
    </>
  );
}

function OpenDialog() {
  const { state } = useCanvas();
  const dialog = useReadable(state.dialog);
  switch (dialog) {
    case "commands":
      return <CommandPalette />;
    case "shortcuts":
      return <Shortcuts />;
    case "connect":
      return <ConnectDialog />;
    case "settings":
      return <SettingsDialog />;
    case "payload":
      return <PayloadDialog />;
    default:
      return null;
  }
}

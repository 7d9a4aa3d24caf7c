/**
 * The editor below a notebook cell. One document for each widget, however many cells show it; what is edited goes to
 * Python as a patch a moment later, and what Python changes comes as one. `workflow_kernel/notebook/loader.js` calls
 * this, `workflow_kernel/notebook/widget.py` is the other end.
 */
import * as Y from "yjs";
import type { Theme } from "../canvas/EditorApp";
import type { FlowDocument } from "../client/client";
import { KernelClient } from "../client/kernel";
import type { Answer } from "../client/kernel";
import { HOST, SharedDocument } from "../model/document";
import { fromFlow, toFlow } from "../model/flow";
import { difference, merged } from "../model/patch";
import type { Patch } from "../model/patch";
import type { LiveEvent } from "../model/types";
import { mount } from "./standalone";
import type { EditorHandle } from "./standalone";

/** The model of a widget, as anywidget gives it. */
export interface WidgetModel {
  get(name: string): unknown;
  send(message: object): void;
  on(event: string, listener: (message: Message) => void): void;
  off(event: string, listener: (message: Message) => void): void;
}

type Message =
  | { readonly type: "document"; readonly document: FlowDocument }
  | { readonly type: "patch"; readonly patch: Patch }
  | { readonly type: "refused"; readonly message: string }
  | { readonly type: "watch"; readonly execution: string; readonly document: FlowDocument }
  | { readonly type: "events"; readonly execution: string; readonly events: readonly LiveEvent[] }
  | ({ readonly type: "answer" } & Answer)
  | { readonly type: "module" };

/** Milliseconds edits are gathered before Python is told. */
const PAUSE = 120;

class Session {
  readonly doc = new Y.Doc();
  readonly client: KernelClient;
  readonly handles = new Set<EditorHandle>();
  private readonly shared = new SharedDocument(this.doc);
  /** The document as Python knows it; null before it told. */
  private known: FlowDocument | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watched: { readonly execution: string; readonly document: FlowDocument } | null = null;
  private readonly whenKnown: (() => void)[] = [];

  constructor(private model: WidgetModel) {
    this.client = new KernelClient({ send: (message) => { this.model.send(message); } });
    model.on("msg:custom", this.take);
    this.shared.workflow.subscribe(() => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => { this.tell(); }, PAUSE);
    });
    model.send({ type: "hello" });
  }

  /** Call when the document is there. */
  ready(call: () => void): void {
    if (this.known === null) this.whenKnown.push(call);
    else call();
  }

  add(handle: EditorHandle): void {
    this.handles.add(handle);
    if (this.watched !== null) handle.editor.runner?.watch(this.watched.execution, fromFlow(this.watched.document));
  }

  private readonly take = (message: Message): void => {
    switch (message.type) {
      case "document":
        this.known = message.document;
        this.shared.set(fromFlow(message.document), HOST);
        for (const call of this.whenKnown.splice(0)) call();
        break;
      case "patch":
        this.shared.set(fromFlow(merged(toFlow(this.shared.workflow.get()), message.patch)), HOST);
        this.known = merged(this.known ?? {}, message.patch);
        break;
      case "refused":
        for (const { editor } of this.handles) editor.notify("warning", message.message);
        break;
      case "watch":
        this.watched = message;
        for (const { editor } of this.handles) editor.runner?.watch(message.execution, fromFlow(message.document));
        break;
      case "events":
        this.client.take(message.execution, message.events);
        break;
      case "answer":
        this.client.answer(message);
        break;
      case "module":
        break;
    }
  };

  private tell(): void {
    if (this.known === null) return;
    const now = toFlow(this.shared.workflow.get());
    const patch = difference(this.known, now);
    if (Object.keys(patch).length === 0) return;
    this.known = now;
    this.model.send({ type: "edit", patch });
  }
}

/** By the key of the widget: every place it is shown in gets another `model`. */
const sessions = new Map<string, Session>();

export function showInCell(model: WidgetModel, element: HTMLElement): () => void {
  const key = String(model.get("key"));
  const session = sessions.get(key) ?? new Session(model);
  sessions.set(key, session);
  const host = document.createElement("div");
  host.className = "wf-cell";
  host.style.height = `${String(model.get("height"))}px`;
  element.append(host);
  let handle: EditorHandle | null = null;
  let isGone = false;
  const watcher = new MutationObserver(() => { handle?.setTheme(themeOfPage()); });
  session.ready(() => {
    if (isGone) return;
    const isInJupyter = getComputedStyle(document.body).getPropertyValue("--jp-layout-color1") !== "";
    handle = mount(host, session.client, { doc: session.doc, theme: themeOfPage(), isInJupyter, keepsKeys: true });
    session.add(handle);
    watcher.observe(document.body, { attributes: true });
  });
  return () => {
    isGone = true;
    watcher.disconnect();
    if (handle !== null) session.handles.delete(handle);
    handle?.destroy();
    host.remove();
  };
}

function themeOfPage(): Theme {
  const { dataset, classList } = document.body;
  if (dataset.jpThemeLight !== undefined) return dataset.jpThemeLight === "false" ? "dark" : "light";
  if (classList.contains("vscode-dark")) return "dark";
  if (classList.contains("vscode-light")) return "light";
  return window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

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
  | { readonly type: "heard" | "taken"; readonly count: number }
  | { readonly type: "watch"; readonly execution: string; readonly document: FlowDocument }
  | { readonly type: "events"; readonly execution: string; readonly events: readonly LiveEvent[] }
  | ({ readonly type: "answer" } & Answer)
  | { readonly type: "module" };

/** Milliseconds between two messages of edits; the first goes at once. */
const PAUSE = 120;
/** Milliseconds Python may take to answer an edit before somebody is told. */
const PATIENCE = 15_000;

class Session {
  readonly doc = new Y.Doc();
  readonly client: KernelClient;
  readonly handles = new Set<EditorHandle>();
  private readonly shared = new SharedDocument(this.doc);
  /** The document as Python knows it; null before it told. */
  private known: FlowDocument | null = null;
  private readonly places = new Set<HTMLElement>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private alarm: ReturnType<typeof setTimeout> | undefined;
  private toldAt = 0;
  private sent = 0;
  private taken = 0;
  private watched: { readonly execution: string; readonly document: FlowDocument } | null = null;
  private readonly whenKnown: (() => void)[] = [];

  constructor(private model: WidgetModel) {
    this.client = new KernelClient({ send: (message) => { this.model.send(message); } }, () => this.shared.workflow.get().name);
    model.on("msg:custom", this.take);
    this.shared.workflow.subscribe(() => {
      this.timer ??= setTimeout(() => { this.tell(); }, Math.max(0, this.toldAt + PAUSE - performance.now()));
      this.mark();
    });
    model.send({ type: "hello" });
  }

  /** Call when the document is there. */
  ready(call: () => void): void {
    if (this.known === null) this.whenKnown.push(call);
    else call();
  }

  add(handle: EditorHandle, place: HTMLElement): void {
    this.handles.add(handle);
    this.places.add(place);
    this.mark();
    if (this.watched !== null) handle.editor.runner?.watch(this.watched.execution, fromFlow(this.watched.document));
  }

  remove(handle: EditorHandle, place: HTMLElement): void {
    this.handles.delete(handle);
    this.places.delete(place);
    handle.destroy();
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
      case "heard":
        clearTimeout(this.alarm);
        break;
      case "taken":
        clearTimeout(this.alarm);
        this.taken = message.count;
        this.mark();
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
    this.timer = undefined;
    const patch = this.known === null ? {} : difference(this.known, toFlow(this.shared.workflow.get()));
    if (Object.keys(patch).length > 0) {
      this.toldAt = performance.now();
      this.known = toFlow(this.shared.workflow.get());
      this.sent += 1;
      this.model.send({ type: "edit", patch, count: this.sent });
      clearTimeout(this.alarm);
      this.alarm = setTimeout(() => { this.warn(); }, PATIENCE);
    }
    this.mark();
  }

  /** Say on the page whether Python has all that was edited. */
  private mark(): void {
    const isPending = this.timer !== undefined || this.taken < this.sent;
    for (const place of this.places) place.toggleAttribute("data-pending", isPending);
  }

  private warn(): void {
    for (const { editor } of this.handles) {
      editor.notify("warning", "Python has not taken the last edit yet: it is busy, or was started anew. If it was, run the cell again.");
    }
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
    session.add(handle, host);
    watcher.observe(document.body, { attributes: true });
  });
  return () => {
    isGone = true;
    watcher.disconnect();
    if (handle !== null) session.remove(handle, host);
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

/**
 * The workflow being edited as a shared document (CRDT). Root maps of the Yjs document:
 *
 *     workflow  name, id, description, tags
 *     settings  as in the file
 *     nodes     id > {fields as in the file, `order`}; parameters and credentials are always there, maps themselves
 *     edges     source.port>target.port > {source: [node, port], target: [node, port], order}, a plain value
 *     notes     id > {fields as in the file, `order`}
 *     groups    id > {fields as in the file, `order`}
 *
 * Fields equal to their default are left out, `order` keeps the order of the file. Readers give every key a default and
 * leave out edges without ends: an undo that races with a peer's edit may leave either behind. Other writers (Python)
 * must keep to this and write only what differs.
 */
import * as Y from "yjs";
import type { Change } from "./change";
import { apply as applyPlain } from "./apply";
import { EMPTY } from "./defaults";
import { hasEnds, readEdge, readGroup, readNode, readNote, readSettings, toFlow, writeEdge, writeGroup, writeNode, writeNote } from "./flow";
import { isObject } from "./json";
import { Observable } from "./observable";
import type { Readable } from "./observable";
import { ordersOf } from "./orders";
import { fromShared, put, putAll, readMap, toShared } from "./shared";
import type { SharedMap } from "./shared";
import type { Json, JsonObject, Workflow } from "./types";

const DETAILS = ["name", "id", "description", "tags"] as const;
const PARTS = ["nodes", "edges", "notes", "groups"] as const;
type PartName = (typeof PARTS)[number];
type Details = Pick<Workflow, "name" | "id" | "description" | "tags" | "settings">;

/** Marks edits of this user: these are undone. */
export const LOCAL = { name: "local" };
/** Marks edits that come from the host (a file changed, Python set it): merged, never undone here. */
export const HOST = { name: "host" };

const HISTORY = 500;

/** One part as read from its map. */
interface Entry<T> {
  readonly order: number;
  readonly part: T;
}

export class SharedDocument {
  readonly doc: Y.Doc;
  readonly workflow: Readable<Workflow>;
  readonly canUndo: Readable<boolean>;
  readonly canRedo: Readable<boolean>;
  private readonly snapshot: Observable<Workflow>;
  private readonly undoable = new Observable(false);
  private readonly redoable = new Observable(false);
  private readonly undoManager: Y.UndoManager;
  private readonly details: SharedMap;
  private readonly settings: SharedMap;
  private readonly maps: Readonly<Record<PartName, SharedMap>>;
  private readonly entries: { [P in PartName]: Map<string, Entry<PartOf<P>>> } = {
    nodes: new Map(), edges: new Map(), notes: new Map(), groups: new Map(),
  };
  private areDetailsChanged = false;
  private readonly changed: Readonly<Record<PartName, Set<string>>> = {
    nodes: new Set(), edges: new Set(), notes: new Set(), groups: new Set(),
  };
  private lastMerge = "";
  private lastEdit = 0;

  constructor(doc: Y.Doc = new Y.Doc()) {
    this.doc = doc;
    this.details = doc.getMap("workflow");
    this.settings = doc.getMap("settings");
    this.maps = { nodes: doc.getMap("nodes"), edges: doc.getMap("edges"), notes: doc.getMap("notes"), groups: doc.getMap("groups") };
    this.snapshot = new Observable(EMPTY);
    this.workflow = this.snapshot;
    this.canUndo = this.undoable;
    this.canRedo = this.redoable;
    this.readAll();
    this.details.observeDeep(this.onDetails);
    this.settings.observeDeep(this.onDetails);
    for (const name of PARTS) this.maps[name].observeDeep(this.onPart[name]);
    doc.on("afterTransaction", this.onTransaction);
    this.undoManager = new Y.UndoManager([this.details, this.settings, ...Object.values(this.maps)], {
      trackedOrigins: new Set([LOCAL]),
      // Steps are closed by hand: what belongs together is known here, not by the clock.
      captureTimeout: Number.MAX_SAFE_INTEGER,
      // Without this, undoing a key that a peer has set as well may leave it unset.
      ignoreRemoteMapChanges: true,
    });
    for (const event of ["stack-item-added", "stack-item-popped", "stack-cleared", "stack-item-updated"] as const) {
      this.undoManager.on(event, this.onHistory);
    }
  }

  destroy(): void {
    this.details.unobserveDeep(this.onDetails);
    this.settings.unobserveDeep(this.onDetails);
    for (const name of PARTS) this.maps[name].unobserveDeep(this.onPart[name]);
    this.doc.off("afterTransaction", this.onTransaction);
    this.undoManager.destroy();
  }

  /**
   * Make a change. Throws `RefusedError` when it does not fit, and then nothing is changed. Changes with the same
   * `merge` key within a second are one undo step.
   */
  apply(change: Change, merge = "", now = Date.now()): void {
    const after = applyPlain(this.snapshot.get(), change);
    const isSameStep = merge !== "" && merge === this.lastMerge && now - this.lastEdit < 1000;
    if (!isSameStep) this.undoManager.stopCapturing();
    this.lastMerge = merge;
    this.lastEdit = now;
    this.write(after, LOCAL);
  }

  /** Make the document hold a workflow that comes from outside, touching only what differs. */
  set(workflow: Workflow, origin: unknown = HOST): void {
    this.write(workflow, origin);
  }

  /** Replace the workflow as one step of this user. */
  replace(workflow: Workflow): void {
    this.undoManager.stopCapturing();
    this.lastMerge = "";
    this.write(workflow, LOCAL);
  }

  undo(): void {
    this.lastMerge = "";
    this.undoManager.undo();
  }

  redo(): void {
    this.lastMerge = "";
    this.undoManager.redo();
  }

  /** Forget what can be undone: after a first load. */
  clearHistory(): void {
    this.undoManager.clear();
  }

  private write(after: Workflow, origin: unknown): void {
    const before = this.snapshot.get();
    this.doc.transact(() => {
      const { settings, ...flow } = toFlow({ ...after, nodes: {}, edges: [], notes: {}, groups: {} });
      for (const key of DETAILS) put(this.details, key, flow[key]);
      putAll(this.settings, isObject(settings) ? settings : {});
      this.writePart("nodes", before.nodes, after.nodes, wholeNode);
      this.writePart("edges", byId(before.edges), byId(after.edges), writeEdge);
      this.writePart("notes", before.notes, after.notes, writeNote);
      this.writePart("groups", before.groups, after.groups, writeGroup);
    }, origin);
  }

  private writePart<P extends PartName>(
    name: P,
    before: Readonly<Record<string, PartOf<P>>>,
    after: Readonly<Record<string, PartOf<P>>>,
    write: (part: PartOf<P>) => JsonObject,
  ): void {
    if (before === after) return;
    const map = this.maps[name];
    const entries = this.entries[name] as ReadonlyMap<string, Entry<PartOf<P>>>;
    // Entries that are not shown (edges without ends) are left to their peers.
    for (const id of Object.keys(before)) if (!Object.hasOwn(after, id)) map.delete(id);
    const orders = ordersOf(Object.keys(after), (id) => (Object.hasOwn(before, id) ? entries.get(id)?.order : undefined));
    for (const [id, part] of Object.entries(after)) {
      const order = orders.get(id) ?? 0;
      if (before[id] === part && entries.get(id)?.order === order) continue;
      const value: JsonObject = { ...write(part), order };
      const present = map.get(id);
      if (name === "edges") putValue(map, id, value);
      else if (present instanceof Y.Map) writeFields(present, value);
      else map.set(id, partToShared(value));
    }
  }

  private readonly onDetails = (): void => {
    this.areDetailsChanged = true;
  };

  private readonly onPart = Object.fromEntries(
    PARTS.map((name) => [name, (events: Y.YEvent<Y.AbstractType<unknown>>[]) => this.collect(name, events)]),
  ) as Record<PartName, (events: Y.YEvent<Y.AbstractType<unknown>>[]) => void>;

  private collect(name: PartName, events: readonly Y.YEvent<Y.AbstractType<unknown>>[]): void {
    for (const event of events) {
      const [id] = event.path;
      if (id !== undefined) this.changed[name].add(String(id));
      else for (const key of event.keys.keys()) this.changed[name].add(key);
    }
  }

  /** Read again what a transaction changed; parts it did not touch stay the same objects. */
  private readonly onTransaction = (): void => {
    const before = this.snapshot.get();
    let now = before;
    if (this.areDetailsChanged) now = { ...now, ...this.readDetails() };
    this.areDetailsChanged = false;
    const { nodes, edges, notes, groups } = this.changed;
    if (nodes.size > 0) now = { ...now, nodes: this.readPart("nodes", before.nodes) };
    const isOtherNodes = now.nodes !== before.nodes && !hasSameKeys(before.nodes, now.nodes);
    // Edges come and go with their nodes.
    if (edges.size > 0 || isOtherNodes) now = { ...now, edges: this.readEdges(now) };
    if (notes.size > 0) now = { ...now, notes: this.readPart("notes", before.notes) };
    if (groups.size > 0) now = { ...now, groups: this.readPart("groups", before.groups) };
    this.snapshot.set(now);
  };

  private readPart<P extends PartName>(name: P, before: Readonly<Record<string, PartOf<P>>>): Readonly<Record<string, PartOf<P>>> {
    const ids = [...this.changed[name]];
    this.changed[name].clear();
    const entries = this.entries[name] as Map<string, Entry<PartOf<P>>>;
    const orders = ids.map((id) => entries.get(id)?.order);
    for (const id of ids) this.readEntry(name, id);
    const isSameOrder = ids.every((id, index) => orders[index] !== undefined && entries.get(id)?.order === orders[index]);
    if (!isSameOrder) return this.ordered(name);
    const parts = { ...before };
    for (const id of ids) {
      const entry = entries.get(id);
      if (entry !== undefined) parts[id] = entry.part;
    }
    return parts;
  }

  private readAll(): void {
    for (const name of PARTS) {
      this.entries[name].clear();
      for (const id of this.maps[name].keys()) this.readEntry(name, id);
    }
    const shown: Workflow = {
      ...this.readDetails(),
      nodes: this.ordered("nodes"), edges: [], notes: this.ordered("notes"), groups: this.ordered("groups"),
    };
    this.snapshot.set({ ...shown, edges: this.readEdges(shown) });
  }

  private readDetails(): Details {
    const raw = readMap(this.details);
    const texts = (key: string, standard: string): string => {
      const value = raw[key];
      return typeof value === "string" ? value : standard;
    };
    const tags = Array.isArray(raw.tags) ? raw.tags.filter((tag): tag is string => typeof tag === "string") : [];
    return {
      name: texts("name", EMPTY.name),
      id: texts("id", ""),
      description: texts("description", ""),
      tags,
      settings: readSettings(readMap(this.settings)),
    };
  }

  private readEntry(name: PartName, id: string): void {
    const value = this.maps[name].get(id);
    const raw = value === undefined ? null : fromShared(value);
    if (!isObject(raw)) {
      this.entries[name].delete(id);
      return;
    }
    const order = typeof raw.order === "number" ? raw.order : Number.MAX_SAFE_INTEGER;
    const entries = this.entries as Record<PartName, Map<string, Entry<unknown>>>;
    const part = READERS[name](id, raw);
    if (part === null) entries[name].delete(id);
    else entries[name].set(id, { order, part });
  }

  private ordered<P extends PartName>(name: P): Record<string, PartOf<P>> {
    const entries = [...(this.entries[name] as Map<string, Entry<PartOf<P>>>).entries()];
    entries.sort(([idA, a], [idB, b]) => a.order - b.order || (idA < idB ? -1 : 1));
    return Object.fromEntries(entries.map(([id, entry]) => [id, entry.part]));
  }

  private readEdges(workflow: Workflow): Workflow["edges"] {
    for (const id of this.changed.edges) this.readEntry("edges", id);
    this.changed.edges.clear();
    return Object.values(this.ordered("edges")).filter((edge) => hasEnds(edge, workflow.nodes));
  }

  private readonly onHistory = (): void => {
    const { undoStack } = this.undoManager;
    if (undoStack.length > HISTORY) undoStack.splice(0, undoStack.length - HISTORY);
    this.undoable.set(undoStack.length > 0);
    this.redoable.set(this.undoManager.redoStack.length > 0);
  };
}

type PartOf<P extends PartName> = P extends "edges" ? Workflow["edges"][number] : P extends "nodes"
  ? Workflow["nodes"][string] : P extends "notes" ? Workflow["notes"][string] : Workflow["groups"][string];

const READERS: { readonly [P in PartName]: (id: string, raw: JsonObject) => unknown } = {
  nodes: readNode,
  edges: (_id, raw) => readEdge(raw),
  notes: readNote,
  groups: readGroup,
};

/** Fields whose objects are shared maps themselves; other objects are one value. */
const DEEP = new Set(["parameters", "credentials"]);

function wholeNode(node: Workflow["nodes"][string]): JsonObject {
  return { parameters: {}, credentials: {}, ...writeNode(node) };
}

function partToShared(value: JsonObject): SharedMap {
  const map = new Y.Map<unknown>();
  for (const [key, part] of Object.entries(value)) map.set(key, DEEP.has(key) || typeof part === "string" ? toShared(part) : part);
  return map;
}

function writeFields(map: SharedMap, value: JsonObject): void {
  for (const key of [...map.keys()]) if (!Object.hasOwn(value, key)) map.delete(key);
  for (const [key, part] of Object.entries(value)) {
    const present = map.get(key);
    if (DEEP.has(key) && present instanceof Y.Map && isObject(part)) putAll(present, part);
    else if (DEEP.has(key) || !isObject(part)) put(map, key, part);
    else putValue(map, key, part);
  }
}

function putValue(map: SharedMap, key: string, value: Json): void {
  if (JSON.stringify(fromShared(map.get(key))) !== JSON.stringify(value)) map.set(key, value);
}

function byId(edges: Workflow["edges"]): Record<string, Workflow["edges"][number]> {
  return Object.fromEntries(edges.map((edge) => [edge.id, edge]));
}

function hasSameKeys(a: object, b: object): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key));
}

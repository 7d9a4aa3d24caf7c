// The data one call evaluates over. What was not sent along is asked for: `need` notes it and stops the evaluation, and
// the caller sends it and starts again. Outputs of earlier nodes are kept between calls, as they never change.

const { native } = kernel;
const STORE_LIMIT = 64 * 1024 * 1024;

// Ends an evaluation that lacks data. Not an Error, so that nobody takes it for one.
class Need {}
const NEED = new Need();
kernel.Need = Need;

class Store {
  constructor(limit) {
    this.limit = limit;
    this.size = 0;
    this.entries = new Map();
  }

  clear() {
    this.entries.clear();
    this.size = 0;
  }

  get(key) {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    this.entries.delete(key);
    this.entries.set(key, entry);
    return entry.items;
  }

  set(key, text) {
    if (this.entries.has(key)) return;
    this.entries.set(key, { items: JSON.parse(text), size: text.length });
    this.size += text.length;
    for (const [oldest, entry] of this.entries) {
      if (this.size <= this.limit || oldest === key) break;
      this.entries.delete(oldest);
      this.size -= entry.size;
    }
  }
}

const store = new Store(STORE_LIMIT);
kernel.store = store;
let recent = { token: null, rows: [] };

class Batch {
  constructor(request, rows) {
    this.request = request;
    this.facts = request.facts;
    this.count = request.count;
    this.indices = request.indices ?? Array.from({ length: request.count }, (_, i) => i);
    this.isAll = request.sent === "all";
    this.rows = this.readRows(request, rows);
    this.binaries = request.binaries;
    this.whole = null;
    this.matches = new Map();
    this.need = null;
    this.depth = 0;
    // Whether parameters were handed out that are only evaluated when they are read.
    this.isLazy = false;
    for (const [key, text] of native.Object.entries(request.outputs)) store.set(key, text);
  }

  readRows(request, rows) {
    if (request.sent === "none") return [];
    if (rows !== "" || request.token === null) recent = { token: request.token, rows: JSON.parse(rows) };
    return recent.rows;
  }

  ask(...what) {
    this.need ??= what;
    throw NEED;
  }

  fact(name) {
    if (this.facts === null) this.ask("facts");
    return this.facts[name];
  }

  // Where an item's row stands among those sent; -1 when it was not.
  position(index) {
    return this.isAll ? index : this.indices.indexOf(index);
  }

  notExecuted(name = this.request.node) {
    return new kernel.ExpressionError(`Node '${name}' hasn't been executed`);
  }

  row(position) {
    const row = this.rows[position];
    if (row !== undefined) return row;
    if (this.count === 0) throw this.notExecuted();
    throw new kernel.ExpressionError(`No data found for item-index: "${position}"`);
  }

  binary(position) {
    this.row(position);
    return this.binaries?.[position] ?? {};
  }

  // An item as code sees it. Absent attachments are absent.
  item(position) {
    const json = this.row(position);
    const binary = this.binaries?.[position];
    return binary ? { json, binary } : { json };
  }

  items() {
    if (!this.isAll) this.ask("items");
    this.whole ??= this.rows.map((_, i) => this.item(i));
    return this.whole;
  }

  // What is known of an earlier node; fails when the workflow has none of that name.
  node(name) {
    const known = this.request.nodes;
    if (!native.hasOwn(known, name)) this.ask("node", name);
    if (known[name] === null) throw new kernel.ExpressionError("Referenced node doesn't exist");
    return known[name];
  }

  executed(name) {
    const node = this.node(name);
    if (node.runs.length === 0) throw this.notExecuted(name);
    return node;
  }

  // The items of one output of one run. A negative run counts from the last.
  output(name, output, run) {
    const node = this.executed(name);
    const runIndex = run === undefined || run < 0 ? node.runs.length - 1 : run;
    if (runIndex >= node.runs.length) {
      throw new kernel.ExpressionError(`Run ${runIndex} of node '${name}' not found`);
    }
    const port = output ?? node.output;
    const key = `${node.runs[runIndex]}/${port}`;
    const items = store.get(key);
    if (items === undefined) this.ask("output", name, runIndex, port, key);
    return items;
  }

  traced(name) {
    if (!this.matches.has(name)) {
      const { indices = [], matches = [] } = this.request.traces[name] ?? {};
      this.matches.set(name, new Map(indices.map((index, i) => [index, matches[i]])));
    }
    return this.matches.get(name);
  }

  // The item of node `name` that item `index` descends from.
  match(name, index) {
    this.executed(name);
    const traced = this.traced(name).get(index);
    if (traced === undefined) this.ask("trace", name, index);
    if (traced.length === 1) throw new kernel.ExpressionError(traced[0]);
    const [run, output, position] = traced;
    return this.output(name, output, run)[position];
  }
}

kernel.Batch = Batch;

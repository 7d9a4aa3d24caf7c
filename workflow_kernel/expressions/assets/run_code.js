// Runs the code of a code node: once for all items, or once for each. Gives back what it returned, which input items
// that contains, and what it wrote to the console.

const { native } = kernel;
const HEADER_LINES = 2;
const FILE = "workflow-code";

// Input items are made once, so that code which returns one of them can be told from code that makes its own.
class CodeBatch extends kernel.Batch {
  constructor(request, rows) {
    super(request, rows);
    this.isCode = true;
    this.wrapped = new Map();
    this.positions = new Map();
  }

  item(position) {
    let item = this.wrapped.get(position);
    if (item === undefined) {
      item = { ...super.item(position), pairedItem: { item: position } };
      this.wrapped.set(position, item);
      this.positions.set(item, position);
      this.positions.set(item.json, position);
    }
    return item;
  }

  // The position of the input item that a returned value is; null when it is none.
  source(value) {
    if (value === null || typeof value !== "object") return null;
    return this.positions.get(value) ?? this.positions.get(value.json) ?? null;
  }
}

const names = native.Object.getOwnPropertyNames(kernel.Scope.prototype).filter((name) => name.startsWith("$"));

// The names the code mentions, with their values. One that cannot be had now is undefined.
const surroundings = (scope, request) => {
  const values = {};
  for (const name of names) {
    if (!request.code.includes(name)) continue;
    try {
      values[name] = scope[name];
    } catch (error) {
      if (error instanceof kernel.Need) throw error;
      values[name] = undefined;
    }
  }
  const getWorkflowStaticData = (kind) => request.static[kind === "node" ? "node" : "global"];
  return { ...values, $getWorkflowStaticData: getWorkflowStaticData, getWorkflowStaticData };
};

const compile = (code, parameters) => {
  try {
    return new native.AsyncFunction(...parameters, `${code}\n//# sourceURL=${FILE}`);
  } catch (error) {
    if (error instanceof SyntaxError) {
      try {
        kernel.library("acorn").parse(code, {
          ecmaVersion: "latest", allowReturnOutsideFunction: true, allowAwaitOutsideFunction: true,
        });
      } catch (parseError) {
        error.line = parseError.loc?.line;
      }
    }
    throw error;
  }
};

const lineOf = (error) => {
  const match = new RegExp(`${FILE}:(\\d+):\\d+`, "u").exec(String(error?.stack ?? ""));
  return match === null ? error?.line ?? null : Number(match[1]) - HEADER_LINES;
};

const describe = (error, item) => {
  const isObject = error !== null && typeof error === "object";
  return {
    message: String((isObject ? error.message : error) ?? error),
    name: isObject ? String(error.name ?? "Error") : "Error",
    description: isObject && typeof error.description === "string" ? error.description : "",
    line: lineOf(error),
    item,
  };
};

const call = async (scope, request, extra) => {
  const given = { ...surroundings(scope, request), ...extra };
  const keys = native.Object.keys(given);
  const run = compile(request.code, keys);
  return run.apply({}, keys.map((key) => given[key]));
};

const sourcesOf = (batch, value) => (Array.isArray(value) ? value : [value]).map((part) => batch.source(part));

const forAll = async (batch, request) => {
  const scope = new kernel.Scope(batch);
  const value = await call(scope, request, { items: batch.items() });
  return { value, sources: sourcesOf(batch, value) };
};

const forEach = async (batch, request) => {
  const value = [];
  const sources = [];
  const failures = [];
  for (const index of batch.indices) {
    const scope = new kernel.Scope(batch, index);
    try {
      const item = batch.item(index);
      const result = await call(scope, request, { item: request.legacy ? item.json : item });
      value.push(result ?? null);
      sources.push(batch.source(result) ?? index);
    } catch (error) {
      if (batch.need !== null) throw error;
      failures.push(describe(error, index));
      value.push(null);
      sources.push(index);
      if (request.stop) break;
    }
  }
  return { value, sources, failures };
};

const answer = async (request, rows) => {
  const batch = new CodeBatch(request, rows);
  let text;
  try {
    const result = await (request.each ? forEach(batch, request) : forAll(batch, request));
    text = JSON.stringify({ ...result, logs: kernel.logs, static: request.static });
  } catch (error) {
    text = JSON.stringify({ failures: [describe(error, null)], logs: kernel.logs });
  }
  return batch.need === null ? text : JSON.stringify({ need: batch.need });
};

let finished = null;

// The answer is fetched by `collect`, not awaited by the caller: only calls can be stopped when they take too long.
kernel.handlers = {
  ...kernel.handlers,
  code: (request, rows) => {
    kernel.setTime(request.now, request.zone);
    kernel.startClock();
    kernel.store.clear();
    kernel.logs = [];
    finished = null;
    answer(request, rows).then((text) => {
      finished = text;
    });
    return null;
  },
  collect: () => finished,
};

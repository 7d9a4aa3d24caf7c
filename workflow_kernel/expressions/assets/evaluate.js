// Compiles parameter texts and evaluates them for a batch; the entry all calls from Python go through.

const { native } = kernel;
const programs = new Map();

const explain = (error) => {
  if (error instanceof kernel.ExpressionError) return error;
  if (error instanceof SyntaxError) return new kernel.ExpressionError("invalid syntax", error.message);
  return new kernel.ExpressionError(String(error?.message ?? error));
};

// Calls of what expressions are kept from. A user who writes one must be told, rather than get undefined.
const reach = /\b((?:process|require|module|fetch|XMLHttpRequest|eval|Function|importScripts|setTimeout|setInterval)(?:\.[\w$]+)*) is not a function/u;

const reachingOut = (error) => {
  const found = error instanceof TypeError ? reach.exec(error.message) : null;
  if (found === null) return null;
  return new kernel.ExpressionError(
    `${found[1]}() cannot be called in an expression`,
    "Expressions have no process, modules, timers, files or network. Use a code or HTTP request node.",
  );
};

const compileChunk = (code) => {
  const { body, uses, isMutating } = kernel.rewrite(code);
  const make = new native.Function(
    "__globals", "__extend", "__guard", "__chain",
    `"use strict"; return function (__scope) {\n${body}\n};`,
  );
  return { run: make(kernel.globals, kernel.extend, kernel.guard, kernel.chain), uses, isMutating };
};

// Joined with text, what is absent leaves nothing.
const asText = (value) => (value || value === 0 || value === false ? String(value) : "");

// One parameter text, ready to run. `parts` are `[isCode, text]` pairs.
class Program {
  constructor(parts) {
    this.error = null;
    this.chunks = [];
    this.uses = { json: false, keys: new Set(), wholeJson: false, binary: false, all: false, facts: false };
    this.isMutating = false;
    this.isLone = parts.length === 1 && parts[0][0];
    this.undefined = native.Object.create(null);
    for (const [isCode, text] of parts) this.add(isCode, text);
  }

  add(isCode, text) {
    if (!isCode) {
      this.chunks.push(text);
      return;
    }
    try {
      const chunk = compileChunk(text);
      this.chunks.push(chunk.run);
      this.isMutating ||= chunk.isMutating;
      for (const key of chunk.uses.keys) this.uses.keys.add(key);
      for (const name of ["json", "wholeJson", "binary", "all", "facts"]) this.uses[name] ||= chunk.uses[name];
    } catch (error) {
      this.error ??= explain(error);
    }
  }

  // The value of one `{{ }}`. As n8n has it, a plain JavaScript error leaves the value undefined.
  chunk(run, scope) {
    try {
      return run(scope);
    } catch (error) {
      if (error instanceof kernel.Need || error instanceof kernel.ExpressionError) throw error;
      const told = reachingOut(error);
      if (told !== null) throw told;
      if (error instanceof RangeError && /call stack|string length|array length|count value|too (?:large|long)|allocation/iu.test(error.message)) throw explain(error);
      return undefined;
    }
  }

  value(scope) {
    if (this.error !== null) throw this.error;
    scope.isCopying ||= this.isMutating;
    if (this.isLone) return this.chunk(this.chunks[0], scope);
    return this.chunks.map((part) => (typeof part === "string" ? part : asText(this.chunk(part, scope)))).join("");
  }

  describe() {
    const { keys, ...uses } = this.uses;
    return { ...uses, keys: [...keys] };
  }
}

// The program of a parameter text. One met at run time, inside `$parameter`, may have to be asked for.
kernel.program = (text, batch) => programs.get(text) ?? batch.ask("program", text);

// The value of such a text. What was sent was chosen without knowing of it, so it may need all.
kernel.evaluateInside = (text, scope) => {
  const program = kernel.program(text, scope.batch);
  const { json, binary, all } = program.uses;
  if ((json || binary || all) && !scope.batch.request.whole) scope.batch.ask("items");
  return program.value(scope);
};

const compile = ({ texts }) => texts.map(([text, parts]) => {
  if (!programs.has(text)) programs.set(text, new Program(parts));
  return programs.get(text).describe();
});

// Values JSON has no word for are listed by position beside the column.
const collect = (program, scope, batch) => {
  const column = { values: [], undefined: [], numbers: [], failures: [] };
  scope.isCopying = false;
  const { indices, isAll } = batch;
  for (let k = 0; k < indices.length; k++) {
    scope.index = indices[k];
    scope.position = isAll ? indices[k] : k;
    scope.copies = null;
    batch.isLazy = false;
    let value = null;
    try {
      value = program.value(scope);
      if (batch.isLazy && typeof value === "object") value = JSON.parse(JSON.stringify(value));
      if (batch.need !== null) return null;
      if (value === undefined) column.undefined.push(k);
      else if (typeof value === "number" && !Number.isFinite(value)) column.numbers.push([k, String(value)]);
      else if (typeof value === "function" || typeof value === "symbol") throw notData(value);
      else if (typeof value === "bigint") value = Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    } catch (error) {
      if (batch.need !== null) return null;
      const { message, description } = explain(error);
      column.failures.push([k, message, description ?? ""]);
      value = null;
    }
    column.values.push(value);
  }
  return column;
};

const notData = (value) => new kernel.ExpressionError(
  typeof value === "symbol" ? "this is a symbol, which has no value" : "this is a function, please add ()",
);

// A column as JSON. One value that cannot be written fails its item alone.
const write = (column) => {
  try {
    return JSON.stringify(column);
  } catch {
    column.values = column.values.map((value, k) => {
      try {
        return JSON.parse(JSON.stringify(value));
      } catch (error) {
        column.failures.push([k, explain(error).message, ""]);
        return null;
      }
    });
    return JSON.stringify(column);
  }
};

const evaluate = (request, rows) => {
  kernel.setTime(request.now, request.zone);
  const batch = new kernel.Batch(request, rows);
  const columns = [];
  for (const text of request.texts) {
    const scope = new kernel.Scope(batch);
    const column = collect(kernel.program(text, batch), scope, batch);
    if (column === null) return JSON.stringify({ need: batch.need });
    columns.push(write(column));
  }
  return `{"columns":[${columns.join(",")}]}`;
};

// One value with its kind kept, for tests that compare kinds.
const typed = (request, rows) => {
  kernel.setTime(request.now, request.zone);
  const batch = new kernel.Batch(request, rows);
  const index = batch.indices[0];
  const scope = new kernel.Scope(batch, index, batch.isAll ? index : 0);
  try {
    const value = kernel.program(request.texts[0], batch).value(scope);
    if (batch.need === null && typeof value === "function") throw notData(value);
    if (batch.need === null) return JSON.stringify({ value: kernel.tag(value, request.path) });
  } catch (error) {
    if (batch.need === null) return JSON.stringify({ error: kernel.tagError(explain(error)) });
  }
  return JSON.stringify({ need: batch.need });
};

kernel.handlers = { compile: (request) => JSON.stringify(compile(request)), evaluate, typed };
kernel.entry = (request, rows) => {
  const message = JSON.parse(request);
  return kernel.handlers[message.op](message, rows);
};

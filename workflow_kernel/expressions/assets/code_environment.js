// What a code node finds besides the language: console, Buffer, URL, timers, a few modules. Its isolate is its own, so
// nothing is locked down here; there simply is nothing to reach.

const { native } = kernel;
const { encodeText, decodeText, toBase64, fromBase64 } = kernel.bytes;

// --- console

kernel.logs = [];

const show = (value) => {
  if (typeof value === "string") return value;
  if (value instanceof Error) return value.stack?.split("\n")[0] ?? String(value);
  if (value === null || typeof value !== "object") return String(value);
  const seen = new Set();
  try {
    return JSON.stringify(value, (_, part) => {
      if (part === null || typeof part !== "object") return typeof part === "bigint" ? `${part}n` : part;
      if (seen.has(part)) return "[seen above]";
      seen.add(part);
      return part instanceof Map || part instanceof Set ? [...part] : part;
    });
  } catch {
    return String(value);
  }
};

const LOG_LIMIT = 10_000;
const log = (...values) => {
  if (kernel.logs.length < LOG_LIMIT) kernel.logs.push(values.map(show).join(" "));
};

// --- bytes

class Buffer extends Uint8Array {
  static from(value, encoding) {
    if (typeof value !== "string") return super.from(value instanceof ArrayBuffer ? new Uint8Array(value) : value);
    switch (encoding) {
      case "base64": case "base64url": return super.from(fromBase64(value));
      case "hex": return super.from((value.match(/[\da-f]{2}/giu) ?? []).map((pair) => Number.parseInt(pair, 16)));
      case "latin1": case "binary": case "ascii": return super.from([...value].map((sign) => sign.charCodeAt(0) & 255));
      default: return super.from(encodeText(value));
    }
  }
  static alloc(size) {
    return new Buffer(size);
  }
  static concat(buffers) {
    return Buffer.from(buffers.flatMap((buffer) => [...buffer]));
  }
  static isBuffer(value) {
    return value instanceof Buffer;
  }
  static byteLength(text, encoding) {
    return Buffer.from(text, encoding).length;
  }
  toString(encoding) {
    switch (encoding) {
      case "base64": return toBase64(this);
      case "base64url": return toBase64(this).replace(/\+/gu, "-").replace(/\//gu, "_").replace(/=+$/u, "");
      case "hex": return [...this].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      case "latin1": case "binary": case "ascii": return String.fromCharCode(...this);
      default: return decodeText(this);
    }
  }
  toJSON() {
    return { type: "Buffer", data: [...this] };
  }
}

class TextEncoder {
  encode(text = "") {
    return Uint8Array.from(encodeText(String(text)));
  }
}

class TextDecoder {
  decode(bytes = []) {
    return decodeText(bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes);
  }
}

// --- addresses

class URLSearchParams {
  #pairs = [];
  constructor(source = "") {
    const decode = (part) => decodeURIComponent(part.replaceAll("+", " "));
    if (typeof source === "string") {
      for (const pair of source.replace(/^\?/u, "").split("&").filter(Boolean)) {
        const at = pair.indexOf("=");
        this.#pairs.push(at < 0 ? [decode(pair), ""] : [decode(pair.slice(0, at)), decode(pair.slice(at + 1))]);
      }
    } else {
      const pairs = typeof source[Symbol.iterator] === "function" ? [...source] : Object.entries(source);
      this.#pairs = pairs.map(([key, value]) => [String(key), String(value)]);
    }
  }
  append(key, value) { this.#pairs.push([String(key), String(value)]); }
  delete(key) { this.#pairs = this.#pairs.filter(([name]) => name !== key); }
  get(key) { return this.#pairs.find(([name]) => name === key)?.[1] ?? null; }
  getAll(key) { return this.#pairs.filter(([name]) => name === key).map(([, value]) => value); }
  has(key) { return this.#pairs.some(([name]) => name === key); }
  set(key, value) {
    const at = this.#pairs.findIndex(([name]) => name === key);
    this.delete(key);
    this.#pairs.splice(at < 0 ? this.#pairs.length : at, 0, [String(key), String(value)]);
  }
  sort() { this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)); }
  forEach(visit) { for (const [key, value] of this.#pairs) visit(value, key, this); }
  keys() { return this.#pairs.map(([key]) => key).values(); }
  values() { return this.#pairs.map(([, value]) => value).values(); }
  entries() { return this.#pairs.map((pair) => [...pair]).values(); }
  [Symbol.iterator]() { return this.entries(); }
  get size() { return this.#pairs.length; }
  toString() {
    return this.#pairs.map(([key, value]) => `${kernel.encodeForm(key)}=${kernel.encodeForm(value)}`).join("&");
  }
}

class URL {
  constructor(text, base) {
    const parts = kernel.parseUrl(String(text)) ?? (base === undefined ? null : kernel.parseUrl(joined(String(text), String(base))));
    if (parts === null) throw new TypeError("Invalid URL");
    native.Object.assign(this, parts);
    native.defineProperty(this, "searchParams", { value: new URLSearchParams(parts.search) });
  }
  static canParse(text) {
    return kernel.parseUrl(String(text)) !== null;
  }
  get host() { return this.port ? `${this.hostname}:${this.port}` : this.hostname; }
  get origin() { return `${this.protocol}//${this.host}`; }
  get href() {
    const user = this.username ? `${this.username}${this.password ? `:${this.password}` : ""}@` : "";
    const query = this.searchParams.toString();
    const slashes = this.hostname || this.protocol === "file:" ? "//" : "";
    return `${this.protocol}${slashes}${user}${this.host}${this.pathname}${query ? `?${query}` : ""}${this.hash}`;
  }
  toString() { return this.href; }
  toJSON() { return this.href; }
}

const joined = (text, base) => {
  const { origin, pathname } = new URL(base);
  if (text.startsWith("/")) return origin + text;
  const path = [];
  for (const step of (pathname.replace(/[^/]*$/u, "") + text).split("/").slice(1)) {
    if (step === "..") path.pop();
    else if (step !== ".") path.push(step);
  }
  return `${origin}/${path.join("/")}`;
};

// --- modules

const createHash = (algorithm) => {
  let text = "";
  const hash = {
    update: (more) => {
      text += more;
      return hash;
    },
    digest: (encoding = "hex") => {
      const digest = kernel.hashes[String(algorithm).toLowerCase().replace("-", "")];
      if (digest === undefined || algorithm === "base64") throw new Error("Digest method not supported");
      const bytes = Buffer.from(digest(text), "hex");
      return encoding === "buffer" ? bytes : bytes.toString(encoding);
    },
  };
  return hash;
};

const randomUUID = () =>
  "10000000-1000-4000-8000-100000000000".replace(/[018]/gu, (digit) =>
    (Number(digit) ^ (Math.floor(Math.random() * 16) >> (Number(digit) / 4))).toString(16));

const modules = {
  luxon: () => kernel.luxon(),
  jmespath: () => kernel.library("jmespath"),
  crypto: () => ({ createHash, randomUUID }),
  buffer: () => ({ Buffer }),
  url: () => ({ URL, URLSearchParams }),
};

const require = (name) => {
  const module = modules[String(name).replace(/^node:/u, "")];
  if (module === undefined) throw new Error(`Cannot find module '${name}'`);
  return module();
};

// --- time: fixed, but it goes on while code waits, and for code that looks at the clock over and over

const PATIENCE = 1_000;
let waited = 0;
let looks = 0;
let started = 0;

// Timers of an earlier run never fire in a later one.
let run = 0;

kernel.startClock = () => {
  run += 1;
  [waited, looks, started] = [0, 0, native.Date.now()];
};

kernel.clock = () => {
  looks += 1;
  return kernel.now + waited + (looks > PATIENCE ? native.Date.now() - started : 0);
};

const setTimeout = (callback, delay = 0, ...args) => {
  const mine = run;
  const until = waited + Number(delay);
  return native.setTimeout(() => {
    if (mine !== run) return;
    waited = Math.max(waited, until);
    callback(...args);
  }, delay);
};

const setInterval = (callback, delay = 0, ...args) => {
  const timer = { id: null };
  const tick = () => {
    timer.id = setTimeout(() => {
      tick();
      callback(...args);
    }, delay);
  };
  tick();
  return timer;
};

const clearTimeout = (timer) => native.clearTimeout(timer?.id ?? timer);

kernel.openUp = () => {
  const { DateTime: _, ...functions } = kernel.functions;
  native.Object.assign(globalThis, functions, {
    Buffer, TextDecoder, TextEncoder, URL, URLSearchParams, clearTimeout, require, setInterval, setTimeout,
    clearInterval: clearTimeout, setImmediate: (callback, ...args) => setTimeout(callback, 0, ...args),
    Date: kernel.SandboxDate,
    atob: (text) => Buffer.from(text, "base64").toString("latin1"),
    btoa: (text) => toBase64(Buffer.from(String(text), "latin1")),
    console: { log, info: log, warn: log, error: log, debug: log, table: log, trace: log },
    crypto: { randomUUID },
    queueMicrotask: (run) => void Promise.resolve().then(run),
    structuredClone: (value) => kernel.copy(value),
  });
  native.Date.prototype.constructor = kernel.SandboxDate;
  for (const name of ["DateTime", "Duration", "Interval"]) {
    native.defineProperty(globalThis, name, { get: () => kernel.luxon()[name], configurable: true });
  }
};

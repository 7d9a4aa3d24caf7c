// What expressions may name of JavaScript itself. Everything absent is undefined; what would reach outside is an
// empty object. Names are resolved when an expression is compiled, so nothing else of the global object is in reach.

const { native } = kernel;

function SandboxDate(...args) {
  if (new.target === undefined) return new native.Date(kernel.clock()).toString();
  return args.length === 0 ? new native.Date(kernel.clock()) : new native.Date(...args);
}
SandboxDate.prototype = native.Date.prototype;
SandboxDate.now = () => kernel.clock();
SandboxDate.parse = native.Date.parse;
SandboxDate.UTC = native.Date.UTC;
kernel.SandboxDate = SandboxDate;

const objectFunctions = [
  "assign", "entries", "freeze", "fromEntries", "getOwnPropertyNames", "groupBy", "hasOwn", "is", "isExtensible",
  "isFrozen", "isSealed", "keys", "preventExtensions", "seal", "values",
];

// Object without what changes prototypes or property descriptors.
function SandboxObject(value) {
  return native.Object(value);
}
SandboxObject.prototype = native.Object.prototype;
for (const name of objectFunctions) SandboxObject[name] = native.Object[name];
SandboxObject.create = (prototype) => native.Object.create(prototype);

const allowed = {
  Array, ArrayBuffer, Atomics, BigInt, BigInt64Array, BigUint64Array, Boolean, DataView, Error, EvalError, Float32Array,
  Float64Array, Int16Array, Int32Array, Int8Array, Intl, JSON, Map, Math, Number, RangeError, ReferenceError, RegExp,
  Set, SharedArrayBuffer, String, Symbol, SyntaxError, TypeError, URIError, Uint16Array, Uint32Array, Uint8Array,
  Uint8ClampedArray, WeakMap, WeakSet, decodeURI, decodeURIComponent, encodeURI, encodeURIComponent, isFinite, isNaN,
  parseFloat, parseInt, Infinity, NaN,
  Date: SandboxDate,
  Object: SandboxObject,
};

const denied = [
  "document", "global", "window", "Window", "this", "globalThis", "self", "alert", "prompt", "confirm", "eval",
  "uneval", "setTimeout", "setInterval", "setImmediate", "clearImmediate", "clearTimeout", "clearInterval",
  "queueMicrotask", "Function", "require", "module", "Buffer", "__dirname", "__filename", "fetch", "XMLHttpRequest",
  "Promise", "Generator", "GeneratorFunction", "AsyncFunction", "AsyncGenerator", "AsyncGeneratorFunction",
  "WebAssembly", "Reflect", "Proxy", "escape", "unescape", "process", "exports", "importScripts", "constructor",
];

kernel.globals = (() => {
  const globals = native.Object.create(null);
  native.Object.assign(globals, allowed);
  for (const name of denied) globals[name] = native.freeze({});
  for (const name of ["DateTime", "Duration", "Interval"]) {
    native.defineProperty(globals, name, { get: () => kernel.luxon()[name], enumerable: true });
  }
  return globals;
})();

// Property names that lead out of an object to the machinery behind it.
kernel.blockedNames = new Set([
  "__proto__", "prototype", "constructor", "getPrototypeOf", "mainModule", "binding", "_load", "prepareStackTrace",
  "__lookupGetter__", "__lookupSetter__", "__defineGetter__", "__defineSetter__", "caller", "arguments",
]);

kernel.securityMessage = (name) => `Cannot access "${name}" due to security concerns`;

// Guards a computed property name. The text is made once, here, so that it cannot change between check and use.
kernel.guard = (key) => {
  if (typeof key === "number" || typeof key === "symbol") return key;
  const text = typeof key === "string" ? key : `${key}`;
  if (kernel.blockedNames.has(text)) throw new kernel.ExpressionError(kernel.securityMessage(text));
  return text;
};

// Makes what all expressions share unchangeable, so that one evaluation cannot disturb the next.
kernel.lockDown = () => {
  delete native.Error.captureStackTrace;
  delete native.Error.stackTraceLimit;
  // What runs later would run outside the time limit.
  for (const [holder, name] of [[Array, "fromAsync"], [Atomics, "wait"], [Atomics, "waitAsync"]]) delete holder[name];
  const seen = new Set();
  const queue = [
    kernel.globals, native.Function.prototype, native.AsyncFunction.prototype,
    native.Object.getPrototypeOf(function* () {}), native.Object.getPrototypeOf(async function* () {}),
    native.Object.getPrototypeOf([][Symbol.iterator]()), native.Object.getPrototypeOf("".matchAll(/x/g)), Promise,
  ];
  while (queue.length > 0) {
    const value = queue.pop();
    if (value === null || (typeof value !== "object" && typeof value !== "function") || seen.has(value)) continue;
    seen.add(value);
    if (ArrayBuffer.isView(value)) continue;
    native.freeze(value);
    queue.push(native.Object.getPrototypeOf(value));
    for (const key of Reflect.ownKeys(value)) {
      const property = native.Object.getOwnPropertyDescriptor(value, key);
      if ("value" in property) queue.push(property.value);
    }
  }
};

// First of the runtime's files: the `kernel` object all others add to, the errors, and third-party code on first use.
// All files are joined into one function by `expressions.javascript_isolate`; `kernel` and `sources` are its arguments.

kernel.native = {
  Date, Error, Function, Object, JSON,
  AsyncFunction: (async () => {}).constructor,
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  hasOwn: Object.hasOwn,
  defineProperty: Object.defineProperty,
  freeze: Object.freeze,
};

// An error an expression's author is to see. What else goes wrong in an expression leaves it undefined.
class ExpressionError extends Error {
  constructor(message, description = "") {
    super(message);
    this.description = description;
  }
  get name() {
    return "ExpressionError";
  }
}

// One kind of it; the message is made from what was refused.
const kind = (name, describe = (message) => message) => {
  const Kind = class extends ExpressionError {
    constructor(subject) {
      super(describe(subject));
    }
    get name() {
      return name;
    }
  };
  kernel.native.defineProperty(Kind, "name", { value: name });
  return Kind;
};

const concern = (text) => `${text} due to security concerns`;

kernel.ExpressionError = ExpressionError;
kernel.ExpressionExtensionError = kind("ExpressionExtensionError");
kernel.ExpressionReservedVariableError = kind("ExpressionReservedVariableError", (name) => concern(`Cannot use "${name}"`));
kernel.ExpressionDestructuringError = kind("ExpressionDestructuringError", (name) => concern(`Cannot destructure "${name}"`));
kernel.ExpressionComputedDestructuringError = kind("ExpressionComputedDestructuringError", () =>
  concern("Computed property names in destructuring are not allowed"));
kernel.ExpressionClassExtensionError = kind("ExpressionClassExtensionError", (name) => concern(`Cannot extend "${name}"`));
kernel.ExpressionWithStatementError = kind("ExpressionWithStatementError", () => concern('Cannot use "with" statements'));

const loaded = new Map();

// The exports of a vendored package. Loading costs milliseconds, so each is loaded when first named.
kernel.library = (name) => {
  let library = loaded.get(name);
  if (library === undefined) {
    library = new kernel.native.Function("Object", `${sources[name]}\nreturn vendored;`)(kernel.native.Object);
    loaded.set(name, library);
  }
  return library;
};

let luxon;

// Luxon, in the zone and at the time of the current call.
kernel.luxon = () => {
  if (luxon === undefined) {
    luxon = kernel.library("luxon");
    luxon.Settings.defaultLocale = "en";
    luxon.Settings.now = () => kernel.clock();
    luxon.Settings.defaultZone = kernel.zone;
    for (const { prototype } of [luxon.DateTime, luxon.Duration, luxon.Interval]) kernel.native.freeze(prototype);
    for (const name of ["DateTime", "Duration", "Interval"]) kernel.native.freeze(luxon[name]);
  }
  return luxon;
};

kernel.clock = () => kernel.now;
kernel.now = 0;
kernel.zone = "UTC";

// The clock of one call.
kernel.setTime = (now, zone) => {
  kernel.resetLimits();
  kernel.now = now;
  if (kernel.zone !== zone) {
    kernel.zone = zone;
    if (luxon !== undefined) luxon.Settings.defaultZone = zone;
  }
};

kernel.extensions = {};
kernel.isDateTime = (value) => luxon !== undefined && luxon.DateTime.isDateTime(value);
kernel.isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

// Equality of JSON-like values, dates included.
kernel.equal = (a, b) => {
  if (a === b || (a !== a && b !== b)) return true;
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return false;
  if (a instanceof kernel.native.Date && b instanceof kernel.native.Date) return a.getTime() === b.getTime();
  if (kernel.isDateTime(a) && kernel.isDateTime(b)) return a.equals(b);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => kernel.native.hasOwn(b, key) && kernel.equal(a[key], b[key]));
};

// A copy that an expression may change without touching the batch, which is shared.
kernel.copy = (value) => {
  if (Array.isArray(value)) return value.map(kernel.copy);
  if (value === null || typeof value !== "object") return value;
  const result = {};
  for (const key in value) {
    kernel.native.defineProperty(result, key, {
      value: kernel.copy(value[key]), writable: true, enumerable: true, configurable: true,
    });
  }
  return result;
};

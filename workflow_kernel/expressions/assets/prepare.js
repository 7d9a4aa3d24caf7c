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

class ExpressionError extends Error {
  constructor(message, description = "") {
    super(message);
    this.description = description;
  }
  get name() {
    return "ExpressionError";
  }
}

class ExpressionExtensionError extends ExpressionError {
  get name() {
    return "ExpressionExtensionError";
  }
}

class ExpressionReservedVariableError extends ExpressionError {
  get name() {
    return "ExpressionReservedVariableError";
  }
}

kernel.ExpressionError = ExpressionError;
kernel.ExpressionExtensionError = ExpressionExtensionError;
kernel.ExpressionReservedVariableError = ExpressionReservedVariableError;

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

kernel.setTime = (now, zone) => {
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

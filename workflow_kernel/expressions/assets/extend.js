// Calls an extension function, as compiled expressions do for every call whose name one of them has; and the
// functions that stand alone, such as `$max`.

const { extensions, native } = kernel;

kernel.extensionNames = new Set(Object.values(extensions).flatMap((functions) => Object.keys(functions)));

// In the order in which messages name them.
const KINDS = ["Array", "Date", "Number", "Object", "String", "Boolean"];

const familyOf = (value) => {
  if (typeof value === "string") return extensions.string;
  if (typeof value === "number") return extensions.number;
  if (typeof value === "boolean") return extensions.boolean;
  if (Array.isArray(value)) return extensions.array;
  if (value === null || typeof value !== "object") return undefined;
  if (value instanceof native.Date || kernel.isDateTime(value)) return extensions.date;
  return value instanceof Map || value instanceof Set ? undefined : extensions.object;
};

// What any value has, when its own kind has nothing of that name.
const common = {
  isEmpty: (value) => value === null || value === undefined || value === "",
  isNotEmpty: (value) => !(value === null || value === undefined || value === ""),
};

const explain = (value, name) => {
  if (value === undefined || value === null) {
    return new kernel.ExpressionExtensionError(`${name} can't be used on ${String(value)} value`);
  }
  const kinds = KINDS.filter((kind) => native.hasOwn(extensions[kind.toLowerCase()], name)).map((kind) => `"${kind}"`);
  const list = kinds.length > 1 ? `types ${kinds.slice(0, -1).join(", ")}, and ${kinds.at(-1)}` : `type ${kinds[0]}`;
  return new kernel.ExpressionExtensionError(`${name}() is only callable on ${list}`);
};

kernel.extend = (value, name, args) => {
  const family = familyOf(value);
  if (family !== undefined && native.hasOwn(family, name)) {
    if (kernel.isDateTime(value) && (name === "toLocaleString" || args[0]?.isLuxonDuration)) return value[name](...args);
    return family[name](value, args);
  }
  if (value !== undefined && value !== null && typeof value[name] === "function") return value[name](...args);
  if (native.hasOwn(common, name)) return common[name](value);
  if (typeof value === "string" && native.hasOwn(extensions.date, name)) {
    const date = kernel.parseDateTime(value);
    if (date !== undefined) return extensions.date[name](date, args);
  }
  throw explain(value, name);
};

// The same functions under symbols no user can name: for calls in an optional chain, which must stay a chain.
kernel.chain = {};
for (const name of kernel.extensionNames) {
  const symbol = Symbol(name);
  kernel.chain[name] = symbol;
  native.defineProperty(native.Object.prototype, symbol, {
    value(...args) {
      return kernel.extend(this, name, args);
    },
  });
}

const average = (...values) => values.reduce((total, value) => total + value, 0) / values.length;

const expectTwo = (args) => {
  if (args.length !== 2) {
    throw new kernel.ExpressionError("expected two arguments (value, defaultValue) for this function");
  }
};

const isEmpty = (value) =>
  value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0) ||
  (typeof value === "object" && !(value instanceof native.Date) && !kernel.isDateTime(value) &&
    Object.keys(value).length === 0);

const ifEmpty = (...args) => {
  expectTwo(args);
  return isEmpty(args[0]) ? args[1] : args[0];
};

const numberList = (start, end) => {
  const step = start <= end ? 1 : -1;
  return Array.from({ length: Math.abs(end - start) + 1 }, (_, i) => start + i * step);
};

const zip = (keys, values) => {
  if (keys.length !== values.length) {
    throw new kernel.ExpressionExtensionError("keys and values not of equal length");
  }
  return Object.fromEntries(keys.map((key, i) => [key, values[i]]));
};

const max = (...values) => Math.max(...values);
const min = (...values) => Math.min(...values);
const not = (value) => !value;

const query = (data, path) => {
  if (data === null || typeof data !== "object" || typeof path !== "string") {
    throw new kernel.ExpressionError("expected two arguments (Object, string) for this function");
  }
  return kernel.library("jmespath").search(data, path);
};

kernel.functions = {
  $average: average, $if: (test, yes, no) => (test ? yes : no), $ifEmpty: ifEmpty, $jmesPath: query, $jmespath: query,
  $max: max, $min: min, $not: not, average, max, min, not, numberList, zip,
};
native.Object.assign(kernel.globals, kernel.functions);

// Values with their kinds kept, in JSON: what the tests of expressions compare. Not used when a workflow runs.

const { native } = kernel;

const classesOf = (value) => {
  const names = [];
  for (let proto = native.Object.getPrototypeOf(value); proto !== null; proto = native.Object.getPrototypeOf(proto)) {
    if (typeof proto.constructor === "function") names.push(proto.constructor.name);
  }
  return names;
};

kernel.tagError = (error) => ({ name: error.name, message: error.message, classes: classesOf(error) });

const tag = (value) => {
  if (value === undefined) return { $undefined: true };
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0) ? value : { $number: Object.is(value, -0) ? "-0" : String(value) };
  if (typeof value === "bigint") return { $bigint: String(value) };
  if (typeof value === "function") return { $function: value.name };
  if (typeof value === "symbol") return { $symbol: String(value) };
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(tag);
  if (value instanceof native.Date) return { $date: Number.isNaN(value.getTime()) ? null : value.toISOString() };
  if (value.isLuxonDateTime) return { $datetime: value.toISO(), zone: value.zoneName };
  if (value.isLuxonDuration) return { $duration: value.toISO() };
  if (value.isLuxonInterval) return { $interval: value.toISO() };
  if (value instanceof RegExp) return { $regex: value.source, flags: value.flags };
  if (value instanceof Error) return { $error: kernel.tagError(value) };
  const result = {};
  if (!ArrayBuffer.isView(value)) for (const key of native.Object.keys(value)) result[key] = tag(value[key]);
  return result;
};

// Applies a path such as `.day` or `.toISO()` before the value is tagged.
kernel.tag = (value, path) => {
  if (!path) return tag(value);
  return tag(new native.Function("value", `return value${path};`)(value));
};

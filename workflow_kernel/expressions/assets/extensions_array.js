// Extension functions of arrays. Found by `extend.js`.

const fail = (message) => {
  throw new kernel.ExpressionExtensionError(message);
};

const numbers = (array, name) => {
  if (array.some((value) => typeof value !== "number")) fail(`${name}(): all array elements must be numbers`);
  return array;
};

const others = ([array], name, example) => {
  if (!Array.isArray(array)) fail(`${name}(): expected array arg, e.g. .${name}(${example})`);
  return array;
};

const has = (array, value) => array.some((other) => kernel.equal(other, value));

const unique = (array, keys) => {
  const isSame = (a, b) =>
    keys.length > 0 && kernel.isObject(a) && kernel.isObject(b)
      ? keys.every((key) => kernel.equal(a[key], b[key]))
      : kernel.equal(a, b);
  const result = [];
  for (const value of array) if (!result.some((other) => isSame(other, value))) result.push(value);
  return result;
};

const sum = (array) => numbers(array, "sum").reduce((total, value) => total + value, 0);

const chunk = (array, [size]) => {
  if (typeof size !== "number" || size === 0) fail("chunk(): expected non-zero numeric arg, e.g. .chunk(5)");
  const chunks = [];
  for (let i = 0; i < array.length; i += size) chunks.push(array.slice(i, i + size));
  return chunks;
};

const isDate = (value) => value instanceof kernel.native.Date || kernel.isDateTime(value);

const isAbsent = (value) =>
  value === null || value === undefined || value === "" || value === "nil" ||
  (typeof value === "object" && !isDate(value) && Object.keys(value).length === 0);

// The value without empty parts, down to the last level. What only becomes empty by that stays.
kernel.compact = (value) => {
  if (Array.isArray(value)) return value.filter((part) => !isAbsent(part)).map(kernel.compact);
  if (!kernel.isObject(value) || isDate(value)) return value;
  const kept = Object.entries(value).filter(([, part]) => !isAbsent(part));
  return Object.fromEntries(kept.map(([key, part]) => [key, kernel.compact(part)]));
};

// Without an argument all objects become one, the first to name a field wins; with one, elements are merged in pairs.
const merge = (array, [partner]) => {
  if (partner === undefined) {
    return Object.assign({}, ...array.filter(kernel.isObject).toReversed());
  }
  others([partner], "merge", "[{ id: 1, otherValue: 3 }]");
  const length = Math.max(array.length, partner.length);
  return Array.from({ length }, (_, i) => {
    const [first, second] = [array[i], partner[i]];
    if (kernel.isObject(first)) return kernel.isObject(second) ? { ...second, ...first } : first;
    return kernel.isObject(second) && first === undefined ? second : first;
  });
};

const pluck = (array, fields) => {
  if (fields.length === 0) return array;
  return array.filter(kernel.isObject).flatMap((object) => {
    const values = fields.filter((field) => kernel.native.hasOwn(object, field)).map((field) => object[field]);
    return values.length === 0 ? [] : values.length === 1 ? [values[0]] : [values];
  });
};

const renameKeys = (array, names) => {
  if (names.length === 0 || names.length % 2 !== 0) {
    fail("renameKeys(): expected an even amount of args: from1, to1 [, from2, to2, ...]. e.g. .renameKeys('name', 'title')");
  }
  const renamed = new Map();
  for (let i = 0; i < names.length; i += 2) renamed.set(names[i], names[i + 1]);
  return array.map((value) => {
    if (!kernel.isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [renamed.get(key) ?? key, part]));
  });
};

const smartJoin = (array, [keyField, valueField]) => {
  if (typeof keyField !== "string" || typeof valueField !== "string" || keyField === "" || valueField === "") {
    fail('smartJoin(): expected two string args, e.g. .smartJoin("name", "value")');
  }
  const rows = array.filter((value) => kernel.isObject(value) && keyField in value && valueField in value);
  return Object.fromEntries(rows.map((row) => [row[keyField], row[valueField]]));
};

const union = (array, args) => unique([...array, ...others(args, "union", "[1, 2, 3, 4]")], []);

const intersection = (array, args) => {
  const other = others(args, "intersection", "[1, 2, 3, 4]");
  return unique(array.filter((value) => has(other, value)), []);
};

const difference = (array, args) => {
  const other = others(args, "difference", "[1, 2, 3, 4]");
  return unique(array.filter((value) => !has(other, value)), []);
};

const nothing = () => undefined;

kernel.extensions.array = {
  append: (array, values) => [...array, ...values],
  average: (array) => (numbers(array, "average").length === 0 ? 0 : sum(array) / array.length),
  chunk,
  compact: (array) => kernel.compact(array),
  count: (array) => array.length,
  difference,
  first: (array) => array[0],
  intersection,
  isEmpty: (array) => array.length === 0,
  isNotEmpty: (array) => array.length > 0,
  last: (array) => array[array.length - 1],
  length: (array) => array.length,
  max: (array) => Math.max(...numbers(array, "max")),
  merge,
  min: (array) => Math.min(...numbers(array, "min")),
  pluck,
  randomItem: (array) => array[Math.floor(Math.random() * array.length)],
  removeDuplicates: unique,
  renameKeys,
  smartJoin,
  sum,
  toBoolean: nothing,
  toDateTime: nothing,
  toFloat: nothing,
  toInt: nothing,
  toJsonString: (array) => JSON.stringify(array),
  toNumber: nothing,
  union,
  unique,
};

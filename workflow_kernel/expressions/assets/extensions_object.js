// Extension functions of objects. Found by `extend.js`.

const text = ([value], name) => {
  if (typeof value !== "string" || value === "") {
    throw new kernel.ExpressionExtensionError(`${name}(): expected non-empty string arg, e.g. .${name}("foo")`);
  }
  return value;
};

const select = (object, keep) => Object.fromEntries(Object.entries(object).filter(([key, value]) => keep(key, value)));

const removeField = (object, args) => {
  const field = text(args, "removeField");
  return select(object, (key) => key !== field);
};

const removeFieldsContaining = (object, args) => {
  const part = text(args, "removeFieldsContaining");
  return select(object, (_, value) => !(typeof value === "string" && value.includes(part)));
};

const keepFieldsContaining = (object, args) => {
  const part = text(args, "keepFieldsContaining");
  return select(object, (_, value) => typeof value === "string" && value.includes(part));
};

const merge = (object, [other]) => {
  if (other === null || typeof other !== "object") {
    throw new kernel.ExpressionExtensionError("merge(): expected object arg");
  }
  const added = Object.entries(other).filter(([key]) => !(key in object));
  return Object.fromEntries([...Object.entries(object), ...added]);
};

// As a form or a query string is written: a space becomes a plus sign.
kernel.encodeForm = (value) =>
  encodeURIComponent(value).replace(/[!'()~]/gu, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+");

const urlEncode = (object) =>
  Object.entries(object).map(([key, value]) => `${kernel.encodeForm(key)}=${kernel.encodeForm(value)}`).join("&");

const nothing = () => undefined;

kernel.extensions.object = {
  compact: (object) => kernel.compact(object),
  hasField: (object, [name]) => name in object,
  isEmpty: (object) => Object.keys(object).length === 0,
  isNotEmpty: (object) => Object.keys(object).length > 0,
  keepFieldsContaining,
  keys: (object) => Object.keys(object),
  merge,
  removeField,
  removeFieldsContaining,
  toBoolean: nothing,
  toDateTime: nothing,
  toFloat: nothing,
  toInt: nothing,
  toJsonString: (object) => JSON.stringify(object),
  toNumber: nothing,
  urlEncode,
  values: (object) => Object.values(object),
};

/**
 * Reads a node type's JSON Schema into the fields a form shows. No React here; `Form` calls `fieldsOf`, controls call
 * `shapeOf` for what is inside a list or a model.
 */
import type { Json, JsonObject, JsonSchema, UiHints } from "../model/types";
import { isObject } from "../model/json";
import { optionLabel, titleOf } from "./words";

export interface Choice {
  readonly value: Json;
  readonly label: string;
}

/** What a value looks like, which decides how it is edited. */
export type Shape =
  | { readonly kind: "text" | "multiline" | "password" | "date" | "color" | "file" | "json" | "any" | "conditions" | "assignments" }
  | { readonly kind: "code"; readonly language: string }
  | { readonly kind: "number"; readonly integer: boolean; readonly slider: boolean }
  | { readonly kind: "boolean" }
  | { readonly kind: "choice"; readonly choices: readonly Choice[] }
  | { readonly kind: "choices"; readonly choices: readonly Choice[] }
  | { readonly kind: "list"; readonly itemSchema: JsonSchema }
  | { readonly kind: "models"; readonly item: JsonSchema }
  | { readonly kind: "model"; readonly model: JsonSchema }
  /** `pairs` is how a list of them is written, null where there is none; `isObject` whether an object may hold them. */
  | { readonly kind: "key-value"; readonly value: Shape; readonly pairs: PairKeys | null; readonly isObject: boolean }
  | { readonly kind: "resource"; readonly load: string; readonly base: Shape }
  | { readonly kind: "union"; readonly options: readonly Branch[] };

export interface PairKeys {
  readonly model: JsonSchema;
  /** Under which keys a pair has its name and its value. */
  readonly name: string;
  readonly value: string;
}

export interface Branch {
  readonly label: string;
  readonly shape: Shape;
  readonly schema: JsonSchema;
}

export interface Field {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** With references resolved. */
  readonly schema: JsonSchema;
  readonly shape: Shape;
  readonly hints: UiHints;
  readonly required: boolean;
  /** Whether null stands for "not set". */
  readonly nullable: boolean;
  /** The value when there is none; undefined where the schema does not tell. */
  readonly default: Json | undefined;
}

export type Definitions = Readonly<Record<string, JsonSchema>>;

/** A schema with its reference followed; what stands beside the reference (default, hints) wins. */
export function resolve(schema: JsonSchema, definitions: Definitions): JsonSchema {
  const single = schema.allOf?.length === 1 ? schema.allOf[0] : undefined;
  const target = schema.$ref === undefined ? single : definitions[schema.$ref.replace("#/$defs/", "")];
  if (target === undefined) return schema;
  const own = Object.fromEntries(Object.entries(schema).filter(([key]) => key !== "$ref" && key !== "allOf"));
  return resolve({ ...target, ...own }, definitions);
}

const known = new WeakMap<JsonSchema, readonly Field[]>();

/** The fields of a model, in the order of the schema. The same ones each time, so that a field is known by itself. */
export function fieldsOf(model: JsonSchema, definitions: Definitions): readonly Field[] {
  const kept = known.get(model);
  if (kept !== undefined) return kept;
  const made = readFields(model, definitions);
  known.set(model, made);
  return made;
}

function readFields(model: JsonSchema, definitions: Definitions): Field[] {
  const required = new Set(model.required ?? []);
  return Object.entries(model.properties ?? {}).map(([name, given]) => fieldOf(name, given, required.has(name), definitions));
}

function fieldOf(name: string, given: JsonSchema, required: boolean, definitions: Definitions): Field {
  const schema = resolve(given, definitions);
  const hints = schema.ui ?? {};
  return {
    name,
    // A model's own title and description say what it is, not what it is for here.
    title: titleOf(name, given.title),
    description: given.description ?? "",
    schema,
    shape: shapeOf(schema, definitions),
    hints,
    required,
    nullable: isNullable(schema),
    default: schema.default ?? (schema.default === null ? null : undefined),
  };
}

function isNullable(schema: JsonSchema): boolean {
  return schema.type === "null" || (schema.anyOf ?? schema.oneOf ?? []).some((branch) => branch.type === "null");
}

/** How a value of this schema is edited. */
export function shapeOf(given: JsonSchema, definitions: Definitions): Shape {
  const schema = resolve(given, definitions);
  const hints = schema.ui ?? {};
  const plain = (): Shape => structureOf(schema, definitions);
  if (hints.load !== undefined) return { kind: "resource", load: hints.load, base: withoutHints(schema, definitions) };
  if (hints.secret === true && isTextual(schema)) return { kind: "password" };
  switch (hints.widget) {
    case undefined:
    case "select":
      return plain();
    case "text": case "multiline": case "date": case "color": case "file": case "json": case "conditions": case "assignments": case "password":
      return { kind: hints.widget };
    case "code":
      return { kind: "code", language: hints.language ?? "" };
    case "resource":
      return { kind: "resource", load: "", base: withoutHints(schema, definitions) };
    case "slider": {
      const shape = plain();
      return shape.kind === "number" ? { ...shape, slider: true } : shape;
    }
    case "list":
      return listOf(schema, definitions);
    case "key-value":
      return keyValueOf(schema, definitions);
  }
}

function withoutHints(schema: JsonSchema, definitions: Definitions): Shape {
  return structureOf({ ...schema, ui: undefined }, definitions);
}

function isTextual(schema: JsonSchema): boolean {
  const branches = schema.anyOf ?? schema.oneOf ?? [schema];
  return branches.every((branch) => branch.type === "string" || branch.type === "null");
}

function structureOf(schema: JsonSchema, definitions: Definitions): Shape {
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches?.every((branch) => branch.const !== undefined) === true) {
    return { kind: "choice", choices: branches.map((branch) => ({ value: branch.const ?? null, label: branch.title ?? optionLabel(branch.const ?? null) })) };
  }
  if (branches !== undefined) return unionOf(branches, definitions);
  if (schema.const !== undefined) return { kind: "choice", choices: choicesOf([schema.const]) };
  if (schema.enum !== undefined) return { kind: "choice", choices: choicesOf(schema.enum) };
  switch (schema.type) {
    case "string":
      return schema.format === "date-time" || schema.format === "date" ? { kind: "date" } : { kind: "text" };
    case "integer":
      return { kind: "number", integer: true, slider: false };
    case "number":
      return { kind: "number", integer: false, slider: false };
    case "boolean":
      return { kind: "boolean" };
    case "array":
      return listOf(schema, definitions);
    case "object":
      return schema.properties === undefined ? keyValueOf(schema, definitions) : { kind: "model", model: schema };
    default:
      return { kind: "any" };
  }
}

function choicesOf(values: readonly Json[]): Choice[] {
  return values.map((value) => ({ value, label: optionLabel(value) }));
}

function listOf(schema: JsonSchema, definitions: Definitions): Shape {
  const arrays = (schema.anyOf ?? schema.oneOf ?? [schema]).filter((branch) => branch.type === "array");
  const items = arrays[0]?.items;
  if (items === undefined) return { kind: "list", itemSchema: { type: "string" } };
  const item = resolve(items, definitions);
  if (item.enum !== undefined) return { kind: "choices", choices: choicesOf(item.enum) };
  if (item.properties !== undefined) return { kind: "models", item };
  return { kind: "list", itemSchema: item };
}

function keyValueOf(schema: JsonSchema, definitions: Definitions): Shape {
  const branches = (schema.anyOf ?? schema.oneOf ?? [schema]).map((branch) => resolve(branch, definitions));
  const object = branches.find((branch) => branch.type === "object");
  const array = branches.find((branch) => branch.type === "array");
  const inner = object?.additionalProperties;
  return {
    kind: "key-value",
    value: typeof inner === "object" ? shapeOf(inner, definitions) : { kind: "any" },
    pairs: array?.items === undefined ? null : pairKeysOf(resolve(array.items, definitions)),
    isObject: object !== undefined,
  };
}

function pairKeysOf(model: JsonSchema): PairKeys | null {
  const names = Object.keys(model.properties ?? {});
  const name = names.find((each) => each === "name" || each === "key") ?? names[0];
  const value = names.find((each) => each === "value") ?? names.find((each) => each !== name);
  return name === undefined || value === undefined ? null : { model, name, value };
}

function unionOf(given: readonly JsonSchema[], definitions: Definitions): Shape {
  const branches = given.map((branch) => resolve(branch, definitions)).filter((branch) => branch.type !== "null");
  const takesAnyNumber = branches.some((branch) => branch.type === "number");
  const options = branches
    // A whole number is a number.
    .filter((branch) => !(takesAnyNumber && branch.type === "integer"))
    .map((schema): Branch => ({ schema, shape: branchShape(schema, definitions), label: branchLabel(schema, definitions) }));
  const [only] = options;
  if (options.length === 1 && only !== undefined) {
    // A nullable boolean has three answers, which a switch cannot show.
    return only.shape.kind === "boolean" ? { kind: "choice", choices: [{ value: true, label: "Yes" }, { value: false, label: "No" }] } : only.shape;
  }
  return { kind: "union", options };
}

/** Beside a text or a list, an object of any fields is better written as JSON than as names and values. */
function branchShape(schema: JsonSchema, definitions: Definitions): Shape {
  const shape = shapeOf(schema, definitions);
  const isFree = (shape.kind === "key-value" && shape.value.kind === "any") || (shape.kind === "list" && shape.itemSchema.type === undefined);
  return isFree ? { kind: "json" } : shape;
}

function branchLabel(schema: JsonSchema, definitions: Definitions): string {
  const shape = branchShape(schema, definitions);
  switch (shape.kind) {
    case "json": return schema.type === "array" ? "List" : "JSON";
    case "number": return "Number";
    case "boolean": return "Yes or no";
    case "choice": case "choices": return "Choice";
    case "list": case "models": return "List";
    case "key-value": return "Fields";
    case "model": return schema.title === undefined ? "Group" : titleOf(schema.title, schema.title);
    case "any": return "Anything";
    default: return "Text";
  }
}

/** The branch of a union that a value belongs to. */
export function branchOf(options: readonly Branch[], value: Json | undefined): number {
  const found = options.findIndex((option) => accepts(option.schema, value));
  return Math.max(found, 0);
}

function accepts(schema: JsonSchema, value: Json | undefined): boolean {
  switch (schema.type) {
    case "string": return typeof value === "string";
    case "integer": return typeof value === "number" && Number.isInteger(value);
    case "number": return typeof value === "number";
    case "boolean": return typeof value === "boolean";
    case "array": return Array.isArray(value);
    case "object": return isObject(value);
    default: return schema.enum?.includes(value ?? null) ?? true;
  }
}

/** What a new value of a schema starts as. */
export function emptyOf(given: JsonSchema, definitions: Definitions): Json {
  const schema = resolve(given, definitions);
  if (schema.default !== undefined) return schema.default;
  const first = schema.enum?.[0] ?? schema.const;
  if (first !== undefined) return first;
  const branch = (schema.anyOf ?? schema.oneOf)?.[0];
  if (branch !== undefined) return emptyOf(branch, definitions);
  switch (schema.type) {
    case "integer": case "number": return Math.max(schema.minimum ?? 0, 0);
    case "boolean": return false;
    case "array": return [];
    case "object": return requiredOf(schema, definitions);
    case "string": return "";
    default: return schema.properties === undefined ? "" : requiredOf(schema, definitions);
  }
}

function requiredOf(schema: JsonSchema, definitions: Definitions): JsonObject {
  const properties = schema.properties ?? {};
  const made: JsonObject = {};
  for (const name of schema.required ?? []) {
    const property = properties[name];
    if (property !== undefined) made[name] = emptyOf(property, definitions);
  }
  return made;
}

/** Switching a field between fixed value and expression, without losing either. */
import { useState } from "react";
import type { Json, Path } from "../model/types";
import { checkValue } from "./checks";
import { useForm } from "./context";
import type { Edit } from "./context";
import { isExpression, toExpression, toFixed } from "./expression";
import type { Field } from "./schema";
import { isEqual } from "../model/json";

export interface Mode {
  readonly toExpression: () => void;
  readonly toFixed: () => void;
  /** Begins an expression with what has been typed. */
  readonly startExpression: (text: string) => void;
  /** Just became an expression by hand, so that it takes the focus. */
  readonly isFresh: boolean;
}

interface ModeOptions {
  readonly field: Field;
  readonly value: Json | undefined;
  readonly edit: Edit;
  readonly path: Path;
}

export function useMode({ field, value, edit, path }: ModeOptions): Mode {
  const form = useForm();
  const [isFresh, setFresh] = useState(false);
  const key = path.join(".");
  const become = (fixed: Json | undefined, expression: string, next: "fixed" | "expression") => {
    form.memory.set(key, { fixed, expression });
    setFresh(next === "expression");
    edit(next === "expression" ? expression : fixed);
  };
  return {
    isFresh,
    toExpression: () => {
      const before = form.memory.get(key);
      const isUntouched = before !== undefined && isEqual(before.fixed, value);
      become(value, isUntouched ? before.expression : toExpression(value ?? field.default, form.language), "expression");
    },
    toFixed: () => {
      if (!isExpression(value)) return;
      const before = form.memory.get(key);
      const isUntouched = before?.expression === value;
      become(isUntouched ? before.fixed : fixedFor(field, value, before?.fixed), value, "fixed");
    },
    startExpression: (text) => {
      setFresh(true);
      edit(text);
    },
  };
}

/** The nearest fixed value to an expression that cannot be told without evaluating it. */
function fixedFor(field: Field, text: string, before: Json | undefined): Json | undefined {
  const told = toFixed(text);
  if (told !== undefined && checkValue(field.schema, told) === null) return told;
  // A text field keeps what has been written, as plain text; no other value can hold it.
  return TEXTS.has(field.shape.kind) ? text.slice(1) : before;
}

const TEXTS = new Set(["text", "multiline", "any"]);

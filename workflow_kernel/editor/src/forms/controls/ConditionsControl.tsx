/** Conditions: all or any of them must hold. Each compares a left side, usually an expression, with a right one. */
import { useMemo, useState } from "react";
import { Settings2 } from "lucide";
import type { Json, JsonObject, JsonSchema, Path } from "../../model/types";
import { isObject } from "../../model/json";
import type { ControlProps } from "../Control";
import type { Edit } from "../context";
import { useForm } from "../context";
import { FieldList } from "../FieldList";
import { FieldRow } from "../FieldRow";
import { isUnary, operatorFor, operatorOf, rightShape } from "../operators";
import { AddButton } from "../parts/AddButton";
import { Entries } from "../parts/Entries";
import { Icon } from "../parts/Icon";
import { Segmented } from "../parts/Segmented";
import { Select } from "../parts/Select";
import { fieldsOf, resolve } from "../schema";
import type { Definitions, Field, Shape } from "../schema";
import { useEdits } from "../useEdits";
import { useList } from "../useList";

const COMBINATORS = [{ value: "and", label: "All hold" }, { value: "or", label: "Any holds" }];
const FIRST: JsonObject = { left: "", operator: "string.equals", right: "" };

export function ConditionsControl({ schema, value, edit, path, labelledBy, isDisabled, isRaw }: ControlProps) {
  const { definitions } = useForm();
  const values = isObject(value) ? value : {};
  const list = useList(values.conditions, (part) => { edit(part, ["conditions"]); });
  const options = partOf(schema, "options", definitions);
  const [showsOptions, setShowsOptions] = useState(isObject(values.options) && Object.keys(values.options).length > 0);
  const combinator = values.combinator === "or" ? "or" : "and";
  return (
    <div className="wf-conditions">
      <div className="wf-conditions-head">
        <Segmented size="small" label="How conditions are combined" segments={COMBINATORS} value={combinator} isDisabled={isDisabled} onChange={(chosen) => { edit(chosen, ["combinator"]); }} />
        {options !== undefined && (
          <button type="button" className="wf-mini-button" aria-expanded={showsOptions} aria-label="How values are read" title="How values are read" onClick={() => { setShowsOptions(!showsOptions); }}>
            <Icon icon={Settings2} size={14} />
          </button>
        )}
      </div>
      {showsOptions && options !== undefined && (
        <div className="wf-conditions-options">
          <FieldList
            fields={fieldsOf(options, definitions)} values={isObject(values.options) ? values.options : {}} path={[...path, "options"]} isRaw={isRaw}
            edit={(part, inner = []) => { edit(part, ["options", ...inner]); }}
          />
        </div>
      )}
      <Entries
        keys={list.keys.all} layout="card" isDisabled={isDisabled} labelledBy={labelledBy} nameOf={(index) => `condition ${index + 1}`} onMove={list.move}
        onRemove={list.remove} onDouble={list.double}
      >
        {(index) => (
          <>
            {index > 0 && <span className="wf-combinator">{combinator === "and" ? "and" : "or"}</span>}
            <Condition
              entry={list.entries[index]} edit={list.editAt(index)} path={[...path, "conditions", index]} isRaw={isRaw} isDisabled={isDisabled}
              operators={operatorsIn(schema, definitions)}
            />
          </>
        )}
      </Entries>
      {!isDisabled && (
        <AddButton
          label="Add condition, or drag a field here" isLarge onAdd={() => { list.add(FIRST); }}
          onDrop={(reference) => { list.add({ ...FIRST, left: `={{ ${reference.code} }}` }); }}
        />
      )}
    </div>
  );
}

interface ConditionProps {
  readonly entry: Json | undefined;
  readonly edit: Edit;
  readonly path: Path;
  readonly isRaw: boolean;
  readonly isDisabled: boolean;
  readonly operators: readonly string[];
}

function Condition({ entry, edit, path, isRaw, isDisabled, operators }: ConditionProps) {
  const values = isObject(entry) ? entry : {};
  const name = typeof values.operator === "string" ? values.operator : "string.equals";
  const operator = operatorOf(name);
  const types = [...new Set(operators.map((each) => operatorOf(each).type))];
  const editAt = useEdits((part: string): Edit => (set) => { edit(set ?? "", [part]); });
  const right = useMemo(() => side("right", "Value to compare with", rightShape(name)), [name]);
  const ofType = operators.filter((each) => operatorOf(each).type === operator.type);
  return (
    <div className="wf-condition">
      <FieldRow field={LEFT} value={values.left} edit={editAt("left")} path={[...path, "left"]} isRaw={isRaw} isBare />
      <div className="wf-row wf-operator">
        <Select
          label="Type that is compared" value={operator.type} isDisabled={isDisabled} options={types.map((type) => ({ value: type, label: operatorOf(`${type}.`).typeLabel }))}
          onChange={(type) => { edit(operatorFor(type, name, operators), ["operator"]); }}
        />
        <Select
          label="Comparison" value={name} isDisabled={isDisabled} options={ofType.map((each) => ({ value: each, label: operatorOf(each).label }))}
          onChange={(chosen) => { edit(chosen, ["operator"]); }}
        />
      </div>
      {!isUnary(name) && (
        <FieldRow
          field={right} value={values.right} edit={editAt("right")} path={[...path, "right"]} isRaw={isRaw} isBare
        />
      )}
    </div>
  );
}

function side(name: string, title: string, shape: Shape): Field {
  return { name, title, description: "", schema: {}, shape, hints: { placeholder: name === "left" ? "Value, or drag a field here" : "Value" }, required: false, nullable: true, default: undefined };
}

const LEFT = side("left", "Value to look at", { kind: "any" });

function partOf(schema: JsonSchema, name: string, definitions: Definitions): JsonSchema | undefined {
  const part = schema.properties?.[name];
  return part === undefined ? undefined : resolve(part, definitions);
}

function operatorsIn(schema: JsonSchema, definitions: Definitions): readonly string[] {
  const items = partOf(schema, "conditions", definitions)?.items;
  const condition = items === undefined ? {} : resolve(items, definitions);
  return (condition.properties?.operator?.enum ?? []).filter((each) => typeof each === "string");
}

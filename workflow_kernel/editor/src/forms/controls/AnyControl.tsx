/** A value of any type: a text unless another type is chosen. */
import type { Json } from "../../model/types";
import type { ControlProps } from "../Control";
import { Icon } from "../parts/Icon";
import { Menu } from "../parts/Menu";
import { Braces, Brackets, CircleSlash, Hash, ToggleLeft, Type } from "lucide";
import { typeOf } from "../values";
import type { JsonType } from "../values";
import { BooleanControl } from "./BooleanControl";
import { JsonControl } from "./JsonControl";
import { NumberControl } from "./NumberControl";
import { TextControl } from "./TextControl";

const TYPES = [
  { type: "text", label: "Text", icon: Type },
  { type: "number", label: "Number", icon: Hash },
  { type: "boolean", label: "Yes or no", icon: ToggleLeft },
  { type: "list", label: "List", icon: Brackets },
  { type: "object", label: "Object", icon: Braces },
  { type: "null", label: "Nothing", icon: CircleSlash },
] as const;

export function AnyControl(props: ControlProps) {
  const { value, edit, title, isDisabled } = props;
  const type = value === undefined ? "text" : typeOf(value);
  const current = TYPES.find((one) => one.type === type) ?? TYPES[0];
  return (
    <div className="wf-any" data-type={type}>
      <Menu
        label={`Type of ${title}: ${current.label}`} className="wf-any-type" placement="below-start" isDisabled={isDisabled}
        items={TYPES.map((one) => ({
          label: one.label, icon: one.icon, isChecked: one.type === type,
          onChoose: () => {
            if (one.type !== type) edit(convert(value, one.type));
          },
        }))}
      >
        <Icon icon={current.icon} size={13} />
      </Menu>
      <AnyValue {...props} type={type} />
    </div>
  );
}

function AnyValue({ type, ...props }: ControlProps & { readonly type: JsonType }) {
  switch (type) {
    case "number": return <NumberControl {...props} schema={{}} shape={{ kind: "number", integer: false, slider: false }} />;
    case "boolean": return <BooleanControl {...props} />;
    case "list": case "object": return <JsonControl {...props} schema={{ type: type === "list" ? "array" : "object" }} />;
    case "null": return <span className="wf-any-null wf-muted">nothing</span>;
    case "text": return <TextControl {...props} />;
  }
}

/** The value as another type, as far as it can be kept. */
export function convert(value: Json | undefined, type: JsonType): Json {
  const text = typeof value === "string" ? value : value === undefined || value === null ? "" : JSON.stringify(value);
  switch (type) {
    case "text": return text;
    case "number": return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : 0;
    case "boolean": return text !== "" && text !== "false" && text !== "0";
    case "list": return parsed(text, Array.isArray) ?? (text === "" ? [] : [value ?? null]);
    case "object": return parsed(text, (found) => typeof found === "object" && found !== null && !Array.isArray(found)) ?? {};
    case "null": return null;
  }
}

function parsed(text: string, fits: (value: unknown) => boolean): Json | undefined {
  try {
    const found = JSON.parse(text) as Json;
    return fits(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

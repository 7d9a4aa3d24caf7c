/** A colour: chosen, or written. */
import type { ControlProps } from "../Control";
import { TextControl } from "./TextControl";

export function ColorControl(props: ControlProps) {
  const { value, edit, title, isDisabled } = props;
  const color = typeof value === "string" && /^#[0-9a-f]{6}$/i.test(value) ? value : "#000000";
  return (
    <div className="wf-color">
      <input type="color" value={color} aria-label={`${title}, colour`} disabled={isDisabled} onChange={(event) => { edit(event.target.value); }} />
      <TextControl {...props} hints={{ placeholder: "#3b5fe0", ...props.hints }} />
    </div>
  );
}

/** Yes or no. */
import type { ControlProps } from "../Control";
import { Switch } from "../parts/Switch";

export function BooleanControl({ value, edit, title, id, labelledBy, describedBy, isDisabled }: ControlProps) {
  return (
    <Switch
      id={id} isOn={value === true} isDisabled={isDisabled} label={labelledBy === undefined ? title : undefined} labelledBy={labelledBy} describedBy={describedBy}
      onChange={(isOn) => { edit(isOn); }}
    />
  );
}

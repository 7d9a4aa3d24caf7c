/** On or off. */
interface SwitchProps {
  readonly id?: string;
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
  readonly label?: string;
  readonly labelledBy?: string;
  readonly describedBy?: string;
  readonly isDisabled?: boolean;
}

export function Switch({ id, isOn, onChange, label, labelledBy, describedBy, isDisabled }: SwitchProps) {
  return (
    <button
      id={id} type="button" role="switch" className="wf-switch" aria-checked={isOn} aria-label={label} aria-labelledby={labelledBy}
      aria-describedby={describedBy} disabled={isDisabled} onClick={() => { onChange(!isOn); }}
    >
      <span className="wf-switch-knob" />
    </button>
  );
}

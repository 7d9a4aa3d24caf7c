/** The browser's own list of options: works by touch, keyboard and screen reader everywhere. */
export interface SelectOption {
  readonly value: string;
  readonly label: string;
  readonly group?: string;
}

export interface SelectProps {
  readonly id?: string;
  readonly options: readonly SelectOption[];
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly label?: string;
  readonly labelledBy?: string;
  readonly describedBy?: string;
  readonly isInvalid?: boolean;
  readonly isDisabled?: boolean;
  readonly className?: string;
}

export function Select({ id, options, value, onChange, label, labelledBy, describedBy, isInvalid, isDisabled, className = "" }: SelectProps) {
  const groups = [...new Set(options.map((option) => option.group))];
  const entries = (group: string | undefined) =>
    options.filter((option) => option.group === group).map((option) => <option key={option.value} value={option.value}>{option.label}</option>);
  return (
    <select
      id={id} className={`wf-input wf-select ${className}`} value={value} disabled={isDisabled} aria-label={label} aria-labelledby={label === undefined ? labelledBy : undefined}
      aria-describedby={describedBy} aria-invalid={isInvalid === true || undefined} onChange={(event) => { onChange(event.target.value); }}
    >
      {value === "" && <option value="" disabled>Choose…</option>}
      {groups.map((group) => (group === undefined ? entries(group) : <optgroup key={group} label={group}>{entries(group)}</optgroup>))}
    </select>
  );
}

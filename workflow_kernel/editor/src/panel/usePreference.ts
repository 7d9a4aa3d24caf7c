/** Something a person has chosen about the panel, kept in this browser. */
import { useState } from "react";

export function usePreference<T extends string | number>(name: string, standard: T, isValid: (value: unknown) => value is T): readonly [T, (value: T) => void] {
  const key = `workflow-editor.${name}`;
  const [value, setValue] = useState<T>(() => {
    const kept = read(key);
    return isValid(kept) ? kept : standard;
  });
  return [
    value,
    (next) => {
      setValue(next);
      write(key, next);
    },
  ];
}

/** Some hosts (sandboxed frames, private windows) have no storage; then the choice lasts as long as the panel. */
function read(key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

function write(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    return;
  }
}

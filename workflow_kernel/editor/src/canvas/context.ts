/** How React parts reach the editor and read its stores. Forms and panels use these three and nothing else. */
import { createContext, useCallback, useContext, useRef, useSyncExternalStore } from "react";
import type { Readable } from "../model/observable";
import type { Editor } from "../model/store";

export const EditorContext = createContext<Editor | null>(null);

/** The editor these parts belong to. */
export function useEditor(): Editor {
  const editor = useContext(EditorContext);
  if (editor === null) throw new Error("No editor above this component.");
  return editor;
}

/** The value of a store; renders again when it changes. */
export function useReadable<T>(store: Readable<T>): T {
  return useSyncExternalStore(store.subscribe, store.get, store.get);
}

/** A part of a store's value; renders again only when that part changes (by `isSame`, identity when not given). */
export function useSelected<T, Part>(
  store: Readable<T>,
  select: (value: T) => Part,
  isSame: (a: Part, b: Part) => boolean = Object.is,
): Part {
  const last = useRef<{ readonly part: Part } | null>(null);
  const get = useCallback(() => {
    const part = select(store.get());
    if (last.current !== null && isSame(last.current.part, part)) return last.current.part;
    last.current = { part };
    return part;
  }, [store, select, isSame]);
  return useSyncExternalStore(store.subscribe, get, get);
}

/** A place where one file of the person's machine may be dropped. */
import { useState } from "react";
import type { DragEvent } from "react";

export interface DropPlace {
  /** Whether a file is held over it. */
  readonly isOver: boolean;
  /** For the element that is the place. */
  readonly events: {
    readonly onDragOver: (event: DragEvent) => void;
    readonly onDragLeave: () => void;
    readonly onDrop: (event: DragEvent) => void;
  };
}

/** Whether files of the person's machine are dragged, not something of the page. */
const hasFiles = (event: DragEvent): boolean => event.dataTransfer.types.includes("Files");

export function useDrop(canDrop: boolean, take: (file: File) => void): DropPlace {
  const [isOver, setOver] = useState(false);
  const onDragOver = (event: DragEvent) => {
    if (!canDrop || !hasFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    setOver(true);
  };
  const onDrop = (event: DragEvent) => {
    setOver(false);
    const file = event.dataTransfer.files.item(0);
    if (!canDrop || file === null) return;
    event.preventDefault();
    event.stopPropagation();
    take(file);
  };
  return { isOver, events: { onDragOver, onDragLeave: () => { setOver(false); }, onDrop } };
}

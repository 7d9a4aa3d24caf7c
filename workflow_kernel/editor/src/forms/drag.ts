/** References as they are dragged from the data to a field. */
import type { DragEvent } from "react";
import type { Reference } from "./expression";

export const REFERENCE = "application/x-workflow-reference";

export function startDrag(transfer: DataTransfer, reference: Reference): void {
  transfer.effectAllowed = "copy";
  transfer.setData(REFERENCE, JSON.stringify(reference));
  // For any other place that takes text.
  transfer.setData("text/plain", `{{ ${reference.code} }}`);
}

export function carriesReference(transfer: DataTransfer | null): transfer is DataTransfer {
  return transfer?.types.includes(REFERENCE) === true;
}

export function draggedReference(transfer: DataTransfer | null): Reference | null {
  const text = transfer?.getData(REFERENCE) ?? "";
  if (text === "") return null;
  try {
    const value: unknown = JSON.parse(text);
    return isReference(value) ? { code: value.code, name: value.name } : null;
  } catch {
    return null; // something else that calls itself a reference
  }
}

function isReference(value: unknown): value is Reference {
  return typeof value === "object" && value !== null && "code" in value && typeof value.code === "string" && "name" in value && typeof value.name === "string";
}

/** Handlers that make an element take references; `data-dropping` marks it meanwhile. */
export function dropTarget(onDrop: ((reference: Reference) => void) | null) {
  if (onDrop === null) return {};
  return {
    onDragOver: (event: DragEvent<HTMLElement>) => {
      if (!carriesReference(event.dataTransfer)) return;
      event.preventDefault();
      event.stopPropagation();
      event.dataTransfer.dropEffect = "copy";
      event.currentTarget.dataset.dropping = "";
    },
    onDragLeave: (event: DragEvent<HTMLElement>) => {
      delete event.currentTarget.dataset.dropping;
    },
    onDrop: (event: DragEvent<HTMLElement>) => {
      delete event.currentTarget.dataset.dropping;
      const reference = draggedReference(event.dataTransfer);
      if (reference === null) return;
      event.preventDefault();
      event.stopPropagation();
      onDrop(reference);
    },
  };
}

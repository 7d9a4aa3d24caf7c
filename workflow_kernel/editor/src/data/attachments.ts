/** What is known of an attachment: how it can be looked at, how it is called. */
import { itemOf } from "../client/restViews";
import { isObject } from "../model/json";
import type { Attachment, ErrorInfo, Item } from "../model/types";

export type PreviewKind = "image" | "pdf" | "html" | "notebook" | "text" | "audio" | "video" | "none";

export interface Placed {
  readonly item: number;
  readonly name: string;
  readonly attachment: Attachment;
}

export function attachmentsIn(items: readonly (readonly [number, Item | undefined])[]): Placed[] {
  return items.flatMap(([item, value]) => Object.entries(value?.binary ?? {}).map(([name, attachment]) => ({ item, name, attachment })));
}

const TEXTS = /^(?:text\/|application\/(?:json|xml|javascript|yaml|x-yaml|sql|csv|x-sh|toml|x-ndjson)|[^;]*\+(?:json|xml))/;

export function previewOf({ mimeType }: Attachment): PreviewKind {
  const type = mimeType.toLowerCase();
  // An SVG may carry scripts; as an image the browser runs none.
  if (type.startsWith("image/")) return "image";
  if (type.startsWith("audio/")) return "audio";
  if (type.startsWith("video/")) return "video";
  if (type.startsWith("application/pdf")) return "pdf";
  if (type.startsWith("text/html") || type.startsWith("application/xhtml")) return "html";
  if (type.startsWith("application/x-ipynb+json")) return "notebook";
  return TEXTS.test(type) ? "text" : "none";
}

/** What a run that failed left behind all the same: the notebook as far as it ran, with its figures. */
export function reportIn(error: ErrorInfo): Placed[] {
  const report = error.data?.report;
  return isObject(report) ? attachmentsIn([[0, itemOf({ binary: report })]]) : [];
}

export function fileNameOf({ name, attachment }: Placed): string {
  return attachment.fileName ?? name;
}

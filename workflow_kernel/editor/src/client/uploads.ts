/** Sends a file part by part, the way all hosts take them: it is there with its last part. */
import { HostError } from "./client";
import type { UploadOptions } from "./client";

export interface Part {
  readonly path: string;
  /** The same for all parts. */
  readonly upload: string;
  readonly offset: number;
  readonly total: number;
  readonly replace: boolean;
  readonly part: Blob;
}

/** `send` gives what the host then has of the file, null as long as more is to come. */
export async function inParts<T>(folder: string, file: File, size: number, options: UploadOptions, send: (part: Part) => Promise<T | null>): Promise<T> {
  const upload = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const path = folder === "" ? file.name : `${folder}/${file.name}`;
  let offset = 0;
  do {
    const part = file.slice(offset, offset + size);
    const found = await send({ path, upload, offset, total: file.size, replace: options.replace, part });
    offset += part.size;
    options.onProgress(file.size === 0 ? 1 : offset / file.size);
    if (found !== null) return found;
  } while (offset < file.size);
  throw new HostError(`'${file.name}' did not arrive whole.`, "WF808", "Send it again.");
}

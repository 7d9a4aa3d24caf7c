/** The files of a service that nodes may use: listed, searched, sent in parts. */
import type { FileEntry, FilesClient, UploadOptions } from "./client";
import type { Http } from "./http";
import type { Paged } from "./restViews";
import { inParts } from "./uploads";

const PART = 4 << 20;
const AT_ONCE = 200;

interface FileShown {
  readonly path: string;
  readonly name: string;
  readonly is_folder: boolean;
  readonly size: number | null;
  readonly changed_at: string;
}

export function restFiles(http: Http): FilesClient {
  return {
    list: async ({ folder, search, after }) => {
      const page = await http.get<Paged<FileShown>>("/files", { folder, text: search, cursor: after, limit: AT_ONCE });
      return { files: page.items.map(entryOf), next: page.next };
    },
    upload: async (folder: string, file: File, options: UploadOptions) => {
      const found = await inParts(folder, file, PART, options, async ({ part, ...query }) => (await http.put<{ file: FileShown | null }>("/files/content", query, part)).file);
      return entryOf(found);
    },
  };
}

function entryOf({ path, name, is_folder, size, changed_at }: FileShown): FileEntry {
  return { path, name, is_folder, ...(size === null ? {} : { size }), changed_at: Date.parse(changed_at) / 1000 };
}

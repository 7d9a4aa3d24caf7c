/** The files of a folder of the host, page by page; or what is found below it. */
import { useEffect, useRef, useState } from "react";
import type { FileEntry, FilesClient } from "../../client/client";

const PAUSE = 200;

export interface FolderShown {
  /** Null before the first answer. */
  readonly entries: readonly FileEntry[] | null;
  readonly next: string | null;
  readonly message: string;
  readonly more: () => void;
  readonly reload: () => void;
}

export function useFolder(files: FilesClient, folder: string, search: string): FolderShown {
  const [entries, setEntries] = useState<readonly FileEntry[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [message, setMessage] = useState("");
  const [times, setTimes] = useState(0);
  const asked = useRef(0);
  const load = async (before: readonly FileEntry[], after?: string): Promise<void> => {
    const question = ++asked.current;
    try {
      const page = await files.list({ folder, ...(search === "" ? {} : { search }), ...(after === undefined ? {} : { after }) });
      if (question !== asked.current) return;
      setEntries([...before, ...page.files]);
      setNext(page.next);
      setMessage("");
    } catch (error) {
      if (question !== asked.current) return;
      setEntries(before);
      setNext(null);
      setMessage(error instanceof Error ? error.message : "The folder cannot be read.");
    }
  };
  useEffect(() => {
    const timer = setTimeout(() => void load([]), search === "" ? 0 : PAUSE);
    return () => {
      clearTimeout(timer);
      asked.current += 1;
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `load` is made of these
  }, [files, folder, search, times]);
  return { entries, next, message, more: () => { if (next !== null) void load(entries ?? [], next); }, reload: () => { setTimes(times + 1); } };
}

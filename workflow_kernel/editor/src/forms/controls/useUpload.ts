/** Sending one file to the host: how far it is, what stands in its way. */
import { useRef, useState } from "react";
import { FILE_EXISTS, HostError } from "../../client/client";
import type { FileEntry, FilesClient } from "../../client/client";

export interface Upload {
  /** Name of the file on its way, and the part that is there; null when there is none. */
  readonly current: { readonly name: string; readonly part: number } | null;
  readonly message: string;
  /** Sends the file in place of the one that is there; null where that is not what stands in its way. */
  readonly replace: (() => void) | null;
  readonly send: (folder: string, file: File) => Promise<void>;
  readonly dismiss: () => void;
}

export function useUpload(files: FilesClient | undefined, onDone: (entry: FileEntry) => void): Upload {
  const [current, setCurrent] = useState<Upload["current"]>(null);
  const [message, setMessage] = useState("");
  const [refused, setRefused] = useState<{ readonly folder: string; readonly file: File } | null>(null);
  const done = useRef(onDone);
  done.current = onDone;
  const send = async (folder: string, file: File, replace = false): Promise<void> => {
    if (files?.upload === undefined) return;
    setMessage("");
    setRefused(null);
    setCurrent({ name: file.name, part: 0 });
    try {
      done.current(await files.upload(folder, file, { replace, onProgress: (part) => { setCurrent({ name: file.name, part }); } }));
    } catch (error) {
      setMessage(error instanceof Error ? error.message : "The file could not be sent.");
      if (error instanceof HostError && error.code === FILE_EXISTS) setRefused({ folder, file });
    }
    setCurrent(null);
  };
  return {
    current, message, send: (folder, file) => send(folder, file),
    replace: refused === null ? null : () => void send(refused.folder, refused.file, true),
    dismiss: () => { setMessage(""); setRefused(null); },
  };
}

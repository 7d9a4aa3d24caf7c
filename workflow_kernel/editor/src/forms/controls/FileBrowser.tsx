/** The files of a folder of the host, with the folders above and below it. */
import { useEffect, useState } from "react";
import { File as FileIcon, Folder, FolderUp, Upload } from "lucide";
import type { FileEntry, FilesClient } from "../../client/client";
import { Icon } from "../parts/Icon";
import { buttonsOf, moveFocus } from "../parts/Menu";

interface FileBrowserProps {
  readonly files: FilesClient;
  /** The folder to begin with. */
  readonly first: string;
  readonly onChoose: (path: string) => void;
}

export function FileBrowser({ files, first, onChoose }: FileBrowserProps) {
  const [folder, setFolder] = useState(first);
  const [entries, setEntries] = useState<readonly FileEntry[] | null>(null);
  const [message, setMessage] = useState("");
  const [times, setTimes] = useState(0);
  useEffect(() => {
    let isCurrent = true;
    files.list(folder).then(
      (found) => {
        if (!isCurrent) return;
        setEntries(found);
        setMessage("");
      },
      (error: unknown) => {
        if (!isCurrent) return;
        setEntries([]);
        setMessage(error instanceof Error ? error.message : "The folder cannot be read.");
      },
    );
    return () => { isCurrent = false; };
  }, [files, folder, times]);
  const send = async (file: File | undefined) => {
    if (file === undefined || files.upload === undefined) return;
    try {
      onChoose((await files.upload(folder, file)).path);
    } catch (error) {
      setMessage(error instanceof Error ? error.message : "The file could not be sent.");
      setTimes(times + 1);
    }
  };
  const sorted = [...(entries ?? [])].sort((a, b) => Number(b.is_folder) - Number(a.is_folder) || a.name.localeCompare(b.name));
  return (
    <>
      <div className="wf-files-place wf-ellipsis" title={folder}>{folder === "" ? "Files" : folder}</div>
      <div className="wf-picker-list wf-scroll" onKeyDown={(event) => { moveFocus(event, buttonsOf(event.currentTarget)); }}>
        {folder !== "" && (
          <button type="button" className="wf-menu-item" onClick={() => { setFolder(folder.includes("/") ? folder.slice(0, folder.lastIndexOf("/")) : ""); }}>
            <Icon icon={FolderUp} size={14} /> Folder above
          </button>
        )}
        {sorted.map((entry) => (
          <button key={entry.path} type="button" className="wf-menu-item" onClick={() => { (entry.is_folder ? setFolder : onChoose)(entry.path); }}>
            <Icon icon={entry.is_folder ? Folder : FileIcon} size={14} />
            <span className="wf-menu-label">{entry.name}</span>
            {entry.size !== undefined && <span className="wf-menu-hint">{sizeText(entry.size)}</span>}
          </button>
        ))}
        {entries === null && <p className="wf-empty-line">Loading…</p>}
        {entries?.length === 0 && message === "" && <p className="wf-empty-line">This folder is empty.</p>}
      </div>
      {message !== "" && <p className="wf-field-problem" data-severity="error">{message}</p>}
      {files.upload !== undefined && (
        <label className="wf-add">
          <Icon icon={Upload} size={14} /> Upload a file
          <input type="file" className="wf-hidden" onChange={(event) => void send(event.target.files?.[0])} />
        </label>
      )}
    </>
  );
}

export function sizeText(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const power = bytes < 1000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  const value = bytes / 1000 ** power;
  return `${value >= 100 || power === 0 ? Math.round(value) : value.toFixed(1)} ${units[power] ?? ""}`;
}

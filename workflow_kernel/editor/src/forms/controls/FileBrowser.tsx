/** The files of a folder of the host, with the folders on the way to it and below it; a search; a place to drop new ones. */
import { Fragment, useRef, useState } from "react";
import type { KeyboardEvent } from "react";
import { File as FileIcon, Folder, House, Upload } from "lucide";
import type { FileEntry, FilesClient } from "../../client/client";
import { Icon } from "../parts/Icon";
import { buttonsOf, moveFocus } from "../parts/Menu";
import { UploadNote } from "./UploadNote";
import { useDrop } from "./useDrop";
import { useFolder } from "./useFolder";
import { useUpload } from "./useUpload";

interface FileBrowserProps {
  readonly files: FilesClient;
  /** The folder to begin with. */
  readonly first: string;
  /** The path that is chosen. */
  readonly current: string;
  readonly onChoose: (path: string) => void;
}

export function FileBrowser({ files, first, current, onChoose }: FileBrowserProps) {
  const [folder, setFolder] = useState(first);
  const [search, setSearch] = useState("");
  const list = useRef<HTMLDivElement>(null);
  const { entries, next, message, more } = useFolder(files, folder, search.trim());
  const upload = useUpload(files, (entry) => { onChoose(entry.path); });
  const open = (path: string) => {
    setFolder(path);
    setSearch("");
  };
  const canDrop = files.upload !== undefined;
  const place = useDrop(canDrop, (file) => void upload.send(folder, file));
  const onSearchKey = (event: KeyboardEvent) => {
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    buttonsOf(list.current)[0]?.focus();
  };
  return (
    <div className="wf-file-browser" data-over={place.isOver || undefined} {...place.events}>
      <input
        className="wf-input" type="search" placeholder={folder === "" ? "Search all files" : `Search in ${folder}`} aria-label="Search files" autoFocus
        value={search} onChange={(event) => { setSearch(event.target.value); }} onKeyDown={onSearchKey}
      />
      <FolderPath folder={folder} onOpen={open} />
      <div ref={list} className="wf-picker-list wf-scroll" onKeyDown={(event) => { moveFocus(event, buttonsOf(event.currentTarget)); }}>
        {entries?.map((entry) => (
          <FileRow key={entry.path} entry={entry} isFound={search.trim() !== ""} isCurrent={entry.path === current} onPress={() => { (entry.is_folder ? open : onChoose)(entry.path); }} />
        ))}
        {next !== null && <button type="button" className="wf-add" onClick={more}>Show more</button>}
        {entries === null && <p className="wf-empty-line">Loading…</p>}
        {entries?.length === 0 && message === "" && <p className="wf-empty-line">{emptyText(search, canDrop)}</p>}
      </div>
      {message !== "" && <p className="wf-field-problem" data-severity="error">{message}</p>}
      <UploadNote upload={upload} />
      {canDrop && (
        <label className="wf-file-send">
          <Icon icon={Upload} size={14} /> <span>{place.isOver ? "Let go to send it here" : <><b>Upload a file</b> or drop it here</>}</span>
          <input type="file" className="wf-hidden" aria-label="Upload a file" onChange={(event) => { const file = event.target.files?.item(0); if (file) void upload.send(folder, file); }} />
        </label>
      )}
    </div>
  );
}

function emptyText(search: string, canSend: boolean): string {
  if (search.trim() !== "") return "No file has these words in its path.";
  return canSend ? "This folder is empty. Upload a file to begin with." : "This folder is empty.";
}

function FolderPath({ folder, onOpen }: { readonly folder: string; readonly onOpen: (path: string) => void }) {
  const parts = folder === "" ? [] : folder.split("/");
  return (
    <nav className="wf-file-path" aria-label="Folder">
      <button type="button" aria-label="All files" title="All files" aria-current={folder === "" || undefined} onClick={() => { onOpen(""); }}><Icon icon={House} size={13} /> Files</button>
      {parts.map((part, index) => {
        const path = parts.slice(0, index + 1).join("/");
        return (
          <Fragment key={path}>
            <span aria-hidden>/</span>
            <button type="button" className="wf-ellipsis" title={path} aria-current={path === folder || undefined} onClick={() => { onOpen(path); }}>{part}</button>
          </Fragment>
        );
      })}
    </nav>
  );
}

interface FileRowProps {
  readonly entry: FileEntry;
  readonly isFound: boolean;
  readonly isCurrent: boolean;
  readonly onPress: () => void;
}

function FileRow({ entry, isFound, isCurrent, onPress }: FileRowProps) {
  const above = entry.path.slice(0, -entry.name.length - 1);
  const changed = entry.changed_at === undefined ? "" : new Date(entry.changed_at * 1000).toLocaleDateString();
  return (
    <button type="button" className="wf-menu-item wf-file-row" aria-current={isCurrent || undefined} title={entry.path} onClick={onPress}>
      <Icon icon={entry.is_folder ? Folder : FileIcon} size={14} />
      <span className="wf-menu-label wf-ellipsis">{entry.name}{isFound && above !== "" && <small> in {above}</small>}</span>
      {!entry.is_folder && <span className="wf-menu-hint">{entry.size === undefined ? changed : [sizeText(entry.size), changed].filter((one) => one !== "").join(" · ")}</span>}
    </button>
  );
}

export function sizeText(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const power = bytes < 1000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  const value = bytes / 1000 ** power;
  return `${value >= 100 || power === 0 ? Math.round(value) : value.toFixed(1)} ${units[power] ?? ""}`;
}

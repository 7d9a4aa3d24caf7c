/** A path of a file: written, or chosen from the files of the host; new ones can be sent there, also by dropping them here. */
import { useRef, useState } from "react";
import { FolderOpen } from "lucide";
import type { ControlProps } from "../Control";
import { useForm } from "../context";
import { FileBrowser } from "./FileBrowser";
import { UploadNote } from "./UploadNote";
import { useDrop } from "./useDrop";
import { useUpload } from "./useUpload";
import { Icon } from "../parts/Icon";
import { Popover } from "../parts/Popover";
import { TextControl } from "./TextControl";

export function FileControl(props: ControlProps) {
  const { edit, title, value, isDisabled } = props;
  const { files } = useForm();
  const [isOpen, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const upload = useUpload(files, (entry) => { edit(entry.path); });
  const folder = folderOf(value);
  const place = useDrop(files?.upload !== undefined && !isDisabled, (file) => void upload.send(folder, file));
  if (files === undefined) return <TextControl {...props} />;
  const choose = (path: string) => {
    setOpen(false);
    button.current?.focus();
    edit(path);
  };
  return (
    <div className="wf-file-field" data-over={place.isOver || undefined} {...place.events}>
      <div ref={box} className="wf-with-button">
        <TextControl {...props} hints={{ placeholder: "folder/file.csv", ...props.hints }} />
        <button ref={button} type="button" className="wf-mini-button" aria-label={`Choose ${title} from files`} title="Choose a file" aria-haspopup="dialog" aria-expanded={isOpen} disabled={isDisabled} onClick={() => { setOpen(!isOpen); }}>
          <Icon icon={FolderOpen} size={14} />
        </button>
      </div>
      {place.isOver && <p className="wf-file-drop">Let go to send the file</p>}
      <UploadNote upload={upload} />
      {isOpen && (
        <Popover anchor={box} onClose={() => { setOpen(false); }} label="Files" className="wf-picker wf-file-picker" fits>
          <FileBrowser files={files} first={folder} current={typeof value === "string" ? value : ""} onChoose={choose} />
        </Popover>
      )}
    </div>
  );
}

/** The folder a path begins with; none for expressions and paths from the root of the machine. */
function folderOf(value: unknown): string {
  if (typeof value !== "string" || value.startsWith("=") || value.startsWith("/") || /[*?[{]/.test(value)) return "";
  return value.includes("/") ? value.slice(0, value.lastIndexOf("/")) : "";
}

/** A path of a file: written, or chosen from the files of the host; new ones can be sent there. */
import { useRef, useState } from "react";
import { FolderOpen } from "lucide";
import type { ControlProps } from "../Control";
import { useForm } from "../context";
import { FileBrowser } from "./FileBrowser";
import { Icon } from "../parts/Icon";
import { Popover } from "../parts/Popover";
import { TextControl } from "./TextControl";

export function FileControl(props: ControlProps) {
  const { edit, title, value, isDisabled } = props;
  const { files } = useForm();
  const [isOpen, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  if (files === undefined) return <TextControl {...props} />;
  const folder = typeof value === "string" && value.includes("/") && !value.startsWith("=") ? value.slice(0, value.lastIndexOf("/")) : "";
  const close = () => { setOpen(false); };
  return (
    <div ref={box} className="wf-with-button">
      <TextControl {...props} hints={{ placeholder: "folder/file.csv", ...props.hints }} />
      <button type="button" className="wf-mini-button" aria-label={`Choose ${title} from files`} title="Choose a file" aria-expanded={isOpen} disabled={isDisabled} onClick={() => { setOpen(!isOpen); }}>
        <Icon icon={FolderOpen} size={14} />
      </button>
      {isOpen && (
        <Popover anchor={box} onClose={close} label="Files" className="wf-picker" fits>
          <FileBrowser files={files} first={folder} onChoose={(path) => { close(); edit(path); }} />
        </Popover>
      )}
    </div>
  );
}

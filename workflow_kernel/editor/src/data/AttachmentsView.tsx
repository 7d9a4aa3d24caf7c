/** The files items carry, as cards; one is looked at in a window. */
import { useEffect, useState } from "react";
import { Eye, File as FileIcon, FileText, Image as ImageIcon, Music, Video } from "lucide";
import type { IconNode } from "lucide";
import type { RunsClient } from "../client/client";
import { sizeText } from "../forms/controls/FileBrowser";
import { Dialog } from "../forms/parts/Dialog";
import { Icon } from "../forms/parts/Icon";
import { AttachmentPreview } from "./AttachmentPreview";
import { attachmentsIn, fileNameOf, previewOf } from "./attachments";
import type { Placed, PreviewKind } from "./attachments";
import { DownloadLink } from "./DownloadLink";
import { Pager } from "./Pager";
import { Thumbnail } from "./Thumbnail";
import type { ViewProps } from "./view";

const SHOWN = 50;
const ICONS: Readonly<Record<PreviewKind, IconNode>> = { image: ImageIcon, pdf: FileText, html: FileText, notebook: FileText, text: FileText, audio: Music, video: Video, none: FileIcon };

interface AttachmentsViewProps extends ViewProps {
  readonly runs: RunsClient;
  readonly execution: string;
}

export function AttachmentsView({ pages, state, total, runs, execution }: AttachmentsViewProps) {
  const [start, setStart] = useState(0);
  const [opened, setOpened] = useState<Placed | null>(null);
  const end = Math.min(start + SHOWN, total);
  useEffect(() => {
    pages.want(start, end);
  }, [pages, state, start, end]);
  const found = attachmentsIn(Array.from({ length: end - start }, (_, index) => [start + index, pages.item(start + index)] as const));
  return (
    <div className="wf-files">
      <ul className="wf-files-list wf-scroll" aria-label="Files">
        {found.map((placed) => (
          <li key={`${placed.item} ${placed.name}`} className="wf-file">
            <button type="button" className="wf-file-picture" aria-label={`Look at ${fileNameOf(placed)}`} onClick={() => { setOpened(placed); }}>
              {previewOf(placed.attachment) === "image" ? <Thumbnail runs={runs} execution={execution} attachment={placed.attachment} /> : <Icon icon={ICONS[previewOf(placed.attachment)]} size={26} />}
            </button>
            <div className="wf-file-words">
              <span className="wf-file-name" title={fileNameOf(placed)}>{fileNameOf(placed)}</span>
              <span className="wf-muted wf-small">
                {placed.name} of item {placed.item + 1} · {placed.attachment.mimeType}{placed.attachment.fileSize === undefined ? "" : ` · ${sizeText(placed.attachment.fileSize)}`}
              </span>
            </div>
            <button type="button" className="wf-mini-button" aria-label={`Look at ${fileNameOf(placed)}`} title="Look at it" onClick={() => { setOpened(placed); }}><Icon icon={Eye} size={15} /></button>
            <DownloadLink runs={runs} execution={execution} placed={placed} />
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="wf-empty-line">{state.isLoading ? "Loading…" : "These items carry no files."}</p>}
      <Pager start={start} size={SHOWN} total={total} onChange={setStart} />
      {opened !== null && (
        <Dialog title={fileNameOf(opened)} onClose={() => { setOpened(null); }} className="wf-file-dialog">
          <AttachmentPreview runs={runs} execution={execution} placed={opened} />
        </Dialog>
      )}
    </div>
  );
}

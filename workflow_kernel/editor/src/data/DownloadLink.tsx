/** Saves an attachment as a file. Its address is asked for when it is pressed, not for each in a list. */
import { Download } from "lucide";
import type { RunsClient } from "../client/client";
import { Icon } from "../forms/parts/Icon";
import { fileNameOf } from "./attachments";
import type { Placed } from "./attachments";

interface DownloadLinkProps {
  readonly runs: RunsClient;
  readonly execution: string;
  readonly placed: Placed;
}

export function DownloadLink({ runs, execution, placed }: DownloadLinkProps) {
  const save = async () => {
    const link = document.createElement("a");
    link.href = await runs.attachmentUrl(execution, placed.attachment);
    link.download = fileNameOf(placed);
    link.click();
  };
  return (
    <button type="button" className="wf-mini-button" aria-label={`Download ${fileNameOf(placed)}`} title="Download" onClick={() => void save()}>
      <Icon icon={Download} size={15} />
    </button>
  );
}

/** The address of an attachment, asked of the host when it is needed. */
import { useEffect, useState } from "react";
import type { RunsClient } from "../client/client";
import type { Attachment } from "../model/types";

export type AttachmentUrl = { readonly is: "asking" } | { readonly is: "known"; readonly url: string } | { readonly is: "missing"; readonly message: string };

export function useAttachmentUrl(runs: RunsClient, execution: string, attachment: Attachment): AttachmentUrl {
  const [state, setState] = useState<AttachmentUrl>({ is: "asking" });
  useEffect(() => {
    let isCurrent = true;
    setState({ is: "asking" });
    runs.attachmentUrl(execution, attachment).then(
      (url) => { if (isCurrent) setState({ is: "known", url }); },
      (error: unknown) => { if (isCurrent) setState({ is: "missing", message: error instanceof Error ? error.message : "The file cannot be read." }); },
    );
    return () => { isCurrent = false; };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- an attachment is what its reference says
  }, [runs, execution, attachment.ref]);
  return state;
}

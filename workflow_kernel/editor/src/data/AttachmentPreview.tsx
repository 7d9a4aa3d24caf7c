/** An attachment to look at: picture, page, text, sound, film, PDF. */
import { useEffect, useState } from "react";
import type { RunsClient } from "../client/client";
import { fileNameOf, previewOf } from "./attachments";
import type { Placed, PreviewKind } from "./attachments";
import { HtmlFrame } from "./HtmlFrame";
import { NotebookView } from "./NotebookView";
import { useAttachmentUrl } from "./useAttachmentUrl";

const MOST_TEXT = 500_000;
const MOST_NOTEBOOK = 20_000_000;

interface AttachmentPreviewProps {
  readonly runs: RunsClient;
  readonly execution: string;
  readonly placed: Placed;
}

export function AttachmentPreview({ runs, execution, placed }: AttachmentPreviewProps) {
  const state = useAttachmentUrl(runs, execution, placed.attachment);
  if (state.is === "asking") return <p className="wf-empty-line">Loading…</p>;
  if (state.is === "missing") return <p className="wf-field-problem" data-severity="error">{state.message}</p>;
  return <Shown kind={previewOf(placed.attachment)} url={state.url} name={fileNameOf(placed)} />;
}

function Shown({ kind, url, name }: { readonly kind: PreviewKind; readonly url: string; readonly name: string }) {
  switch (kind) {
    case "image": return <img className="wf-file-image" src={url} alt={name} />;
    case "audio": return <audio className="wf-file-sound" src={url} controls aria-label={name} />;
    case "video": return <video className="wf-file-image" src={url} controls aria-label={name} />;
    // The browser's own viewer does not start in a sandbox; it shows the file apart from this page all the same.
    case "pdf": return <iframe className="wf-frame" src={url} title={name} referrerPolicy="no-referrer" />;
    case "html": case "notebook": case "text": return <FetchedText url={url} name={name} kind={kind} />;
    case "none": return <p className="wf-empty-line">There is no preview of this kind of file. Download it to look at it.</p>;
  }
}

function FetchedText({ url, name, kind }: { readonly url: string; readonly name: string; readonly kind: "html" | "notebook" | "text" }) {
  const [text, setText] = useState<string | null>(null);
  const [message, setMessage] = useState("");
  useEffect(() => {
    const stop = new AbortController();
    const read = async () => {
      try {
        const answer = await fetch(url, { signal: stop.signal });
        const blob = await answer.blob();
        setText(await blob.slice(0, kind === "notebook" ? MOST_NOTEBOOK : MOST_TEXT).text());
      } catch (error) {
        if (!stop.signal.aborted) setMessage(error instanceof Error ? error.message : "The file cannot be read.");
      }
    };
    void read();
    return () => { stop.abort(); };
  }, [url, kind]);
  if (message !== "") return <p className="wf-field-problem" data-severity="error">{message}</p>;
  if (text === null) return <p className="wf-empty-line">Loading…</p>;
  if (kind === "notebook") return <NotebookView text={text} name={name} />;
  return kind === "html" ? <HtmlFrame html={text} title={name} /> : <pre className="wf-cell-text wf-scroll" tabIndex={0}>{text}</pre>;
}

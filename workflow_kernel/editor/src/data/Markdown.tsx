/** Markdown as safe HTML: notes, descriptions of node types. */
import { useMemo } from "react";
import { markdown } from "../theme/markdown";

export function Markdown({ text }: { readonly text: string }) {
  const html = useMemo(() => markdown(text), [text]);
  return <div className="wf-markdown" dangerouslySetInnerHTML={{ __html: html }} />;
}

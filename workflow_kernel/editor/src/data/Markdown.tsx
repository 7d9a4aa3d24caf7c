/** Markdown as safe HTML: notes, descriptions of node types. Links open elsewhere, pictures from elsewhere are left out. */
import { useMemo } from "react";
import DOMPurify from "dompurify";
import { marked } from "marked";

export function Markdown({ text, className = "" }: { readonly text: string; readonly className?: string }) {
  const html = useMemo(() => safe(marked.parse(text, { async: false, gfm: true, breaks: true })), [text]);
  return <div className={`wf-markdown ${className}`} dangerouslySetInnerHTML={{ __html: html }} />;
}

function safe(html: string): string {
  const purifier = DOMPurify(window);
  purifier.addHook("afterSanitizeAttributes", (element) => {
    if (element.tagName === "A") {
      element.setAttribute("target", "_blank");
      element.setAttribute("rel", "noreferrer noopener");
    }
    // No request leaves the host at run time.
    if (element.tagName === "IMG" && !/^(?:data:|blob:)/.test(element.getAttribute("src") ?? "")) element.remove();
  });
  return purifier.sanitize(html, { FORBID_TAGS: ["style", "form", "input"], FORBID_ATTR: ["style"] });
}

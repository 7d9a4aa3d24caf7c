/** Markdown of notes and descriptions as safe HTML: no scripts, no styles, nothing loaded from another host. */
import DOMPurify from "dompurify";
import type { Config } from "dompurify";
import { marked } from "marked";

const CONFIG: Config = {
  ALLOWED_TAGS: [
    "a", "b", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "input", "li", "ol", "p",
    "pre", "s", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
  ],
  ALLOWED_ATTR: ["href", "title", "alt", "src", "checked", "disabled", "type", "align", "start", "width", "height"],
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|#|\/|data:image\/)/i,
};

let purify: typeof DOMPurify | null = null;

function sanitizer(): typeof DOMPurify {
  if (purify !== null) return purify;
  const own = DOMPurify(window);
  own.addHook("afterSanitizeAttributes", (element) => {
    if (element.tagName === "A") {
      element.setAttribute("target", "_blank");
      element.setAttribute("rel", "noopener noreferrer");
    }
    if (element.tagName === "INPUT") {
      if (element.getAttribute("type") === "checkbox") element.setAttribute("disabled", "");
      else element.remove();
    }
    if (element.tagName !== "IMG") return;
    const source = element.getAttribute("src") ?? "";
    // A picture from elsewhere would tell that host who looks at the workflow.
    if (!source.startsWith("data:image/") && !/^\/(?!\/)/.test(source)) element.replaceWith(element.getAttribute("alt") ?? "");
  });
  purify = own;
  return own;
}

export function markdown(text: string): string {
  return sanitizer().sanitize(marked.parse(text, { async: false, gfm: true, breaks: true }), CONFIG);
}

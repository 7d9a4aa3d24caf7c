/** HTML from data, shown where it can do nothing: no scripts, no requests, no way out of its frame. */
const POLICY = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; font-src data:\">";

export function HtmlFrame({ html, title }: { readonly html: string; readonly title: string }) {
  return <iframe className="wf-frame" title={title} sandbox="" referrerPolicy="no-referrer" srcDoc={POLICY + html} />;
}

/** Whether a text is HTML to look at rather than a text with an angle bracket in it. */
export function isHtml(text: string): boolean {
  return /^\s*<(?:!doctype html|html|body|div|p|table|h[1-6]|ul|ol|section|article|span|svg|head|main|a|b|img)\b[^]*>/i.test(text);
}

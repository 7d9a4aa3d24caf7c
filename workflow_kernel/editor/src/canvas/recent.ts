/** Node types added last, and how the person likes the canvas; kept in the browser where that is allowed. */

const RECENT = "workflow-editor.recent";
const VIEW = "workflow-editor.view";
const MOST = 6;

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Not allowed on this page; it lasts as long as the page then.
  }
}

export function recentTypes(): readonly string[] {
  return (read(RECENT) ?? "").split("\n").filter((type) => type !== "");
}

export function noteRecent(type: string): void {
  write(RECENT, [type, ...recentTypes().filter((one) => one !== type)].slice(0, MOST).join("\n"));
}

export function keptView(): string | null {
  return read(VIEW);
}

export function keepView(view: string): void {
  write(VIEW, view);
}

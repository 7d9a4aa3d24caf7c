/** The whole editor on a page that has a size, which jsdom does not give by itself. */
import { cleanup, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach } from "vitest";
import { EditorApp } from "../../src/canvas/EditorApp";
import type { FlowDocument } from "../../src/client/client";
import type { WorkflowEditor } from "../../src/model/editor";
import { CHAIN, makeEditor } from "../world";

const SIZE = { width: 1200, height: 800 };

for (const [name, value] of [["offsetWidth", SIZE.width], ["offsetHeight", SIZE.height]] as const) {
  Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: () => value });
}
Element.prototype.getBoundingClientRect = () => new DOMRect(0, 0, SIZE.width, SIZE.height);
Object.assign(globalThis, {
  DOMMatrixReadOnly: class {
    m22 = 1;
  },
});
HTMLCanvasElement.prototype.getContext = () => null;

afterEach(cleanup);

export async function show(workflow: FlowDocument = CHAIN, given?: WorkflowEditor) {
  const editor = given ?? (await makeEditor(workflow));
  const user = userEvent.setup();
  const view = render(<EditorApp editor={editor} theme="light" />);
  const root = screen.getByRole("region", { name: "Workflow editor" });
  root.focus();
  return { editor, user, root, ...view };
}

export const card = (name: string): HTMLElement => {
  const found = document.querySelector(`.wf-node-name[title="${name}"]`)?.closest<HTMLElement>(".react-flow__node");
  if (found === null || found === undefined) throw new Error(`There is no card '${name}'.`);
  return found;
};

export const names = (): string[] => [...document.querySelectorAll(".wf-node-name")].map((one) => one.textContent);

export { screen, within };

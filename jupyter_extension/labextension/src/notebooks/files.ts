/** Files beside others: a free name, a notebook to write and open. */
import type { JupyterFrontEnd } from "@jupyterlab/application";
import { PathExt } from "@jupyterlab/coreutils";
import type { Contents } from "@jupyterlab/services";

/** A path nobody has: `stem` with a suffix, and a number where that is taken. */
export async function freePath(app: JupyterFrontEnd, stem: string, suffix: string): Promise<string> {
  const folder = PathExt.dirname(stem);
  const { content } = await app.serviceManager.contents.get(folder, { content: true });
  const taken = new Set((content as readonly Contents.IModel[]).map((model) => model.name));
  const name = PathExt.basename(stem);
  for (let count = 0; ; count += 1) {
    const found = `${name}${count === 0 ? "" : `-${String(count)}`}${suffix}`;
    if (!taken.has(found)) return PathExt.join(folder, found);
  }
}

export async function openNotebook(app: JupyterFrontEnd, stem: string, content: unknown): Promise<void> {
  const path = await freePath(app, stem, ".ipynb");
  await app.serviceManager.contents.save(path, { type: "notebook", format: "json", content });
  await app.commands.execute("docmanager:open", { path });
}

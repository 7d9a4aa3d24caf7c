// Shows the editor below a cell. The editor itself is large: it comes from the kernel once for each page, when the
// first widget is shown, and not with every widget.
const loaded = (globalThis.__workflowEditors ??= new Map());

function load(model) {
  const digest = model.get("digest");
  if (!loaded.has(digest)) loaded.set(digest, fetchFrom(model).catch((error) => { loaded.delete(digest); throw error; }));
  return loaded.get(digest);
}

async function fetchFrom(model) {
  const [script, style] = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("The kernel does not answer. Run the cell again.")), 60_000);
    const take = (message, buffers) => {
      if (message.type !== "module") return;
      clearTimeout(timer);
      model.off("msg:custom", take);
      resolve(buffers.map((buffer) => new Uint8Array(buffer.buffer ?? buffer, buffer.byteOffset ?? 0, buffer.byteLength)));
    };
    model.on("msg:custom", take);
    model.send({ type: "module" });
  });
  const element = document.createElement("style");
  element.textContent = new TextDecoder().decode(style);
  document.head.append(element);
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  // Yjs warns of a second copy of itself. Ours shares no object with JupyterLab's, so there is nothing to warn of.
  const mark = "__ $YJS$ __";
  const before = globalThis[mark];
  globalThis[mark] = undefined;
  try {
    return await import(url);
  } finally {
    globalThis[mark] = before ?? globalThis[mark];
    URL.revokeObjectURL(url);
  }
}

export default {
  render({ model, el }) {
    el.textContent = "Loading the editor…";
    let leave = () => undefined;
    let isGone = false;
    load(model).then(
      (editor) => {
        if (isGone) return;
        el.textContent = "";
        leave = editor.showInCell(model, el);
      },
      (error) => { el.textContent = String(error.message ?? error); },
    );
    return () => {
      isGone = true;
      leave();
    };
  },
};

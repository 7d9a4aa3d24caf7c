// Shows a figure of Bokeh below a cell. BokehJS comes from the kernel once for each page, when the first one is shown.
const loaded = (globalThis.__workflowBokeh ??= new Map());

function load(model) {
  const version = model.get("version");
  if (globalThis.Bokeh?.version === version) return Promise.resolve(globalThis.Bokeh);
  if (!loaded.has(version)) loaded.set(version, fetchFrom(model).catch((error) => { loaded.delete(version); throw error; }));
  return loaded.get(version);
}

async function fetchFrom(model) {
  const source = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("The kernel does not answer. Run the cell again.")), 60_000);
    const take = (message, buffers) => {
      if (message.type !== "bokeh") return;
      clearTimeout(timer);
      model.off("msg:custom", take);
      resolve(buffers[0]);
    };
    model.on("msg:custom", take);
    model.send({ type: "bokeh" });
  });
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  try {
    await new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = url;
      script.onload = resolve;
      script.onerror = () => reject(new Error("BokehJS could not be loaded."));
      document.head.append(script);
    });
  } finally {
    URL.revokeObjectURL(url);
  }
  const version = model.get("version");
  return globalThis.Bokeh[version] ?? globalThis.Bokeh;
}

export default {
  render({ model, el }) {
    el.textContent = "Loading the plot…";
    let views = null;
    let isGone = false;
    load(model).then(
      async (Bokeh) => {
        if (isGone) return;
        el.textContent = "";
        const place = document.createElement("div");
        el.append(place);
        // Each place shows a document of its own, so that the same plot may stand below several cells.
        views = await Bokeh.embed.embed_item(structuredClone(model.get("item")), place);
      },
      (error) => { el.textContent = String(error.message ?? error); },
    );
    return () => {
      isGone = true;
      views?.clear?.();
    };
  },
};

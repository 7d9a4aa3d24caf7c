// Puts the extension into lib/: our own code as one module, and the editor of workflow_kernel/editor as another, which
// is loaded with the first document. What JupyterLab shares (React, Yjs, Lumino, its packages) stays outside. Called by
// build.py, which then lets JupyterLab's builder make the prebuilt extension of it.
import { build } from "esbuild";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const editor = path.join(root, "..", "..", "workflow_kernel", "editor", "src", "hosts", "index.ts");

// Libraries in the old module format call require("react"), which a module cannot: they get what is imported.
const required = {
  name: "required",
  setup(bundle) {
    bundle.onResolve({ filter: /^(react|react-dom|yjs)$/ }, ({ path: name, kind }) => (kind === "require-call" ? { path: name, namespace: "required" } : { path: name, external: true }));
    bundle.onLoad({ filter: /.*/, namespace: "required" }, ({ path: name }) => ({ contents: `export * from "${name}";`, resolveDir: root }));
  },
};

await build({
  absWorkingDir: root,
  entryPoints: { index: "src/index.ts", "workflow-editor": editor },
  outdir: "lib",
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  define: { "process.env.NODE_ENV": '"production"' },
  plugins: [required],
  external: ["@jupyterlab/*", "@lumino/*", "react/*", "react-dom/*", "./workflow-editor.js"],
  legalComments: "none",
  logLevel: "warning",
});

// Builds the editor: one self-contained ES module and one stylesheet, into static/ (or the folder named by --out).
// Called by `npm run build` and by build.py. --watch rebuilds on change; --demo adds the demo page.
import { build, context } from "esbuild";
import { readFile, mkdir, copyFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const argument = (name) => process.argv.includes(name);
const out = process.argv.find((value) => value.startsWith("--out="))?.slice(6) ?? path.join(root, "static");

const options = {
  absWorkingDir: root,
  entryPoints: { editor: "src/hosts/index.ts" },
  outdir: out,
  bundle: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  minify: !argument("--watch"),
  sourcemap: argument("--watch") ? "inline" : false,
  legalComments: "none",
  logLevel: "warning",
  define: { "process.env.NODE_ENV": argument("--watch") ? '"development"' : '"production"' },
};
if (argument("--demo")) options.entryPoints.demo = "demo/demo.ts";

await mkdir(out, { recursive: true });
if (argument("--demo")) await copyFile(path.join(root, "demo", "index.html"), path.join(out, "demo.html"));
if (argument("--watch")) {
  const watching = await context(options);
  await watching.watch();
} else {
  await build(options);
  for (const name of ["editor.js", "editor.css"]) {
    const data = await readFile(path.join(out, name));
    console.log(`${name}: ${Math.round(data.length / 1024)} kB, ${Math.round(gzipSync(data).length / 1024)} kB gzip`);
  }
}

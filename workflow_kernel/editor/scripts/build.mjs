// Builds the editor: one self-contained ES module, one stylesheet and the licences of what they hold, into static/ (or
// the folder named by --out). Called by `npm run build` and by build.py. --watch rebuilds on change, --plain leaves names.
import { build, context } from "esbuild";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import path from "node:path";
import { fileURLToPath } from "node:url";

const LIMIT_KB = 900;

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
  minify: !argument("--watch") && !argument("--plain"),
  sourcemap: argument("--watch") ? "inline" : false,
  legalComments: "none",
  logLevel: "warning",
  metafile: true,
  define: { "process.env.NODE_ENV": argument("--watch") ? '"development"' : '"production"' },
};

/** The licence of every package that is in the build. */
async function licences(inputs) {
  const packages = new Set();
  for (const input of inputs) {
    const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (found !== null) packages.add(found[1]);
  }
  const parts = [];
  for (const folder of [...packages].sort()) {
    const { name, version, license } = JSON.parse(await readFile(path.join(root, folder, "package.json"), "utf8"));
    const file = (await readdir(path.join(root, folder))).find((one) => /^(licen[cs]e|copying)(\.|$)/i.test(one));
    const text = file === undefined ? `Licence: ${license}` : await readFile(path.join(root, folder, file), "utf8");
    parts.push(`${name} ${version} (${license})\n\n${text.trim()}\n`);
  }
  return `What the editor's module and stylesheet hold of others, with its licences.\n\n${parts.join(`\n${"-".repeat(80)}\n`)}`;
}

await mkdir(out, { recursive: true });
if (argument("--watch")) {
  const watching = await context(options);
  await watching.watch();
} else {
  const { metafile, outputFiles } = await build({ ...options, write: false });
  for (const { path: name, contents } of outputFiles) {
    // Somebody may be loading the one that is there.
    await writeFile(`${name}.new`, contents);
    await rename(`${name}.new`, name);
    const zipped = Math.round(gzipSync(contents).length / 1024);
    console.log(`${path.basename(name)}: ${Math.round(contents.length / 1024)} kB, ${zipped} kB gzip`);
    if (zipped > LIMIT_KB) throw new Error(`${path.basename(name)} is larger than ${LIMIT_KB} kB.`);
  }
  await writeFile(path.join(out, "LICENSES.txt"), await licences(Object.keys(metafile.inputs)));
}

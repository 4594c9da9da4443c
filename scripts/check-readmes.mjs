/** Every TypeScript block of a README compiles against the built packages. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { packages } from "./results.mjs";
import { pnpm, root, say } from "./run.mjs";

/** Beside a workspace that has all packages installed, so that imports resolve as a user's do. */
const folder = join(root, "testing/suites/.cache/readmes");

/** Type-checks them all; the name of a file that fails is that of its README and the line its block begins at. */
export async function checkReadmes() {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  let blocks = 0;
  for (const place of ["", "examples", ...packages]) {
    const path = join(root, place, "README.md");
    if (!existsSync(path)) continue;
    const text = readFileSync(path, "utf8");
    for (const { 1: code, index } of text.matchAll(/^```ts\n(.*?)^```$/gms)) {
      const line = text.slice(0, index).split("\n").length;
      const file = `${place.replaceAll("/", "-") || "root"}-line-${line}.ts`;
      writeFileSync(join(folder, file), `${code}export {};\n`);
      blocks++;
    }
  }
  const config = { extends: "../../../../tsconfig.base.json", include: ["*.ts"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  say(`${blocks} blocks`);
  return blocks === 0 ? 0 : pnpm("README code", ["exec", "tsc", "-p", folder]);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) process.exitCode = await checkReadmes();

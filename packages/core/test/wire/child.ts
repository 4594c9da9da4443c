import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { later } from "./helpers.ts";

const require = createRequire(import.meta.url);
const { build } = createRequire(require.resolve("tsup"))("esbuild") as {
  build(options: Record<string, unknown>): Promise<unknown>;
};

/** Runs code in a Node of its own, where `createWire` is at hand; fails when it does not end within a minute. */
export async function runChild(
  code: string,
  env: Record<string, string> = {},
  flags: readonly string[] = [],
): Promise<{ stdout: string; stderr: string }> {
  const folder = mkdtempSync(join(tmpdir(), "child-"));
  later(() => rmSync(folder, { recursive: true }));
  await build({
    entryPoints: [new URL("../../src/wire/index.ts", import.meta.url).pathname],
    bundle: true,
    platform: "node",
    format: "cjs",
    outfile: join(folder, "wire.cjs"),
    logLevel: "error",
  });
  const script = join(folder, "run.mjs");
  writeFileSync(script, `import { createWire } from "./wire.cjs";\n${code}`);
  return promisify(execFile)(process.execPath, [...flags, script], {
    env: { ...process.env, ...env },
    timeout: 60_000,
  });
}

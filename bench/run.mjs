import { spawnSync } from "node:child_process";
import { cpus } from "node:os";

const parts = process.argv.slice(2);
const all = [
  "1-requests.mjs",
  "1b-headers.mjs",
  "2-stampede.mjs",
  "3-footprint.mjs",
  "4-leaks.mjs",
  "5-databricks.mjs",
  "6-sigv4.mjs",
  "7-mtls.mjs",
];
const here = new URL(".", import.meta.url);
console.log(
  `${cpus().length} × ${cpus()[0].model}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}\n`,
);
let failed = false;
for (const part of all.filter((name) => parts.length === 0 || parts.some((wanted) => name.startsWith(wanted)))) {
  const { status } = spawnSync(process.execPath, ["--expose-gc", part], { cwd: here, stdio: "inherit" });
  failed ||= status !== 0;
}
process.exit(failed ? 1 : 0);

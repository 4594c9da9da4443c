/** Builds the packages, installs what `bench/` compares them with, and measures: `npm run bench [-- 1 3]`. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { pnpm, root, run } from "./run.mjs";

const bench = join(root, "bench");
const steps = [
  () => pnpm("installing", ["install", "--frozen-lockfile", "--prefer-offline"], { quiet: true }),
  () => pnpm("building", ["exec", "turbo", "run", "build", "--filter=./packages/*"], { quiet: true }),
  () =>
    run("installing what it is compared with", "npm", ["ci", "--no-audit", "--no-fund"], { cwd: bench, quiet: true }),
];
for (const step of steps) {
  const code = await step();
  if (code !== 0) process.exit(code);
}
const args = [join(bench, "run.mjs"), ...process.argv.slice(2)];
process.exitCode = spawnSync(process.execPath, args, { cwd: bench, stdio: "inherit" }).status ?? 1;

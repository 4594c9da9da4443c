/** Installs and builds only what `examples/quickstart` needs, and runs it. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { pnpm, root } from "./run.mjs";

const filter = "--filter=@mlflow-kit/quickstart...";
const steps = [
  ["installing", "install", "--frozen-lockfile", "--prefer-offline", "--filter=mlflow-kit", filter],
  ["building", "exec", "turbo", "run", "build", filter],
];
for (const [label, ...args] of steps) {
  const code = await pnpm(label, args, { quiet: true });
  if (code !== 0) process.exit(code);
}
const program = join(root, "examples/quickstart/quickstart.mjs");
process.exitCode = spawnSync(process.execPath, [program], { stdio: "inherit" }).status ?? 1;

/**
 * Publishes what changesets ask for: bumps versions and writes changelogs in a commit of their own, builds, publishes
 * each package whose version the registry does not have, and tags it. Only packages named by a changeset move.
 */
import { pnpm } from "./run.mjs";

const steps = [
  ["versions", "exec", "changeset", "version"],
  ["build", "exec", "turbo", "run", "build", "--output-logs=errors-only"],
  ["publish", "exec", "changeset", "publish"],
];

for (const [label, ...args] of steps) {
  const code = await pnpm(label, args);
  if (code !== 0) process.exit(code);
}

import { spawnSync } from "node:child_process";
import { combine, createClient, gatewayHeaders, token } from "./lib/kit.mjs";
import { nanoseconds, verdict } from "./lib/measure.mjs";

const refreshed = () => ({ token: "bench-token-bench-token", expiresAt: new Date(Date.now() + 3600_000) });
const cases = [
  ["a cached token", token(refreshed), 150],
  [
    "three combined providers",
    combine(token(refreshed), gatewayHeaders({ "cf-access-client-id": "i" }), gatewayHeaders({ "x-key": "k" })),
    300,
  ],
];
const chosen = process.argv[2];
if (chosen === undefined) {
  console.log("## 1b. Header production, each in a process of its own\n");
  for (const index of cases.keys()) {
    const { status } = spawnSync(process.execPath, [process.argv[1], String(index)], { stdio: "inherit" });
    process.exitCode ||= status;
  }
  console.log();
} else {
  const [name, auth, limit] = cases[chosen];
  const made = createClient({ trackingUri: "http://127.0.0.1:9", auth, env: {}, homeDir: "/nonexistent" });
  const taken = await nanoseconds(() => made.headers());
  console.log(verdict(`${name}, ns per request (await included)`, taken, limit, "most"));
  await made.close();
  const settled = Promise.resolve();
  const floor = await nanoseconds(() => (Date.now() > 0 ? settled : undefined));
  console.log(`- of which awaiting a settled promise and asking the clock: ${floor} ns`);
}

import { fork } from "node:child_process";
import { createClient, databricks } from "./lib/kit.mjs";
import { nanoseconds, storm, table, verdict } from "./lib/measure.mjs";
import { startWorkspace } from "./lib/workspace.mjs";

console.log("## 5. Databricks service principals\n");
const callers = 10_000;
const asked = { metadata: 0, discovery: 0, token: 0, lifetime: 3600 };
const principal = { clientId: "id", clientSecret: "bench-client-secret", authType: "oauth-m2m" };

// First, while the engine has seen nothing else.
const apart = fork(new URL("lib/workspace.mjs", import.meta.url));
const steady = createClient({
  trackingUri: "databricks",
  auth: databricks({ host: await new Promise((resolve) => apart.once("message", resolve)), ...principal }),
  env: {},
  homeDir: "/nonexistent",
});
const own = await nanoseconds(() => steady.headers());
apart.disconnect();
const settings = { host: await startWorkspace(asked), ...principal };
const { default: sdk } = await import("@databricks/sdk-experimental");
const theirs = () => {
  const config = new sdk.Config({ ...settings, loaders: [] });
  return () => config.authenticate(new Headers());
};
const costs = {
  "mlflow-kit, client.headers()": own,
  "@databricks/sdk-experimental, config.authenticate(headers)": await nanoseconds(theirs()),
};
console.log(
  table(
    ["", "ns per cached call"],
    Object.entries(costs).map(([name, ns]) => [name, Math.round(ns)]),
  ),
);
console.log(verdict("ns per cached call", own, 150, "most"));
console.log();
async function count(call) {
  Object.assign(asked, { metadata: 0, discovery: 0, token: 0 });
  return { ...(await storm(callers, call)), ...asked };
}

const clock = { now: Date.now() };
const client = createClient({
  trackingUri: "databricks",
  auth: databricks(settings),
  env: {},
  homeDir: "/nonexistent",
  now: () => clock.now,
});
const ours = () => client.headers();

const rows = [];
const record = (name, state, result) => {
  rows.push([name, state, result.discovery, result.token, result.errors, Math.round(result.slowest)]);
  return result;
};
const cold = record("mlflow-kit", "cold", await count(ours));
clock.now += 45 * 60_000;
const windowed = await count(ours);
await new Promise((resolve) => setTimeout(resolve, 300));
record("mlflow-kit", "in the refresh window", { ...windowed, token: asked.token });
const windowTokens = asked.token;
const other = theirs();
record("@databricks/sdk-experimental", "cold", await count(other));
asked.lifetime = 41;
const edge = theirs();
await edge();
asked.lifetime = 3600;
await new Promise((resolve) => setTimeout(resolve, 1_500));
record("@databricks/sdk-experimental", "expired (it has no window)", await count(edge));
console.log(table(["", `${callers} callers`, "discoveries", "token requests", "errors", "slowest caller, ms"], rows));
console.log(verdict("cold, discoveries", cold.discovery, 1, "most"));
console.log(verdict("cold, token requests", cold.token, 1, "most"));
console.log(verdict("refresh window, token requests", windowTokens, 1, "most"));
console.log(verdict("refresh window, slowest caller against the cold one", windowed.slowest / cold.slowest, 1, "most"));
console.log();

process.exit();

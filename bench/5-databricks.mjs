import { createServer } from "node:http";
import sdk from "@databricks/sdk-experimental";
import { createClient, databricks } from "./lib/kit.mjs";
import { median, round3, table, verdict } from "./lib/measure.mjs";

console.log("## 5. Databricks service principals\n");
const callers = 10_000;
const asked = { metadata: 0, discovery: 0, token: 0 };
let lifetime = 3600;
const workspace = createServer((request, response) => {
  request.resume();
  request.on("end", () => {
    const own = `http://${request.headers.host}`;
    const json = (value) => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
    if (request.url === "/.well-known/databricks-config") {
      asked.metadata += 1;
      return json({ oidc_endpoint: `${own}/oidc`, host_type: "workspace" });
    }
    if (request.url.endsWith("/oauth-authorization-server")) {
      asked.discovery += 1;
      return json({ token_endpoint: `${own}/oidc/v1/token`, authorization_endpoint: `${own}/oidc/v1/authorize` });
    }
    asked.token += 1;
    json({ access_token: `t${asked.token}`, token_type: "Bearer", expires_in: lifetime });
  });
});
await new Promise((resolve) => workspace.listen(0, "127.0.0.1", resolve));
const host = `http://127.0.0.1:${workspace.address().port}`;
const settings = { host, clientId: "id", clientSecret: "bench-client-secret", authType: "oauth-m2m" };

async function storm(call) {
  Object.assign(asked, { metadata: 0, discovery: 0, token: 0 });
  let errors = 0;
  const waits = await Promise.all(
    Array.from({ length: callers }, async () => {
      const started = performance.now();
      await call().catch(() => {
        errors += 1;
      });
      return performance.now() - started;
    }),
  );
  return { ...asked, errors, slowest: Math.max(...waits) };
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
const theirs = () => {
  const config = new sdk.Config({ ...settings, loaders: [] });
  return () => config.authenticate(new Headers());
};

const rows = [];
const record = (name, state, result) => {
  rows.push([name, state, result.discovery, result.token, result.errors, Math.round(result.slowest)]);
  return result;
};
const cold = record("mlflow-kit", "cold", await storm(ours));
clock.now += 45 * 60_000;
const windowed = await storm(ours);
await new Promise((resolve) => setTimeout(resolve, 300));
record("mlflow-kit", "in the refresh window", { ...windowed, token: asked.token });
const windowTokens = asked.token;
const other = theirs();
record("@databricks/sdk-experimental", "cold", await storm(other));
lifetime = 41;
const edge = theirs();
await edge();
lifetime = 3600;
await new Promise((resolve) => setTimeout(resolve, 1_500));
record("@databricks/sdk-experimental", "expired (it has no window)", await storm(edge));
console.log(table(["", `${callers} callers`, "discoveries", "token requests", "errors", "slowest caller, ms"], rows));
console.log(verdict("cold, discoveries", cold.discovery, 1, "most"));
console.log(verdict("cold, token requests", cold.token, 1, "most"));
console.log(verdict("refresh window, token requests", windowTokens, 1, "most"));
console.log(verdict("refresh window, slowest caller against the cold one", windowed.slowest / cold.slowest, 1, "most"));
console.log();

const steady = createClient({
  trackingUri: "databricks",
  auth: databricks(settings),
  env: {},
  homeDir: "/nonexistent",
});
const sdkCall = theirs();
const costs = {
  "mlflow-kit, client.headers()": await cost(() => steady.headers()),
  "@databricks/sdk-experimental, config.authenticate(headers)": await cost(sdkCall),
};
console.log(
  table(
    ["", "ns per cached call"],
    Object.entries(costs).map(([name, ns]) => [name, round3(ns)]),
  ),
);
console.log(verdict("ns per cached call", costs["mlflow-kit, client.headers()"], 150, "most"));
console.log();
process.exit();

async function cost(call) {
  await call();
  const samples = [];
  for (let n = 0; n < 15; n += 1) {
    const count = 100_000;
    const started = process.hrtime.bigint();
    for (let i = 0; i < count; i += 1) await call();
    samples.push(Number(process.hrtime.bigint() - started) / count);
  }
  return median(samples);
}

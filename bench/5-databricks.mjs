import { createServer } from "node:http";
import sdk from "@databricks/sdk-experimental";
import { createClient, databricks } from "./lib/kit.mjs";
import { nanoseconds, storm, table, verdict } from "./lib/measure.mjs";

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

const theirs = () => {
  const config = new sdk.Config({ ...settings, loaders: [] });
  return () => config.authenticate(new Headers());
};

// First, while the engine has seen nothing else.
const steady = createClient({
  trackingUri: "databricks",
  auth: databricks(settings),
  env: {},
  homeDir: "/nonexistent",
});
const costs = {
  "mlflow-kit, client.headers()": await nanoseconds(() => steady.headers()),
  "@databricks/sdk-experimental, config.authenticate(headers)": await nanoseconds(theirs()),
};
console.log(
  table(
    ["", "ns per cached call"],
    Object.entries(costs).map(([name, ns]) => [name, Math.round(ns)]),
  ),
);
console.log(verdict("ns per cached call", costs["mlflow-kit, client.headers()"], 150, "most"));
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
lifetime = 41;
const edge = theirs();
await edge();
lifetime = 3600;
await new Promise((resolve) => setTimeout(resolve, 1_500));
record("@databricks/sdk-experimental", "expired (it has no window)", await count(edge));
console.log(table(["", `${callers} callers`, "discoveries", "token requests", "errors", "slowest caller, ms"], rows));
console.log(verdict("cold, discoveries", cold.discovery, 1, "most"));
console.log(verdict("cold, token requests", cold.token, 1, "most"));
console.log(verdict("refresh window, token requests", windowTokens, 1, "most"));
console.log(verdict("refresh window, slowest caller against the cold one", windowed.slowest / cold.slowest, 1, "most"));
console.log();

process.exit();

import { createServer } from "node:http";
import { ClientSecretCredential } from "@azure/identity";
import { OAuth2Client } from "google-auth-library";
import { createClient, token } from "./lib/kit.mjs";
import { storm, table, verdict } from "./lib/measure.mjs";

console.log("## 2. Ten thousand callers at once\n");
const callers = 10_000;
let asked = 0;
let down = false;
const endpoint = createServer((request, response) => {
  request.resume();
  request.on("end", () => {
    asked += 1;
    response.writeHead(down ? 400 : 200, { "content-type": "application/json" });
    response.end(
      down
        ? '{"error":"temporarily_unavailable"}'
        : `{"access_token":"t${asked}","token_type":"Bearer","expires_in":3600}`,
    );
  });
});
await new Promise((resolve) => endpoint.listen(0, "127.0.0.1", resolve));
const tokenUrl = `http://127.0.0.1:${endpoint.address().port}/token`;

/** A storm, with the number of questions that the endpoint got. */
async function count(call) {
  asked = 0;
  const { errors, slowest } = await storm(callers, call);
  return { asked, errors, slowest };
}

const clock = { now: Date.now() };
const client = createClient({
  trackingUri: "http://127.0.0.1:9",
  auth: token({ clientId: "id", clientSecret: "bench-client-secret", tokenUrl }),
  env: {},
  homeDir: "/nonexistent",
  now: () => clock.now,
});
const ours = () => client.headers();
const rows = [];
const record = (name, state, { asked: questions, errors, slowest }) => {
  rows.push([name, state, questions, errors, Math.round(slowest)]);
  return { count: questions, errors, slowest };
};

const cold = record("mlflow-kit", "cold", await count(ours));
clock.now += 2 * 3600_000;
const expired = record("mlflow-kit", "expired", await count(ours));
clock.now += 45 * 60_000;
const windowed = record("mlflow-kit", "in the refresh window", await count(ours));
down = true;
clock.now += 45 * 60_000;
const outage = record("mlflow-kit", "endpoint down, token valid", await count(ours));
clock.now += 2 * 3600_000;
const dead = record("mlflow-kit", "endpoint down, token expired", await count(ours));
down = false;
await client.close();

const google = new OAuth2Client({ clientId: "id", clientSecret: "s", endpoints: { oauth2TokenUrl: tokenUrl } });
google.setCredentials({ refresh_token: "r" });
record("google-auth-library", "cold", await count(() => google.getAccessToken()));
google.credentials.expiry_date = Date.now() - 1000;
record("google-auth-library", "expired", await count(() => google.getAccessToken()));
google.credentials.expiry_date = Date.now() + 60_000;
record("google-auth-library", "in the refresh window", await count(() => google.getAccessToken()));

const azure = new ClientSecretCredential("tenant", "id", "secret", {
  disableInstanceDiscovery: true,
  httpClient: {
    async sendRequest(request) {
      const answer = request.url.includes("openid-configuration")
        ? {
            status: 200,
            text: JSON.stringify({
              token_endpoint: "https://login.microsoftonline.com/tenant/oauth2/v2.0/token",
              authorization_endpoint: "https://login.microsoftonline.com/a",
              issuer: "https://login.microsoftonline.com/tenant/v2.0",
              jwks_uri: "https://login.microsoftonline.com/k",
            }),
          }
        : await fetch(tokenUrl, { method: "POST" }).then(async (response) => ({
            status: response.status,
            text: await response.text(),
          }));
      const { createHttpHeaders } = await import("@azure/core-rest-pipeline");
      return {
        request,
        status: answer.status,
        headers: createHttpHeaders({ "content-type": "application/json" }),
        bodyAsText: answer.text,
      };
    },
  },
});
const azureStorm = await count(() => azure.getToken("https://x.example/.default"));
record("@azure/identity", "cold", azureStorm);

console.log(table(["", `${callers} callers`, "token requests", "errors", "slowest caller, ms"], rows));
console.log(verdict("cold, token requests", cold.count, 1, "most"));
console.log(verdict("expired, token requests", expired.count, 1, "most"));
console.log(verdict("refresh window, token requests", windowed.count, 1, "most"));
console.log(verdict("refresh window, slowest caller against the cold one", windowed.slowest / cold.slowest, 1, "most"));
console.log(verdict("endpoint down while the token is valid, errors", outage.errors, 0, "most"));
console.log(verdict("endpoint down and expired, token requests within the second", dead.count, 1, "most"));
console.log();
process.exit();

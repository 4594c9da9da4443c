import { execFileSync, fork } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, request } from "undici";
import { createClient, mtls } from "./lib/kit.mjs";
import { compare, round3, table, verdict } from "./lib/measure.mjs";

console.log("## 7. Client certificates\n");
const folder = mkdtempSync(join(tmpdir(), "mlflow-kit-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const name of ["server", "client"]) {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", `${name}.key`];
  const names = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1"];
  const options = { cwd: folder, stdio: "ignore" };
  execFileSync("openssl", ["req", "-x509", ...key, ...names, "-days", "2", "-out", `${name}.crt`], options);
}
const file = (name) => join(folder, name);
const pem = (name) => readFileSync(file(name), "utf8");
const server = fork(new URL("lib/tls-server.mjs", import.meta.url), [folder], { stdio: "inherit" });
const url = await new Promise((resolve) => server.once("message", resolve));

const identity = { cert: pem("client.crt"), key: pem("client.key") };
const ca = pem("server.crt");
const path = "/api/2.0/mlflow/whoami";

const kit = (auth, trackingUri = url.mutual) => {
  const made = createClient({ trackingUri, auth, tls: { ca }, env: {}, homeDir: "/nonexistent" });
  return (parameters) => made.request("GET mlflow/whoami", parameters);
};
const undici = () => {
  const dispatcher = new Agent({ connect: { ...identity, ca } });
  return async (query) => {
    const { body } = await request(`${url.mutual}${path}${query}`, { dispatcher });
    return JSON.parse(await body.text());
  };
};
const https = () => {
  const agent = new HttpsAgent({ ...identity, ca, keepAlive: true });
  return (query) =>
    new Promise((resolve, reject) => {
      const sent = httpsRequest(`${url.mutual}${path}${query}`, { agent }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk) => (text += chunk)).on("end", () => resolve(JSON.parse(text)));
      });
      sent.on("error", reject).end();
    });
};
const files = { cert: file("client.crt"), key: file("client.key") };
const closing = "?close=1";
const close = { close: 1 };

/** Of 20 connections after the first, how many resumed its session. */
async function resumed(call, collect) {
  await call();
  let count = 0;
  for (let n = 0; n < 20; n += 1) {
    if (collect) {
      // A WeakRef is kept until the turn of the event loop is over.
      await new Promise((resolve) => setTimeout(resolve, 5));
      globalThis.gc();
    }
    if ((await call()).reused) count += 1;
  }
  return count;
}

console.log("### Sessions resumed, of 20 new connections\n");
const callers = {
  "mtls()": () => {
    const call = kit(mtls(files));
    return () => call(close);
  },
  "node:https": () => {
    const call = https();
    return () => call(closing);
  },
  "undici Agent": () => {
    const call = undici();
    return () => call(closing);
  },
};
const counts = {};
for (const [name, make] of Object.entries(callers)) {
  counts[name] = [await resumed(make(), false), await resumed(make(), true)];
}
console.log(
  table(
    ["", "one after the other", "a garbage collection before each"],
    Object.entries(counts).map(([name, row]) => [name, ...row]),
  ),
);
console.log(
  verdict("sessions resumed against node:https", counts["mtls()"][0] / counts["node:https"][0], 0.95, "least"),
);
console.log(verdict("sessions resumed after garbage collections", counts["mtls()"][1], 20, "least"));

for (const concurrency of [1, 16]) {
  const ours = kit(mtls(files));
  const strings = kit(mtls(identity));
  const agent = undici();
  const node = https();
  const rows = await compare(
    {
      "undici Agent, PEM strings": () => agent(closing),
      "mtls(), files": () => ours(close),
      "mtls(), PEM strings": () => strings(close),
      "node:https Agent, PEM strings": () => node(closing),
    },
    { count: concurrency === 1 ? 150 : 400, concurrency },
  );
  console.log(`\n### New connections, concurrency ${concurrency}\n`);
  console.log(
    table(
      ["", "connections/s", "CPU µs/connection", "rate ÷ undici"],
      rows.map((row) => [row.name, Math.round(row.rate), round3(row.cpu), round3(row.rateRatio)]),
    ),
  );
  const { rateRatio } = rows[1];
  console.log(verdict("new connections against undici", rateRatio, concurrency === 1 ? 1.2 : 1.35, "least"));
}

for (const concurrency of [1, 16]) {
  const plain = kit(undefined, url.plain);
  const ours = kit(mtls(files));
  const rows = await compare(
    { "https, no certificate": () => plain(), "mtls()": () => ours() },
    { count: concurrency === 1 ? 1000 : 3000, concurrency },
  );
  console.log(`\n### Requests on open connections, concurrency ${concurrency}\n`);
  console.log(
    table(
      ["", "requests/s", "CPU µs/request", "rate ÷ plain"],
      rows.map((row) => [row.name, Math.round(row.rate), round3(row.cpu), round3(row.rateRatio)]),
    ),
  );
  console.log(verdict("requests against plain https", rows[1].rateRatio, 0.9, "least"));
}
console.log();
server.disconnect();
process.exit();

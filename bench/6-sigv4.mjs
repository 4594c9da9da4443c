import { Hash } from "@smithy/core/serde";
import { SignatureV4 } from "@smithy/signature-v4";
import aws4 from "aws4";
import { AwsClient } from "aws4fetch";
import { Agent, request } from "undici";
import { createClient, sigv4, startServer } from "./lib/kit.mjs";
import { compare, round3, table, verdict } from "./lib/measure.mjs";

console.log("## 6. AWS Signature V4\n");
const server = await startServer();
const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const region = "eu-west-1";
const service = "execute-api";
const body = JSON.stringify({
  run_id: "0123456789abcdef",
  key: "loss",
  value: 0.25,
  timestamp: 1763700000000,
  step: 1,
});
const headers = { accept: "application/json", "content-type": "application/json", "x-mlflow-client-version": "1.0.0" };
const path = "/api/2.0/mlflow/runs/log-metric";
const origin = new URL(server.url);

const context = {
  trackingUri: server.url,
  env: {},
  homeDir: "/nonexistent",
  now: Date.now,
  log: { debug() {}, warn() {} },
  skip() {},
};
const ours = await (await sigv4({ credentials, region }).resolve(context)).load(context);
const smithy = new SignatureV4({ credentials, region, service, sha256: Hash.bind(null, "sha256") });
const fetcher = new AwsClient({ ...credentials, region, service, retries: 0 });

const url = new URL(path, origin);

const signBySmithy = () =>
  smithy.sign({
    method: "POST",
    protocol: "http:",
    hostname: origin.host,
    path,
    headers: { ...headers, host: origin.host },
    body,
  });
const signatures = await compare(
  {
    "@smithy/signature-v4": signBySmithy,
    "@smithy/signature-v4 again (A/A)": signBySmithy,
    "sigv4()": () => ours.authorize({ method: "POST", url, headers: { ...headers }, body }),
    aws4: async () =>
      aws4.sign(
        { method: "POST", host: origin.host, path, service, region, headers: { ...headers }, body },
        credentials,
      ),
    aws4fetch: () => fetcher.sign(new URL(path, origin).href, { method: "POST", headers, body }),
  },
  { count: 5000, concurrency: 1 },
);
console.log("### Signatures of a metric\n");
show(signatures, "signatures/s", "signature", "smithy");
const rateOf = (rows, name) => rows.find((row) => row.name === name);
console.log(
  verdict("sigv4() against @smithy/signature-v4 alone, rate", rateOf(signatures, "sigv4()").rateRatio, 0.9, "least"),
);

const agent = new Agent();
const signedByHand = async () => {
  const { headers: signed } = await signBySmithy();
  const answer = await request(server.url + path, { method: "POST", dispatcher: agent, headers: signed, body });
  return JSON.parse(await answer.body.text());
};
const client = (auth) => createClient({ trackingUri: server.url, auth, env: {}, homeDir: "/nonexistent" });
const signing = client(sigv4({ credentials, region }));
const plain = client({
  name: "plain",
  resolve: () => ({ source: "bench", authorize: (outgoing) => void (outgoing.headers.authorization = "Bearer x") }),
});
const metric = JSON.parse(body);
for (const concurrency of [1, 16]) {
  const rows = await compare(
    {
      "undici.request, signed by hand": signedByHand,
      "client.request with sigv4()": () => signing.request("POST mlflow/runs/log-metric", metric),
      "client.request, not signed": () => plain.request("POST mlflow/runs/log-metric", metric),
      "aws4fetch's client": async () =>
        (await fetcher.fetch(server.url + path, { method: "POST", headers, body })).json(),
    },
    { count: concurrency === 1 ? 1000 : 3000, concurrency },
  );
  console.log(`\n### Requests, concurrency ${concurrency}\n`);
  show(rows, "requests/s", "request", "by hand");
  const signed = rateOf(rows, "client.request with sigv4()");
  const added = signed.cpu - rateOf(rows, "client.request, not signed").cpu;
  console.log(`- CPU that signing adds to a request: ${round3(added)} µs`);
  console.log(verdict("client.request against the same signer by hand, rate", signed.rateRatio, 0.9, "least"));
  console.log(
    verdict(
      "client.request against aws4fetch, rate",
      signed.rate / rateOf(rows, "aws4fetch's client").rate,
      2,
      "least",
    ),
  );
}
await Promise.all([signing.close(), plain.close(), agent.close()]);
server.stop();
console.log();

function show(rows, rate, unit, base) {
  console.log(
    table(
      ["", rate, `CPU µs/${unit}`, `rate ÷ ${base}`, `CPU ÷ ${base}`],
      rows.map((row) => [row.name, Math.round(row.rate), round3(row.cpu), round3(row.rateRatio), round3(row.cpuRatio)]),
    ),
  );
}

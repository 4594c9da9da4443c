import axios from "axios";
import { Agent, request } from "undici";
import { basic, createClient, startServer, token } from "./lib/kit.mjs";
import { compare, round3, table, verdict } from "./lib/measure.mjs";

console.log("## 1. Requests\n");
const server = await startServer();
const path = "/api/2.0/mlflow/experiments/get?experiment_id=0";
const bearer = "Bearer bench-token-bench-token";

const headers = (authorization) => ({
  authorization,
  "user-agent": "bench",
  "x-mlflow-client-version": "1.0.0",
  accept: "application/json",
});

const agent = new Agent();
const bare = (authorization) => async () => {
  const { body } = await request(server.url + path, { dispatcher: agent, headers: headers(authorization) });
  return JSON.parse(await body.text());
};
const client = (auth) => {
  const made = createClient({ trackingUri: server.url, auth, env: {}, homeDir: "/nonexistent" });
  return () => made.request("GET mlflow/experiments/get", { experiment_id: "0" });
};

const { default: Mlflow } = await import("mlflow");
const { Experiments } = new Mlflow({ endpoint: server.url, headers: { authorization: bearer } });

for (const concurrency of [1, 16]) {
  const rows = await compare(
    {
      "undici.request": bare(bearer),
      "undici.request again (A/A)": bare(bearer),
      "client.request with token()": client(token("bench-token-bench-token")),
      "client.request with basic()": client(basic({ username: "user", password: "password-of-the-user" })),
      "global fetch": async () => (await fetch(server.url + path, { headers: headers(bearer) })).json(),
      axios: async () => (await axios.get(server.url + path, { headers: headers(bearer) })).data,
      "mlflow 2.0.7": () => Experiments.get({ experiment_id: "0" }),
    },
    { count: concurrency === 1 ? 1500 : 4000, concurrency },
  );
  console.log(`### Concurrency ${concurrency}\n`);
  console.log(
    table(
      ["", "requests/s", "CPU µs/request", "rate ÷ undici", "CPU ÷ undici"],
      rows.map((row) => [row.name, Math.round(row.rate), round3(row.cpu), round3(row.rateRatio), round3(row.cpuRatio)]),
    ),
  );
  const find = (name) => rows.find((row) => row.name === name);
  for (const name of ["client.request with token()", "client.request with basic()"]) {
    const { cpu, cpuRatio, rateRatio, rate } = find(name);
    console.log(verdict(`${name}, CPU against undici.request`, cpuRatio, concurrency === 1 ? 1.2 : 1.3, "most"));
    console.log(
      verdict(`${name}, throughput against undici.request`, rateRatio, concurrency === 1 ? 0.9 : 0.8, "least"),
    );
    const fetched = find("global fetch");
    const gain = concurrency === 1 ? fetched.cpu / cpu : rate / fetched.rate;
    const what = concurrency === 1 ? "CPU of global fetch against its own" : "throughput against global fetch";
    console.log(verdict(`${name}, ${what}`, gain, 2, "least"));
  }
  console.log();
}

server.stop();
process.exit();

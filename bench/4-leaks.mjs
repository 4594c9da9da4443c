import { readdirSync } from "node:fs";
import { createServer } from "node:tls";
import { basic, createClient, startServer } from "./lib/kit.mjs";
import { round3, table, verdict } from "./lib/measure.mjs";

console.log("## 4. Heap and file descriptors\n");
const server = await startServer();
const auth = basic({ username: "user", password: "password-of-the-user" });
const common = { auth, env: {}, homeDir: "/nonexistent", retry: false, log: { debug() {}, warn() {} } };
const plain = createClient({ ...common, trackingUri: server.url });

/** Accepts, and ends the handshake with an alert: it has no certificate to show. */
const alerting = createServer({}, () => {});
alerting.on("tlsClientError", () => {});
await new Promise((resolve) => alerting.listen(0, "127.0.0.1", resolve));
const refused = createClient({ ...common, trackingUri: `https://127.0.0.1:${alerting.address().port}` });

const cases = [
  ["100,000 calls", 100_000, () => plain.request("GET mlflow/experiments/get", { experiment_id: "0" })],
  ["10,000 failed calls", 10_000, () => plain.request("GET mlflow/fail").catch(() => {})],
  [
    "10,000 TLS failures",
    10_000,
    () => refused.request("GET mlflow/experiments/get", { experiment_id: "0" }).catch(() => {}),
  ],
];
const open = () => readdirSync("/proc/self/fd").length;
const heap = async () => {
  for (let i = 0; i < 4; i += 1) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return process.memoryUsage().heapUsed;
};
const rows = [];
for (const [name, count, call] of cases) {
  const many = async (total) => {
    let started = 0;
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        while (started++ < total) await call();
      }),
    );
  };
  await many(count / 10);
  const before = { heap: await heap(), fds: open() };
  await many(count);
  const after = { heap: await heap(), fds: open() };
  rows.push([name, round3(before.heap / 1e6), round3(after.heap / 1e6), before.fds, after.fds]);
  console.log(verdict(`${name}, heap after ÷ before`, after.heap / before.heap, 1.1, "most"));
  console.log(verdict(`${name}, file descriptors more than before`, after.fds - before.fds, 8, "most"));
}
console.log();
console.log(table(["", "heap before, MB", "after, MB", "descriptors before", "after"], rows));
server.stop();
process.exit();

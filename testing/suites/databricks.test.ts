import { databricks } from "@mlflow-kit/auth-databricks";
import { createClient, type MlflowClient } from "@mlflow-kit/core";
import { lazy, startBearerGate, startMlflow, startServer } from "@mlflow-kit/testing";
import { afterAll, expect, it } from "vitest";
import { describeWith } from "./describe-with.ts";

/** Tokens of this lifetime, so that a test sees many of them. */
const seconds = 2;
const calls = 500;

describeWith("MLflow", "Databricks OAuth in front of the real MLflow", () => {
  const mlflow = lazy(() => startMlflow());
  afterAll(mlflow.close);

  it(`tracks a run of ${calls} calls on tokens that live ${seconds} s, and no 401 reaches the caller`, async () => {
    const { url, admin } = await mlflow();
    const issued = new Map<string, number>();
    await using issuer = await startServer(({ path, headers }, response) => {
      const own = `http://${headers.host}`;
      const authorized = headers.authorization === `Basic ${Buffer.from("app:app-secret").toString("base64")}`;
      if (path === "/oauth") return response.end(JSON.stringify({ token_endpoint: `${own}/token` }));
      if (!authorized) return response.writeHead(401).end('{"error":"invalid_client"}');
      const token = `token-${issued.size + 1}`;
      issued.set(token, Date.now() + seconds * 1000);
      response.end(JSON.stringify({ access_token: token, token_type: "Bearer", expires_in: seconds }));
    });
    await using gate = await startBearerGate({
      upstream: url,
      accepts: (token) => (issued.get(token) ?? 0) > Date.now(),
      upstreamAuthorization: `Basic ${Buffer.from(`${admin.username}:${admin.password}`).toString("base64")}`,
    });
    await using client = createClient({
      trackingUri: "databricks",
      auth: databricks({
        host: gate.url.href,
        clientId: "app",
        clientSecret: "app-secret",
        discoveryUrl: new URL("/oauth", issuer.url).href,
      }),
      env: {},
      homeDir: "/nonexistent",
      retry: false,
    });

    const history = await roundTrip(client);
    expect(history).toHaveLength(calls);
    expect(history.map(({ step, value }) => [Number(step), value])).toEqual(
      Array.from({ length: calls }, (_, step) => [step, step / 2]),
    );
    expect(issued.size).toBeGreaterThan(1);
    expect(issuer.requests.filter(({ path }) => path === "/oauth")).toHaveLength(1);
  });
});

/** A run with a parameter and a metric of many steps, as fast as four workers write it; answers what the server has. */
async function roundTrip(client: MlflowClient): Promise<{ step?: unknown; value?: unknown }[]> {
  const { experiment_id } = await client.request("POST mlflow/experiments/create", {
    name: `databricks-${Date.now()}`,
  });
  const { run } = await client.request("POST mlflow/runs/create", { experiment_id, start_time: Date.now() });
  const run_id = run!.info!.run_id!;
  await client.request("POST mlflow/runs/log-parameter", { run_id, key: "lr", value: "0.1" });
  let next = 0;
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      while (next < calls) {
        const step = next++;
        const metric = { run_id, key: "loss", value: step / 2, timestamp: Date.now(), step };
        await client.request("POST mlflow/runs/log-metric", metric);
      }
    }),
  );
  await client.request("POST mlflow/runs/update", { run_id, status: "FINISHED", end_time: Date.now() });
  const { metrics = [] } = await client.request("GET mlflow/metrics/get-history", { run_id, metric_key: "loss" });
  return [...metrics].sort((a, b) => Number(a.step) - Number(b.step));
}

import { basic } from "@mlflow-kit/auth-basic";
import { createClient } from "@mlflow-kit/core";
import { lazy, startMlflow } from "@mlflow-kit/testing";
import { afterAll, expect, it } from "vitest";
import { describeWith } from "./describe-with.ts";

describeWith("MLflow", "metrics in MLflow", () => {
  const server = lazy(() => startMlflow());
  afterAll(server.close);

  it("reads back 10,000 of them, NaN and infinities included", { timeout: 300_000 }, async () => {
    const mlflow = await server();
    await using client = createClient({ trackingUri: mlflow.url.href, auth: basic(mlflow.admin), env: {} });
    const { run } = await client.request("POST mlflow/runs/create", { experiment_id: "0" });
    const { run_id } = run.info;

    const special = new Map([
      [1_234, Number.NaN],
      [5_000, Number.POSITIVE_INFINITY],
      [9_999, Number.NEGATIVE_INFINITY],
    ]);
    const started = 1_700_000_000_000;
    const logged = Array.from({ length: 10_000 }, (_, step) => ({
      key: "loss",
      value: special.get(step) ?? step / 7,
      timestamp: started + step,
      step,
    }));
    for (let from = 0; from < logged.length; from += 1_000) {
      await client.request("POST mlflow/runs/log-batch", { run_id, metrics: logged.slice(from, from + 1_000) });
    }

    const read = [];
    let page_token: string | undefined;
    do {
      const parameters = { run_id, metric_key: "loss", max_results: 2_500, page_token };
      const page = await client.request("GET mlflow/metrics/get-history", parameters);
      read.push(...(page.metrics ?? []));
      page_token = page.next_page_token;
    } while (page_token);

    // The server's database holds no infinities: it keeps the largest double instead.
    const kept = (value: number) =>
      Number.isNaN(value) ? value : Math.min(Math.max(value, -Number.MAX_VALUE), Number.MAX_VALUE);
    const stored = new Map(read.map((metric) => [Number(metric.step), metric.value]));
    expect(read).toHaveLength(10_000);
    expect(stored.size).toBe(10_000);
    const different = logged.filter(({ step, value }) => !Object.is(stored.get(step), kept(value)));
    expect(different).toEqual([]);
  });
});

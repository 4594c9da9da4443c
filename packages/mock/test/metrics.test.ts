import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { embedded, newRun, refusal } from "./client.ts";

type Client = ReturnType<typeof embedded>;

async function history(client: Client, run_id: string, max_results?: number) {
  const all = [];
  let page_token: string | undefined;
  do {
    const query = { run_id, metric_key: "m", ...(max_results && { max_results }), ...(page_token && { page_token }) };
    const answer = await client.request("GET mlflow/metrics/get-history", query);
    if (max_results) expect(answer.metrics?.length ?? 0).toBeLessThanOrEqual(max_results);
    all.push(...(answer.metrics ?? []));
    page_token = answer.next_page_token;
  } while (page_token !== undefined);
  return all;
}

describe("metrics", () => {
  const timestamp = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
  const step = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  // A SQL database keeps the infinities as the largest doubles, and knows one zero.
  const value = fc.double({ noDefaultInfinity: true }).map((number) => (number === 0 ? 0 : number));
  const point = fc.record({ value, timestamp, step });
  const plain = (integer: bigint) =>
    BigInt(Number(integer)) === integer && Number.isSafeInteger(Number(integer)) ? Number(integer) : integer;

  it("come back complete, exact and in order, whatever the size of a page", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(point, { maxLength: 40 }), fc.integer({ min: 1, max: 12 }), async (points, size) => {
        const client = embedded();
        const { run_id } = await newRun(client);
        const metrics = points.map((one) => ({ key: "m", ...one }));
        await client.request("POST mlflow/runs/log-batch", { run_id, metrics });
        const identity = (one: { value: number; timestamp: unknown; step: unknown }) =>
          `${one.timestamp} ${one.step} ${one.value}`;
        const read = await history(client, run_id, size);
        expect(new Set(read.map(identity))).toEqual(new Set(points.map(identity)));
        expect(read.length).toBe(new Set(points.map(identity)).size);
        expect(await history(client, run_id)).toEqual(read);
        const order = [...read].sort(
          (a, b) =>
            Number(a.timestamp > b.timestamp) - Number(a.timestamp < b.timestamp) ||
            Number(a.step > b.step) - Number(a.step < b.step) ||
            (a.value || 0) - (b.value || 0),
        );
        expect(read.map(identity)).toEqual(order.map(identity));
        for (const one of read) expect(plain(BigInt(one.step))).toBe(one.step);
      }),
      { numRuns: 60 },
    );
  });

  it("show the value of the highest step, then timestamp, then value, as the latest", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(point, { minLength: 1, maxLength: 20 }), async (points) => {
        const client = embedded();
        const { run_id } = await newRun(client);
        for (const one of points) await client.request("POST mlflow/runs/log-metric", { run_id, key: "m", ...one });
        const latest = points.reduce((a, b) =>
          b.step !== a.step
            ? b.step > a.step
              ? b
              : a
            : b.timestamp !== a.timestamp
              ? b.timestamp > a.timestamp
                ? b
                : a
              : (b.value || 0) > (a.value || 0)
                ? b
                : a,
        );
        const { data } = (await client.request("GET mlflow/runs/get", { run_id })).run;
        expect(data.metrics).toEqual([
          { key: "m", value: latest.value, timestamp: plain(latest.timestamp), step: plain(latest.step) },
        ]);
      }),
      { numRuns: 40 },
    );
  });

  it("are kept like in a SQL database: NaN as it is, infinities as the largest doubles", async () => {
    const client = embedded();
    const { run_id } = await newRun(client);
    for (const [step, value] of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].entries())
      await client.request("POST mlflow/runs/log-metric", { run_id, key: "m", value, timestamp: 1, step });
    const values = (await history(client, run_id)).map((metric) => metric.value);
    expect(values).toEqual([Number.NaN, Number.MAX_VALUE, -Number.MAX_VALUE]);
  });

  it("in 10,000 values come back complete", async () => {
    const client = embedded();
    const { run_id } = await newRun(client);
    for (let batch = 0; batch < 10; batch++) {
      const metrics = Array.from({ length: 1000 }, (_, index) => {
        const step = batch * 1000 + index;
        return { key: "m", value: step % 100 === 0 ? Number.NaN : step, timestamp: step, step };
      });
      await client.request("POST mlflow/runs/log-batch", { run_id, metrics });
    }
    const read = await history(client, run_id, 777);
    expect(read.map(({ step }) => step)).toEqual(Array.from({ length: 10_000 }, (_, step) => step));
    expect(read.filter(({ value }) => Number.isNaN(value))).toHaveLength(100);
  });

  it.each([
    [{ key: "" }, "Missing value for required parameter 'key'."],
    [{ value: null }, "Missing value for required parameter 'value'."],
    [{ value: "abc" }, "Invalid value \"abc\" for parameter 'value' supplied:  Hint: Value was of type 'str'."],
    [{ timestamp: -1 }, "Invalid value -1 for parameter 'timestamp' supplied: metric 'm' (value=1.0)."],
    [{ timestamp: "x" }, "Invalid value \"x\" for parameter 'timestamp' supplied"],
    [{ key: "a/../b" }, "This name would resolve to 'b'"],
    [{ key: "/a" }, "This name would resolve to '/a'"],
    [{ key: "a$b" }, "Names may only contain alphanumerics"],
    [{ key: "m".repeat(251) }, "'Metric name' exceeds the maximum length of 250 characters"],
  ])("are refused when they are not right: %j", async (change, message) => {
    const client = embedded();
    const { run_id } = await newRun(client);
    const metric = { run_id, key: "m", value: 1, timestamp: 1, ...change };
    const [status, said] = await refusal(client.request("POST mlflow/runs/log-metric" as string, metric));
    expect(status).toBe(400);
    expect(said).toContain(message);
  });

  it("have a history that is asked for in pages of at least one", async () => {
    const client = embedded();
    const { run_id } = await newRun(client);
    const ask = (max_results: number) =>
      client.request("GET mlflow/metrics/get-history", { run_id, metric_key: "m", max_results });
    expect((await refusal(ask(0)))[1]).toContain("Invalid value 0 for parameter 'max_results' supplied.");
    expect(await ask(1)).toEqual({});
  });
});

import { describe, expect, it } from "vitest";
import { embedded, newRun, refusal } from "./client.ts";

describe("runs", () => {
  it("are made, updated and read", async () => {
    const client = embedded();
    const { run } = await client.request("POST mlflow/runs/create", {
      experiment_id: "0",
      run_name: "first",
      start_time: 1000,
      user_id: "me",
      tags: [{ key: "stage", value: "test" }],
    });
    const { run_id } = run.info;
    expect(run_id).toMatch(/^[\da-f]{32}$/);
    const update = { run_id, status: "FINISHED", end_time: 2000, run_name: "second" } as const;
    const { run_info } = await client.request("POST mlflow/runs/update", update);
    const read = (await client.request("GET mlflow/runs/get", { run_id })).run;
    expect(read.info).toEqual(run_info);
    expect(read.info).toEqual({
      run_uuid: run_id,
      run_id,
      experiment_id: "0",
      run_name: "second",
      user_id: "me",
      status: "FINISHED",
      start_time: 1000,
      end_time: 2000,
      artifact_uri: `mlflow-artifacts:/0/${run_id}/artifacts`,
      lifecycle_stage: "active",
    });
    expect(read.data.tags).toEqual([
      { key: "stage", value: "test" },
      { key: "mlflow.runName", value: "second" },
    ]);
  });

  it("get a name when they have none, or the one in their tag", async () => {
    const client = embedded();
    const create = async (options: object) =>
      (await client.request("POST mlflow/runs/create", { experiment_id: "0", ...options })).run.info.run_name;
    expect(await create({})).toMatch(/^[a-z]+-[a-z]+-\d+$/);
    const tags = [{ key: "mlflow.runName", value: "tagged" }];
    expect(await create({ tags })).toBe("tagged");
    expect((await refusal(create({ tags, run_name: "other" })))[1]).toContain("Both 'run_name' argument and");
  });

  it("have parameters that do not change", async () => {
    const client = embedded();
    const { run_id } = await newRun(client);
    const log = (value: string) => client.request("POST mlflow/runs/log-parameter", { run_id, key: "p", value });
    await log("1");
    await log("1");
    expect(await refusal(log("2"))).toEqual([
      400,
      `INVALID_PARAMETER_VALUE: Changing param values is not allowed. Param with key='p' was already logged with value='1' for run ID='${run_id}'. Attempted logging new value '2'.`,
    ]);
  });

  it("end when they are told, and a time of 0 takes that back", async () => {
    const client = embedded();
    const { run_id } = await newRun(client);
    const update = async (change: object) => {
      const answer = await client.request("POST /api/2.0/mlflow/runs/update", { run_id, ...change });
      return (answer as { run_info: { status: string; end_time?: number } }).run_info;
    };
    expect(await update({ end_time: 5, status: "3" })).toMatchObject({ end_time: 5, status: "FINISHED" });
    expect(await update({})).toMatchObject({ end_time: 5 });
    expect(await update({ end_time: 0 })).not.toHaveProperty("end_time");
    await expect(update({ status: 0 })).rejects.toThrow("Invalid value 0 for parameter 'status' supplied");
  });

  it("have tags that do, one of which is their name", async () => {
    const client = embedded();
    const { run_id } = await newRun(client);
    const set = (key: string, value: string) => client.request("POST mlflow/runs/set-tag", { run_id, key, value });
    await set("t", "1");
    await set("t", "2");
    await set("mlflow.runName", "renamed");
    await set("mlflow.runName", "");
    const { run } = await client.request("GET mlflow/runs/get", { run_id });
    expect(run.info.run_name).toBe("renamed");
    expect(run.data.tags).toContainEqual({ key: "t", value: "2" });
    await client.request("POST mlflow/runs/delete-tag", { run_id, key: "t" });
    expect(await refusal(client.request("POST mlflow/runs/delete-tag", { run_id, key: "t" }))).toEqual([
      404,
      `RESOURCE_DOES_NOT_EXIST: No tag with name: t in run with id ${run_id}`,
    ]);
  });

  it("cut long values as MLflow does", async () => {
    const client = embedded();
    const { run_id } = await newRun(client);
    await client.request("POST mlflow/runs/log-parameter", { run_id, key: "p", value: "é".repeat(6001) });
    await client.request("POST mlflow/runs/set-tag", { run_id, key: "t", value: "😀".repeat(8001) });
    const { data } = (await client.request("GET mlflow/runs/get", { run_id })).run;
    expect(data.params).toEqual([{ key: "p", value: "é".repeat(6000) }]);
    expect(data.tags?.find(({ key }) => key === "t")?.value).toBe("😀".repeat(8000));
  });

  it("are not written when they are deleted, until they are restored", async () => {
    const client = embedded();
    const { run_id } = await newRun(client);
    await client.request("POST mlflow/runs/delete", { run_id });
    await client.request("POST mlflow/runs/delete", { run_id });
    const inactive = [
      400,
      `INVALID_PARAMETER_VALUE: The run ${run_id} must be in the 'active' state. Current state is deleted.`,
    ];
    const pair = { run_id, key: "k", value: "v" };
    for (const call of [
      client.request("POST mlflow/runs/log-metric", { run_id, key: "m", value: 1, timestamp: 1 }),
      client.request("POST mlflow/runs/log-parameter", pair),
      client.request("POST mlflow/runs/set-tag", pair),
      client.request("POST mlflow/runs/delete-tag", pair),
      client.request("POST mlflow/runs/log-batch", { run_id }),
      client.request("POST mlflow/runs/update", { run_id, status: "FAILED" }),
    ])
      expect(await refusal(call)).toEqual(inactive);
    await client.request("POST mlflow/runs/restore", { run_id });
    await client.request("POST mlflow/runs/set-tag", pair);
  });

  it("are listed newest first, or as asked, page by page", async () => {
    const client = embedded();
    for (const start_time of [2, 3, 1]) {
      const create = { experiment_id: "0", run_name: `r${start_time}`, start_time };
      const { run_id } = (await client.request("POST mlflow/runs/create", create)).run.info;
      const value = start_time === 2 ? Number.NaN : start_time;
      if (start_time !== 1)
        await client.request("POST mlflow/runs/log-batch", {
          run_id,
          metrics: ["m", "two words"].map((key) => ({ key, value, timestamp: 1 })),
        });
    }
    const search = async (options: object) => {
      const found = await client.request("POST mlflow/runs/search", { experiment_ids: ["0"], ...options });
      return [found.runs?.map(({ info }) => info.run_name), found.next_page_token] as const;
    };
    const [first, token] = await search({ max_results: 2 });
    expect(first).toEqual(["r3", "r2"]);
    expect(await search({ max_results: 2, page_token: token })).toEqual([["r1"], undefined]);
    expect((await search({ order_by: ["start_time ASC"] }))[0]).toEqual(["r1", "r2", "r3"]);
    expect((await search({ order_by: ["attributes.`start_time` desc"] }))[0]).toEqual(["r3", "r2", "r1"]);
    expect((await search({ order_by: ["metrics.m DESC"] }))[0]).toEqual(["r3", "r2", "r1"]);
    expect((await search({ order_by: ["metrics.`two words` DESC"] }))[0]).toEqual(["r3", "r2", "r1"]);
    expect((await search({ experiment_ids: ["7"] }))[0]).toBeUndefined();
    expect((await search({ run_view_type: "DELETED_ONLY" }))[0]).toBeUndefined();
    expect((await refusal(search({ max_results: 50_001 })))[1]).toContain("Invalid value 50001");
    expect((await refusal(search({ filter: "metrics.m > 1" })))[0]).toBe(501);
    expect((await refusal(search({ experiment_ids: ["x"] })))[1]).toContain("Invalid experiment ID 'x'.");
  });

  describe("in batches", () => {
    const many = <T>(count: number, item: (index: number) => T) => Array.from({ length: count }, (_, i) => item(i));
    const pair = (index: number) => ({ key: `k${index}`, value: `${index}` });
    const metric = (index: number) => ({ key: `m${index}`, value: index, timestamp: index });

    it("take as much as MLflow takes", async () => {
      const client = embedded();
      const { run_id } = await newRun(client);
      const batch = { run_id, metrics: many(800, metric), params: many(100, pair), tags: many(100, pair) };
      await client.request("POST mlflow/runs/log-batch", batch);
      const { data } = (await client.request("GET mlflow/runs/get", { run_id })).run;
      expect([data.metrics?.length, data.params?.length, data.tags?.length]).toEqual([800, 100, 101]);
    });

    it.each([
      [{ metrics: many(1001, metric) }, "at most 1000 metrics. Got 1001 metrics."],
      [{ params: many(101, pair) }, "at most 100 params. Got 101 params."],
      [{ tags: many(101, pair) }, "at most 100 tags. Got 101 tags."],
      [{ metrics: many(901, metric), params: many(100, pair) }, "at most 1000 metrics, params, and tags. Got 1001"],
      [{ params: [pair(1), pair(1)] }, "Duplicate parameter keys have been submitted: ['k1']."],
      [{ metrics: [{ key: "m", value: 1 }] }, "Missing value for required parameter 'metrics[0].timestamp'."],
      [{ metrics: [{ ...metric(0), timestamp: -1 }] }, "Invalid value -1 for parameter 'metrics[0].timestamp'"],
      [{ tags: [pair(0), { key: "$", value: "" }] }, "Invalid value \"$\" for parameter 'tags[1].key' supplied"],
    ])("are refused as a whole when something is wrong", async (batch, message) => {
      const client = embedded();
      const { run_id } = await newRun(client);
      const [status, said] = await refusal(
        client.request("POST mlflow/runs/log-batch" as string, { run_id, ...batch }),
      );
      expect(status).toBe(400);
      expect(said).toContain(message);
    });

    it("write nothing when a parameter would change", async () => {
      const client = embedded();
      const { run_id } = await newRun(client);
      await client.request("POST mlflow/runs/log-parameter", { run_id, key: "k1", value: "it's" });
      const batch = { run_id, metrics: [metric(0)], params: [pair(0), pair(1)], tags: [pair(0)] };
      expect((await refusal(client.request("POST mlflow/runs/log-batch", batch)))[1]).toContain(
        `Params were already logged='[{'key': 'k1', 'old_value': "it's", 'new_value': '1'}]' for run ID`,
      );
      const { data } = (await client.request("GET mlflow/runs/get", { run_id })).run;
      expect(data).toEqual({
        params: [{ key: "k1", value: "it's" }],
        tags: [{ key: "mlflow.runName", value: "a run" }],
      });
    });
  });
});

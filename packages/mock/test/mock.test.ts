import { AuthError, createClient } from "@mlflow-kit/core";
import { describe, expect, it } from "vitest";
import { createStore, mock } from "../src/index.ts";
import { embedded, newRun, refusal } from "./client.ts";

describe("mock()", () => {
  it("answers without a tracking URI, and says who it is", async () => {
    const client = embedded();
    expect((await client.endpoint()).baseUrl.href).toBe("http://mlflow.invalid/");
    expect((await client.explain()).providers).toMatchObject([
      { name: "mock", outcome: "selected", source: "embedded MLflow" },
    ]);
    await client.validate();
  });

  it("stays in the process when a tracking URI is set", async () => {
    const client = createClient({ trackingUri: "http://127.0.0.1:1", auth: mock(), env: {}, retry: false });
    await client.validate();
    await client.close();
  });

  it("shares a store with other clients, and with nobody by default", async () => {
    const store = createStore();
    const { run_id } = await newRun(embedded({ store }));
    expect((await embedded({ store }).request("GET mlflow/runs/get", { run_id })).run.info.run_name).toBe("a run");
    expect(await refusal(embedded().request("GET mlflow/runs/get", { run_id }))).toEqual([
      404,
      `RESOURCE_DOES_NOT_EXIST: Run with id=${run_id} not found`,
    ]);
  });

  it("keeps what it answered as it was", async () => {
    const client = embedded();
    const { run_id } = await newRun(client);
    const before = await client.request("GET mlflow/runs/get", { run_id });
    await client.request("POST mlflow/runs/set-tag", { run_id, key: "later", value: "1" });
    expect(before.run.data.tags).toEqual([{ key: "mlflow.runName", value: "a run" }]);
  });

  it("takes its time from the store's clock", async () => {
    const client = embedded({ store: createStore({ now: () => 1234.5 }) });
    const { experiment } = await client.request("GET mlflow/experiments/get", { experiment_id: "0" });
    expect(experiment).toMatchObject({ name: "Default", creation_time: 1234, last_update_time: 1234 });
  });

  it.each(["a text", new TextEncoder().encode('{"name":"x"}'), chunks()])("takes any kind of body", async (body) => {
    const sent = typeof body === "string" ? '{"name":"x"}' : body;
    const headers = { "content-type": "application/json" };
    const answer = await embedded().request("POST mlflow/experiments/create", { name: "" }, { body: sent, headers });
    expect(answer).toEqual({ experiment_id: "1" });
  });

  async function* chunks() {
    yield new TextEncoder().encode('{"na');
    yield new TextEncoder().encode('me":"x"}');
  }

  it("answers client.fetch", async () => {
    const client = embedded();
    expect(await (await client.fetch("health")).text()).toBe("OK");
    expect(await (await client.fetch("version")).text()).toBe("3.18.0");
    expect((await client.fetch("nothing")).status).toBe(404);
    expect((await client.fetch("api/2.0/mlflow/experiments/create")).status).toBe(405);
    expect((await client.fetch("api/2.0/mlflow/registered-models/search")).status).toBe(501);
    expect((await client.fetch("ajax-api/2.0/mlflow/experiments/get?experiment_id=0")).status).toBe(200);
  });

  it("heeds an abort", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(embedded().request("GET mlflow/users/get", { username: "admin" }, { signal })).rejects.toThrow(
      "enough",
    );
  });

  it("F10 in production it wants a flag, and warns then", async () => {
    const warned: string[] = [];
    const log = { debug: () => {}, warn: (message: string) => void warned.push(message) };
    const env = { NODE_ENV: "production" };
    const refused = createClient({ auth: mock(), env, log });
    const error = await refused.validate().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(AuthError);
    expect(error).toMatchObject({ code: "ERR_OPTION", hint: expect.stringContaining("allowInProduction") });
    expect(warned).toEqual([]);

    await createClient({ auth: mock({ allowInProduction: true }), env, log }).validate();
    expect(warned).toEqual([expect.stringMatching(/^mock: NODE_ENV is production/)]);
  });

  it("L05 what a terminal would obey in a name is escaped in the error", async () => {
    const name = "a\r\u001b[31mred";
    const client = embedded();
    const error = await client
      .request("GET mlflow/experiments/get-by-name", { experiment_name: name })
      .catch((e: Error) => e as Error);
    expect((error as Error).message).toMatch(/^RESOURCE_DOES_NOT_EXIST: Could not find experiment with name 'a/);
    expect((error as Error).message).not.toMatch(/[\r\u001b]/);
  });

  it("refuses an option it does not know", () => {
    expect(() => mock({ stroe: createStore() } as object)).toThrow(AuthError);
  });
});

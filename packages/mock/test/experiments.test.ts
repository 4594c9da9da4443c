import { describe, expect, it } from "vitest";
import { createStore } from "../src/index.ts";
import { embedded, newRun, refusal } from "./client.ts";

describe("experiments", () => {
  it("are made, read, renamed and tagged", async () => {
    const client = embedded();
    const tags = [{ key: "team", value: "blue" }];
    const { experiment_id } = await client.request("POST mlflow/experiments/create", { name: "one", tags });
    expect(experiment_id).toBe("1");
    await client.request("POST mlflow/experiments/update", { experiment_id, new_name: "two" });
    await client.request("POST mlflow/experiments/set-experiment-tag", { experiment_id, key: "team", value: "red" });
    const { experiment } = await client.request("GET mlflow/experiments/get-by-name", { experiment_name: "two" });
    expect(experiment).toMatchObject({
      experiment_id,
      name: "two",
      artifact_location: "mlflow-artifacts:/1",
      lifecycle_stage: "active",
      tags: [{ key: "team", value: "red" }],
    });
    await client.request("POST mlflow/experiments/delete-experiment-tag", { experiment_id, key: "team" });
    expect((await client.request("GET mlflow/experiments/get", { experiment_id })).experiment.tags).toBeUndefined();
    expect(
      await refusal(client.request("POST mlflow/experiments/delete-experiment-tag", { experiment_id, key: "team" })),
    ).toEqual([404, "RESOURCE_DOES_NOT_EXIST: No tag with name: team in experiment with id 1"]);
  });

  it("keep their place for artifacts", async () => {
    const client = embedded();
    const artifact_location = "s3://bucket/path/";
    const { experiment_id } = await client.request("POST mlflow/experiments/create", {
      name: "one",
      artifact_location,
    });
    const { run } = await client.request("POST mlflow/runs/create", { experiment_id });
    expect(run.info.artifact_uri).toBe(`s3://bucket/path/${run.info.run_id}/artifacts`);
  });

  it.each([
    [{ name: "" }, "Missing value for required parameter 'name'."],
    [{ name: "  " }, "Invalid experiment name: '  '"],
    [{ name: 5 }, "Invalid value 5 for parameter 'name' supplied:  Hint: Value was of type 'int'."],
    [{ name: "x".repeat(501) }, "'name' exceeds the maximum length of 500 characters"],
    [{ name: "x", tags: "no" }, "Invalid value \"no\" for parameter 'tags' supplied:  Hint: Value was of type 'str'."],
    [
      { name: "x", tags: [{ key: "a//b", value: "" }] },
      "Invalid value \"a//b\" for parameter 'key' supplied: Names may",
    ],
    [{ name: "x", artifact_location: "runs:/x" }, "Artifact location cannot be a runs:/ URI. Given: 'runs:/x'"],
  ])("are refused when they are not right: %j", async (parameters, message) => {
    const [status, said] = await refusal(embedded().request("POST mlflow/experiments/create" as string, parameters));
    expect(status).toBe(400);
    expect(said).toContain(`INVALID_PARAMETER_VALUE: ${message}`);
  });

  it("hold their name, also when they are deleted", async () => {
    const client = embedded();
    const { experiment_id } = await client.request("POST mlflow/experiments/create", { name: "one" });
    await client.request("POST mlflow/experiments/delete", { experiment_id });
    expect(await refusal(client.request("POST mlflow/experiments/create", { name: "one" }))).toEqual([
      400,
      "RESOURCE_ALREADY_EXISTS: Experiment(name=one) already exists.",
    ]);
    const renamed = client.request("POST mlflow/experiments/update", { experiment_id: "0", new_name: "one" });
    expect((await refusal(renamed))[1]).toMatch(/^BAD_REQUEST: .*UNIQUE constraint failed/);
    const byName = await client.request("GET mlflow/experiments/get-by-name", { experiment_name: "one" });
    expect(byName.experiment.lifecycle_stage).toBe("deleted");
  });

  it("take their runs along when they are deleted and restored", async () => {
    const client = embedded();
    const { experiment_id, run_id } = await newRun(client);
    await client.request("POST mlflow/experiments/delete", { experiment_id });
    const stage = async () => (await client.request("GET mlflow/runs/get", { run_id })).run.info.lifecycle_stage;
    expect(await stage()).toBe("deleted");
    expect(await refusal(client.request("POST mlflow/runs/create", { experiment_id }))).toEqual([
      400,
      "INVALID_PARAMETER_VALUE: The experiment 1 must be in the 'active' state. Current state is deleted.",
    ]);
    expect(await refusal(client.request("POST mlflow/experiments/delete", { experiment_id }))).toEqual([
      404,
      "RESOURCE_DOES_NOT_EXIST: No Experiment with id=1 exists",
    ]);
    const renamed = client.request("POST mlflow/experiments/update", { experiment_id, new_name: "x" });
    expect(await refusal(renamed)).toEqual([500, "INVALID_STATE: Cannot rename a non-active experiment."]);
    await client.request("POST mlflow/experiments/restore", { experiment_id });
    expect(await stage()).toBe("active");
    expect((await refusal(client.request("POST mlflow/experiments/restore", { experiment_id })))[0]).toBe(404);
  });

  it("are listed newest first, page by page", async () => {
    let now = 0;
    const client = embedded({ store: createStore({ now: () => now++ }) });
    for (const name of ["b", "a", "c"]) await client.request("POST mlflow/experiments/create", { name });
    const search = (options: object) =>
      client.request("POST mlflow/experiments/search", { max_results: 2, ...options });
    const names = (found: Awaited<ReturnType<typeof search>>) => found.experiments?.map(({ name }) => name);
    const first = await search({});
    expect(names(first)).toEqual(["c", "a"]);
    const second = await search({ page_token: first.next_page_token });
    expect(names(second)).toEqual(["b", "Default"]);
    expect(second.next_page_token).toBeUndefined();
    expect(names(await search({ order_by: ["name ASC"], max_results: 4 }))).toEqual(["Default", "a", "b", "c"]);
    await client.request("POST mlflow/experiments/delete", { experiment_id: "2" });
    expect(names(await search({ view_type: "DELETED_ONLY" }))).toEqual(["a"]);
    expect(names(await search({ max_results: 9 }))).toEqual(["c", "b", "Default"]);
    expect(names(await search({ max_results: 9, view_type: "ALL" }))).toHaveLength(4);
    const read = await client.request("GET mlflow/experiments/search", { max_results: 1, order_by: ["name DESC"] });
    expect(names(read)).toEqual(["c"]);
  });

  it.each([
    [{}, 400, "Invalid value 0 for parameter 'max_results' supplied. It must be a positive integer"],
    [{ max_results: 50_001 }, 400, "It must be at most 50000"],
    [{ max_results: 1, page_token: "bad" }, 400, "Invalid page token, could not base64-decode"],
    [{ max_results: 1, page_token: btoa("no json") }, 400, "Invalid page token, decoded value=b'no json'"],
    [{ max_results: 1, order_by: ["name SIDEWAYS"] }, 400, "Invalid ordering key in order_by clause"],
    [{ max_results: 1, order_by: ["nonsense"] }, 400, "Invalid attribute key 'nonsense' specified."],
    [{ max_results: 1, filter: "name = 'x'" }, 501, "does not filter searches yet"],
  ])("are not searched by %j", async (parameters, expected, message) => {
    const [status, said] = await refusal(embedded().request("POST mlflow/experiments/search", parameters));
    expect(status).toBe(expected);
    expect(said).toContain(message);
  });
});

import { basic } from "@mlflow-kit/auth-basic";
import { type Answer, createClient, MlflowError, type Parameters, type Route } from "@mlflow-kit/core";
import { lazy, startMlflow } from "@mlflow-kit/testing";
import { afterAll, expect, it } from "vitest";
import { repeatable, routes } from "../../packages/core/src/routes/index.ts";
import { describeWith } from "./describe-with.ts";

/** One typed call of each route, and a second one of each that says it may be repeated. */
describeWith("MLflow", "the routes of a real MLflow", () => {
  const called = new Set<string>();
  const connection = lazy(async () => {
    const server = await startMlflow();
    const client = createClient({
      trackingUri: server.url.href,
      auth: basic(server.admin),
      env: {},
      retry: false,
    });
    const close = async () => {
      await client.close();
      await server.close();
    };
    return { server, client, close };
  });
  afterAll(connection.close);

  /** What the server does with a second call, where the table says that it must not be made. */
  type Again = "fails" | "acts again" | "not tried";

  async function call<K extends Route>(route: K, parameters: Parameters<K>, again?: Again): Promise<Answer<K>> {
    const { client } = await connection();
    called.add(route);
    const answer = await client.request(route, parameters);
    expect(repeatable.has(route), `${route} may be repeated`).toBe(again === undefined);
    if (again === undefined || again === "acts again") await client.request(route, parameters);
    if (again === "fails") await expect(client.request(route, parameters), route).rejects.toSatisfy(MlflowError.is);
    return answer;
  }

  /** Calls a route for something that this server does not have. */
  async function refused<K extends Route>(route: K, parameters: Parameters<K>): Promise<void> {
    const { client } = await connection();
    called.add(route);
    await expect(client.request(route, parameters), route).rejects.toMatchObject({ code: "ERR_REST" });
  }

  async function newExperiment(name: string): Promise<string> {
    return (await call("POST mlflow/experiments/create", { name }, "fails")).experiment_id;
  }

  async function newRun(experiment_id: string): Promise<string> {
    return (await call("POST mlflow/runs/create", { experiment_id }, "acts again")).run.info.run_id;
  }

  it("experiments", async () => {
    const experiment_id = await newExperiment("experiments");
    const tag = { experiment_id, key: "team", value: "blue" };
    await call("POST mlflow/experiments/set-experiment-tag", tag);
    await call("POST mlflow/experiments/update", { experiment_id, new_name: "renamed" });
    const { experiment } = await call("GET mlflow/experiments/get", { experiment_id });
    expect(experiment).toMatchObject({ experiment_id, name: "renamed", lifecycle_stage: "active" });
    expect(experiment.tags).toContainEqual({ key: "team", value: "blue" });
    expect(experiment.creation_time).toBeTypeOf("number");

    const byName = await call("GET mlflow/experiments/get-by-name", { experiment_name: "renamed" });
    expect(byName.experiment).toEqual(experiment);
    const search = { filter: "tags.team = 'blue'", order_by: ["name ASC"], max_results: 5, view_type: "ALL" as const };
    expect((await call("POST mlflow/experiments/search", search)).experiments).toEqual([experiment]);
    expect((await call("GET mlflow/experiments/search", search)).experiments).toEqual([experiment]);

    await call("POST mlflow/experiments/delete-experiment-tag", { experiment_id, key: "team" }, "fails");
    await call("POST mlflow/experiments/delete", { experiment_id }, "fails");
    await call("POST mlflow/experiments/restore", { experiment_id }, "fails");
  });

  it("runs, metrics, parameters and tags", async () => {
    const experiment_id = await newExperiment("runs");
    const run_id = await newRun(experiment_id);
    const step = 9_007_199_254_740_993n;
    const metric = { key: "loss", value: 0.5, timestamp: 1, step };
    await call("POST mlflow/runs/log-metric", { run_id, ...metric }, "acts again");
    await call("POST mlflow/runs/log-parameter", { run_id, key: "layers", value: "3" });
    await call("POST mlflow/runs/set-tag", { run_id, key: "team", value: "blue" });
    const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const batch = {
      run_id,
      metrics: special.map((value, timestamp) => ({ key: "special", value, timestamp, step: timestamp })),
      params: [{ key: "width", value: "64" }],
      tags: [{ key: "shape", value: "round" }],
    };
    await call("POST mlflow/runs/log-batch", batch, "acts again");

    const { run } = await call("GET mlflow/runs/get", { run_id });
    expect(run.info).toMatchObject({ run_id, run_uuid: run_id, experiment_id, status: "RUNNING" });
    expect(run.data.metrics).toContainEqual(metric);
    expect(run.data.params).toContainEqual({ key: "layers", value: "3" });
    expect(run.data.params).toContainEqual({ key: "width", value: "64" });
    expect(run.data.tags).toContainEqual({ key: "shape", value: "round" });

    const history = await call("GET mlflow/metrics/get-history", { run_id, metric_key: "special", max_results: 9 });
    const read = new Map(history.metrics?.map(({ step, value }) => [step, value]));
    // The SQL store clips infinities to the largest double.
    expect([read.get(0), read.get(1), read.get(2)]).toEqual([Number.NaN, Number.MAX_VALUE, -Number.MAX_VALUE]);
    const bulk = { run_ids: [run_id], metric_key: "special", start_step: 0, end_step: 1, max_results: 2 };
    const interval = await call("GET mlflow/metrics/get-history-bulk-interval", bulk);
    expect(interval.metrics).toContainEqual({ key: "special", value: Number.NaN, timestamp: 0, step: 0, run_id });

    const search = { experiment_ids: [experiment_id], filter: "params.layers = '3'", order_by: ["metrics.loss DESC"] };
    const found = await call("POST mlflow/runs/search", { ...search, run_view_type: "ACTIVE_ONLY", max_results: 10 });
    expect(found.runs).toEqual([run]);

    await call("POST mlflow/runs/delete-tag", { run_id, key: "team" }, "fails");
    const end = { run_id, status: "FINISHED" as const, end_time: 1_700_000_000_000, run_name: "done" };
    const { run_info } = await call("POST mlflow/runs/update", end);
    expect(run_info).toMatchObject({ status: "FINISHED", end_time: 1_700_000_000_000, run_name: "done" });
    await call("POST mlflow/runs/delete", { run_id });
    await call("POST mlflow/runs/restore", { run_id });
  });

  it("inputs and outputs of a run, and its models", async () => {
    const experiment_id = await newExperiment("models");
    const run_id = await newRun(experiment_id);
    const { model } = await call(
      "POST mlflow/logged-models",
      { experiment_id, name: "net", model_type: "keras", source_run_id: run_id, params: [{ key: "a", value: "1" }] },
      "acts again",
    );
    const { model_id } = model.info;
    expect(model.info).toMatchObject({ experiment_id, name: "net", status: "LOGGED_MODEL_PENDING" });
    await call(
      "POST mlflow/logged-models/{model_id}/params",
      { model_id, params: [{ key: "b", value: "2" }] },
      "fails",
    );
    await call("PATCH mlflow/logged-models/{model_id}/tags", { model_id, tags: [{ key: "team", value: "blue" }] });
    await call("PATCH mlflow/logged-models/{model_id}", { model_id, status: "LOGGED_MODEL_READY" });

    const dataset = { name: "d", digest: "abc", source_type: "local", source: "{}" };
    const context = [{ key: "mlflow.data.context", value: "training" }];
    const inputs = { run_id, datasets: [{ dataset, tags: context }], models: [{ model_id }] };
    await call("POST mlflow/runs/log-inputs", inputs);
    await call("POST mlflow/runs/outputs", { run_id, models: [{ model_id, step: 1 }] }, "fails");
    const { run } = await call("GET mlflow/runs/get", { run_id });
    expect(run.inputs).toEqual({ dataset_inputs: [{ dataset, tags: context }], model_inputs: [{ model_id }] });
    expect(run.outputs).toEqual({ model_outputs: [{ model_id, step: 1 }] });
    const metric = { key: "m", value: 1, timestamp: 1, step: 0, model_id, dataset_name: "d", dataset_digest: "abc" };
    await call("POST mlflow/runs/log-metric", { run_id, ...metric }, "acts again");

    const read = await call("GET mlflow/logged-models/{model_id}", { model_id });
    expect(read.model.info.tags).toContainEqual({ key: "team", value: "blue" });
    expect(read.model.data?.params).toContainEqual({ key: "b", value: "2" });
    expect(read.model.data?.metrics).toEqual([{ ...metric, run_id }]);
    const { models } = await call("POST mlflow/logged-models/search", {
      experiment_ids: [experiment_id],
      filter: "name = 'net' AND metrics.m > 0",
      datasets: [{ dataset_name: "d", dataset_digest: "abc" }],
      order_by: [{ field_name: "metrics.m", ascending: false, dataset_name: "d", dataset_digest: "abc" }],
      max_results: 2,
    });
    expect(models).toEqual([read.model]);
    const folder = await call("GET mlflow/logged-models/{model_id}/artifacts/directories", { model_id });
    expect(folder.root_uri).toContain(model_id);

    await call("DELETE mlflow/logged-models/{model_id}/tags/{tag_key}", { model_id, tag_key: "team" }, "fails");
    await call("DELETE mlflow/logged-models/{model_id}", { model_id });

    const model_json = JSON.stringify({
      run_id,
      artifact_path: "m",
      flavors: {},
      utc_time_created: "2026-01-01 00:00:00",
    });
    await call("POST mlflow/runs/log-model", { run_id, model_json }, "acts again");
  });

  it("artifacts", async () => {
    const experiment_id = await newExperiment("artifacts");
    const run_id = await newRun(experiment_id);
    const { client } = await connection();
    const artifact_path = `${experiment_id}/${run_id}/artifacts/folder ü/a b.txt`;
    const upload = "PUT mlflow-artifacts/artifacts/{+artifact_path}";
    called.add(upload);
    for (const body of ["hello", "hello"]) await client.request(upload, { artifact_path }, { body });

    const root = await call("GET mlflow/artifacts/list", { run_id });
    expect(root).toMatchObject({ files: [{ path: "folder ü", is_dir: true }] });
    const folder = await call("GET mlflow/artifacts/list", { run_id, path: "folder ü" });
    expect(folder.files).toEqual([{ path: "folder ü/a b.txt", is_dir: false, file_size: 5 }]);
    const proxied = await call("GET mlflow-artifacts/artifacts", {
      path: `${experiment_id}/${run_id}/artifacts/folder ü`,
    });
    expect(proxied.files).toEqual([{ path: "a b.txt", is_dir: false, file_size: 5 }]);
    await call("DELETE mlflow-artifacts/artifacts/{+artifact_path}", { artifact_path }, "acts again");
    expect((await client.request("GET mlflow/artifacts/list", { run_id, path: "folder ü" })).files).toBeUndefined();
  });

  /** The server has no object store: the routes are there, and say so. */
  it("artifacts in an object store", async () => {
    const run_id = await newRun("0");
    const artifact_path = "0/x/artifacts/file";
    await refused("POST mlflow/artifacts/presigned-upload-url", { run_id, path: "file", expiration: 60 });
    await refused("POST mlflow/artifacts/presigned-download-url", { run_id, path: "file", expiration: 60 });
    await refused("GET mlflow-artifacts/presigned/{+artifact_path}", { artifact_path });
    await refused("POST mlflow-artifacts/mpu/create/{+artifact_path}", { artifact_path, path: "file", num_parts: 2 });
    const parts = [{ part_number: 1, etag: "e" }];
    const complete = { artifact_path, path: "file", upload_id: "u", parts };
    await refused("POST mlflow-artifacts/mpu/complete/{+artifact_path}", complete);
    await refused("POST mlflow-artifacts/mpu/abort/{+artifact_path}", { artifact_path, path: "file", upload_id: "u" });
  });

  /** The server runs no jobs: the routes are there, and say so. */
  it("prompt optimization", async () => {
    const jobs = "/api/3.0/mlflow/prompt-optimization/jobs";
    const config = { optimizer_type: "OPTIMIZER_TYPE_METAPROMPT" as const };
    await refused(`POST ${jobs}`, { experiment_id: "0", source_prompt_uri: "prompts:/p/1", config });
    await refused(`GET ${jobs}/{job_id}`, { job_id: "none" });
    await refused(`POST ${jobs}/{job_id}/cancel`, { job_id: "none" });
    await refused(`DELETE ${jobs}/{job_id}`, { job_id: "none" });
    await call(`GET ${jobs}/search`, { experiment_id: "0" });
    await call(`POST ${jobs}/search`, { experiment_id: "0" });
  });

  it("registered models and their versions", async () => {
    const name = "iris & net ü";
    const tag = { key: "team", value: "blue" };
    const created = await call(
      "POST mlflow/registered-models/create",
      { name, description: "d", tags: [tag] },
      "fails",
    );
    expect(created.registered_model).toMatchObject({ name, description: "d", tags: [tag] });
    const run_id = await newRun("0");
    const { model_version } = await call(
      "POST mlflow/model-versions/create",
      { name, source: `runs:/${run_id}/model`, run_id, description: "first", tags: [tag] },
      "acts again",
    );
    const version = model_version.version;
    expect(model_version).toMatchObject({ name, version: "1", status: "READY", run_id, current_stage: "None" });
    await call("PATCH mlflow/model-versions/update", { name, version, description: "better" });
    await call("POST mlflow/model-versions/set-tag", { name, version, key: "k", value: "v" });
    const move = { name, version, stage: "Production", archive_existing_versions: true };
    await call("POST mlflow/model-versions/transition-stage", move);
    await call("POST mlflow/registered-models/alias", { name, alias: "champion", version });
    const read = await call("GET mlflow/model-versions/get", { name, version });
    expect(read.model_version).toMatchObject({
      description: "better",
      current_stage: "Production",
      aliases: ["champion"],
    });
    expect(await call("GET mlflow/registered-models/alias", { name, alias: "champion" })).toEqual(read);
    const { artifact_uri } = await call("GET mlflow/model-versions/get-download-uri", { name, version });
    expect(artifact_uri).toContain("model");
    const versions = await call("GET mlflow/model-versions/search", {
      filter: `name = '${name}'`,
      order_by: ["version_number ASC"],
      max_results: 1,
    });
    expect(versions.model_versions).toMatchObject([{ version: "1" }]);
    expect(versions.next_page_token).toBeTypeOf("string");
    const latest = { name, stages: ["Production", "None"] };
    const posted = await call("POST mlflow/registered-models/get-latest-versions", latest);
    expect(posted.model_versions?.map(({ version }) => version).sort()).toEqual(["1", "2"]);
    expect(await call("GET mlflow/registered-models/get-latest-versions", latest)).toEqual(posted);

    await call("POST mlflow/registered-models/set-tag", { name, key: "k", value: "v" });
    await call("PATCH mlflow/registered-models/update", { name, description: "changed" });
    const model = await call("GET mlflow/registered-models/get", { name });
    expect(model.registered_model).toMatchObject({ description: "changed", aliases: [{ alias: "champion", version }] });
    const found = await call("GET mlflow/registered-models/search", {
      filter: "tags.k = 'v'",
      order_by: ["name ASC"],
      max_results: 5,
    });
    expect(found.registered_models).toMatchObject([{ name }]);

    await call("DELETE mlflow/registered-models/delete-tag", { name, key: "k" });
    await call("DELETE mlflow/model-versions/delete-tag", { name, version, key: "k" });
    await call("DELETE mlflow/registered-models/alias", { name, alias: "champion" });
    await call("DELETE mlflow/model-versions/delete", { name, version }, "fails");
    await call("POST mlflow/registered-models/rename", { name, new_name: "renamed" }, "fails");
    await call("DELETE mlflow/registered-models/delete", { name: "renamed" }, "fails");
  });

  it("webhooks", async () => {
    const hook = {
      name: "hook",
      // Multicast: public to the server's check, and nobody is there.
      url: "https://224.0.0.1/mlflow",
      events: [{ entity: "REGISTERED_MODEL" as const, action: "CREATED" as const }],
      secret: "a secret for signatures",
    };
    const { webhook } = await call("POST mlflow/webhooks", hook, "acts again");
    expect(webhook).toMatchObject({ name: "hook", status: "ACTIVE", events: hook.events });
    const { webhook_id } = webhook;
    expect(await call("GET mlflow/webhooks/{webhook_id}", { webhook_id })).toEqual({ webhook });
    const patch = { webhook_id, description: "d", status: "DISABLED" as const };
    expect((await call("PATCH mlflow/webhooks/{webhook_id}", patch)).webhook).toMatchObject({ status: "DISABLED" });
    expect((await call("GET mlflow/webhooks", { max_results: 10 })).webhooks).toContainEqual(
      expect.objectContaining({ webhook_id, description: "d" }),
    );
    const { result } = await call("POST mlflow/webhooks/{webhook_id}/test", { webhook_id }, "not tried");
    expect(result.success).toBe(false);
    await call("DELETE mlflow/webhooks/{webhook_id}", { webhook_id }, "fails");
  });

  it("scorers", async () => {
    const experiment_id = await newExperiment("scorers");
    const name = "polite";
    const serialized_scorer = JSON.stringify({ name });
    const made = await call(
      "POST /api/3.0/mlflow/scorers/register",
      { experiment_id, name, serialized_scorer },
      "acts again",
    );
    expect(made).toMatchObject({ version: 1, name, experiment_id });
    const { scorer } = await call("GET /api/3.0/mlflow/scorers/get", { experiment_id, name, version: 1 });
    expect(scorer).toMatchObject({ scorer_name: name, scorer_version: 1, experiment_id: Number(experiment_id) });
    const { scorer_id } = scorer;
    expect((await call("GET /api/3.0/mlflow/scorers/list", { experiment_id })).scorers).toMatchObject([{ scorer_id }]);
    const { scorers } = await call("GET /api/3.0/mlflow/scorers/versions", { experiment_id, name });
    expect(scorers).toMatchObject([{ scorer_version: 1 }, { scorer_version: 2 }]);
    await call("DELETE /api/3.0/mlflow/scorers/delete", { experiment_id, name }, "fails");
  });

  it("traces and assessments", async () => {
    const experiment_id = await newExperiment("traces");
    const run_id = await newRun(experiment_id);
    const trace_id = `tr-${"ab".repeat(16)}`;
    const location = { type: "MLFLOW_EXPERIMENT" as const, mlflow_experiment: { experiment_id } };
    const trace_info = {
      trace_id,
      trace_location: location,
      request_time: "2026-01-01T00:00:00Z",
      execution_duration: "1.5s",
      state: "OK" as const,
      trace_metadata: { "mlflow.source.name": "test" },
      tags: { team: "blue" },
    };
    const started = await call("POST /api/3.0/mlflow/traces", { trace: { trace_info } }, "acts again");
    expect(started.trace.trace_info).toMatchObject({ trace_id, state: "OK" });
    await call("PATCH /api/3.0/mlflow/traces/{trace_id}/tags", { trace_id, key: "k", value: "v" });
    const { trace } = await call("GET /api/3.0/mlflow/traces/{trace_id}", { trace_id });
    expect(trace.trace_info).toMatchObject({ trace_id, tags: { k: "v", team: "blue" }, execution_duration: "1.500s" });
    const infos = await call("POST /api/3.0/mlflow/traces/batchGetInfos", { trace_ids: [trace_id] });
    expect(infos.trace_infos).toMatchObject([{ trace_id }]);
    const search = { locations: [location], filter: "tags.k = 'v'", order_by: ["timestamp_ms DESC"], max_results: 3 };
    expect((await call("POST /api/3.0/mlflow/traces/search", search)).traces).toMatchObject([{ trace_id }]);
    await call("POST mlflow/traces/link-to-run", { trace_ids: [trace_id], run_id });
    await call("POST mlflow/traces/link-prompts", { trace_id, prompt_versions: [{ name: "p", version: "1" }] });

    const input = {
      assessment_name: "polite",
      source: { source_type: "HUMAN" as const, source_id: "me" },
      feedback: { value: true },
      rationale: "said please",
    };
    const assessments = "/api/3.0/mlflow/traces/{trace_id}/assessments";
    const { assessment } = await call(`POST ${assessments}`, { trace_id, assessment: input }, "acts again");
    const { assessment_id } = assessment;
    expect(assessment).toMatchObject({ ...input, trace_id });
    const change = { trace_id, assessment_id, assessment: { rationale: "said thanks" }, update_mask: "rationale" };
    await call(`PATCH ${assessments}/{assessment_id}`, change);
    const read = await call(`GET ${assessments}/{assessment_id}`, { trace_id, assessment_id });
    expect(read.assessment).toMatchObject({ assessment_id, rationale: "said thanks" });
    await call(`DELETE ${assessments}/{assessment_id}`, { trace_id, assessment_id });

    await call("DELETE /api/3.0/mlflow/traces/{trace_id}/tags", { trace_id, key: "k" }, "fails");
    const removal = { experiment_id, request_ids: [trace_id] };
    const { traces_deleted } = await call("POST /api/3.0/mlflow/traces/delete-traces", removal, "acts again");
    expect(traces_deleted).toBe(1);
  });

  it("spans, recorded by OpenTelemetry's protocol", async () => {
    const experiment_id = await newExperiment("spans");
    const { client } = await connection();
    const traceId = "0123456789abcdef0123456789abcdef";
    const span = {
      traceId,
      spanId: "0123456789abcdef",
      name: "answer",
      kind: 1,
      startTimeUnixNano: "1767225600000000001",
      endTimeUnixNano: "1767225601000000001",
      attributes: [{ key: "question", value: { stringValue: "why?" } }],
      status: { code: 1 },
    };
    const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
    const headers = { "content-type": "application/json", "x-mlflow-experiment-id": experiment_id };
    await client.request("POST /v1/traces", {}, { body, headers });

    const trace_id = `tr-${traceId}`;
    const { trace } = await call("GET /api/3.0/mlflow/traces/get", { trace_id, allow_partial: true });
    expect(trace.trace_info.trace_id).toBe(trace_id);
    expect(trace.spans).toMatchObject([{ name: "answer", status: { code: "STATUS_CODE_OK" } }]);
    expect(trace.spans?.[0]?.start_time_unix_nano).toBe(1_767_225_600_000_000_001n);
    const { traces } = await call("GET /api/3.0/mlflow/traces/batchGet", { trace_ids: [trace_id] });
    expect(traces).toMatchObject([{ trace_info: { trace_id } }]);
  });

  it("users and permissions", async () => {
    const username = "grace";
    const created = await call("POST mlflow/users/create", { username, password: "a long password" }, "fails");
    expect(created.user).toMatchObject({ username, is_admin: false });
    expect(await call("GET mlflow/users/get", { username })).toEqual(created);
    expect((await call("GET mlflow/users/list", {})).users).toContainEqual({ ...created.user, roles: [] });
    expect(await call("GET mlflow/users/current", {})).toMatchObject({
      user: { username: "admin" },
      is_basic_auth: true,
    });
    await call("PATCH mlflow/users/update-password", { username, password: "another password" }, "acts again");
    await call("PATCH mlflow/users/update-admin", { username, is_admin: true });
    await call("PATCH mlflow/users/update-admin", { username, is_admin: false });

    const resource = { username, resource_type: "experiment", resource_id: "0" };
    await call("POST /api/3.0/mlflow/users/permissions/grant", { ...resource, permission: "EDIT" }, "fails");
    const permission = await call("GET /api/3.0/mlflow/users/permissions/get", resource);
    expect(permission).toEqual({ allowed: true, permission: "EDIT" });
    const listed = await call("GET /api/3.0/mlflow/users/permissions/list", { username });
    expect(listed).toMatchObject({
      is_admin: false,
      permissions: [{ resource_type: "experiment", permission: "EDIT" }],
    });
    expect((await call("GET /api/3.0/mlflow/users/current/permissions", {})).is_admin).toBe(true);
    await call("POST /api/3.0/mlflow/users/permissions/revoke", resource, "fails");

    const { role } = await call(
      "POST /api/3.0/mlflow/roles/create",
      { name: "readers", workspace: "default" },
      "fails",
    );
    expect(role).toEqual({ id: role.id, name: "readers", workspace: "default", description: null, permissions: [] });
    const role_id = role.id;
    await call("PATCH /api/3.0/mlflow/roles/update", { role_id, name: "viewers", description: "may look" });
    const grant = { role_id, resource_type: "experiment", resource_pattern: "*", permission: "READ" as const };
    const { role_permission } = await call("POST /api/3.0/mlflow/roles/permissions/add", grant, "fails");
    const role_permission_id = role_permission.id;
    await call("PATCH /api/3.0/mlflow/roles/permissions/update", { role_permission_id, permission: "MANAGE" });
    const { role_permissions } = await call("GET /api/3.0/mlflow/roles/permissions/list", { role_id });
    expect(role_permissions).toEqual([{ ...grant, id: role_permission_id, permission: "MANAGE" }]);
    const { assignment } = await call("POST /api/3.0/mlflow/roles/assign", { username, role_id }, "fails");
    expect(assignment).toMatchObject({ role_id, user_id: created.user.id });
    const read = await call("GET /api/3.0/mlflow/roles/get", { role_id });
    expect(read.role).toMatchObject({ name: "viewers", permissions: role_permissions });
    expect((await call("GET /api/3.0/mlflow/roles/list", { workspace: ["default"] })).roles).toContainEqual(read.role);
    expect((await call("GET /api/3.0/mlflow/users/roles/list", { username })).roles).toContainEqual(read.role);
    const { assignments } = await call("GET /api/3.0/mlflow/roles/users/list", { role_id });
    expect(assignments).toEqual([assignment]);
    await call("DELETE /api/3.0/mlflow/roles/unassign", { username, role_id }, "fails");
    await call("DELETE /api/3.0/mlflow/roles/permissions/remove", { role_permission_id }, "fails");
    await call("DELETE /api/3.0/mlflow/roles/delete", { role_id }, "fails");
    await call("DELETE mlflow/users/delete", { username }, "fails");
  });

  it("the gateway", async () => {
    const gateway = "/api/3.0/mlflow/gateway";
    const key = { api_key: "sk-test-0123456789" };
    const { secret } = await call(
      `POST ${gateway}/secrets/create`,
      { secret_name: "key", secret_value: key, provider: "openai" },
      "fails",
    );
    const { secret_id } = secret;
    expect(secret).toMatchObject({ secret_name: "key", provider: "openai" });
    expect(JSON.stringify(secret)).not.toContain(key.api_key);
    await call(`POST ${gateway}/secrets/update`, { secret_id, secret_value: { api_key: "sk-test-9876543210" } });
    expect((await call(`GET ${gateway}/secrets/get`, { secret_id })).secret).toMatchObject({ secret_id });
    expect((await call(`GET ${gateway}/secrets/list`, { provider: "openai" })).secrets).toMatchObject([{ secret_id }]);

    const definition = { secret_id, provider: "openai", model_name: "gpt-4o-mini" };
    const models = `${gateway}/model-definitions` as const;
    const made = await call(`POST ${models}/create`, { name: "small", ...definition }, "fails");
    const { model_definition_id } = made.model_definition;
    const other = await call(`POST ${models}/create`, { name: "other", ...definition }, "fails");
    await call(`POST ${models}/update`, { model_definition_id, name: "tiny" });
    const read = await call(`GET ${models}/get`, { model_definition_id });
    expect(read.model_definition).toMatchObject({ name: "tiny", model_name: "gpt-4o-mini", secret_name: "key" });
    expect((await call(`GET ${models}/list`, { secret_id })).model_definitions).toHaveLength(2);

    const endpoints = `${gateway}/endpoints` as const;
    const experiment_id = await newExperiment("gateway");
    const primary = { model_definition_id, linkage_type: "PRIMARY" as const, weight: 1 };
    const { endpoint } = await call(
      `POST ${endpoints}/create`,
      { name: "chat", model_configs: [primary], experiment_id },
      "fails",
    );
    const { endpoint_id } = endpoint;
    expect(endpoint.model_mappings).toMatchObject([{ model_definition_id, linkage_type: "PRIMARY", weight: 1 }]);
    await call(`POST ${endpoints}/update`, { endpoint_id, name: "talk" });
    await call(`POST ${endpoints}/set-tag`, { endpoint_id, key: "team", value: "blue" });
    const found = await call(`GET ${endpoints}/get`, { endpoint_id });
    expect(found.endpoint).toMatchObject({ name: "talk", tags: [{ key: "team", value: "blue" }] });
    expect((await call(`GET ${endpoints}/list`, { provider: "openai" })).endpoints).toMatchObject([{ endpoint_id }]);
    await call(`DELETE ${endpoints}/delete-tag`, { endpoint_id, key: "team" });
    const fallback = {
      model_definition_id: other.model_definition.model_definition_id,
      linkage_type: "FALLBACK" as const,
      fallback_order: 1,
    };
    const { mapping } = await call(`POST ${endpoints}/models/attach`, { endpoint_id, model_config: fallback }, "fails");
    expect(mapping).toMatchObject({ endpoint_id, ...fallback });
    const detached = { endpoint_id, model_definition_id: fallback.model_definition_id };
    await call(`POST ${endpoints}/models/detach`, detached, "fails");

    const name = "guard";
    const serialized_scorer = JSON.stringify({ name });
    const register = "POST /api/3.0/mlflow/scorers/register";
    const scorer = await call(register, { experiment_id, name, serialized_scorer }, "acts again");
    const { scorer_id } = scorer;
    const binding = { endpoint_id, resource_type: "scorer", resource_id: scorer_id };
    expect((await call(`POST ${endpoints}/bindings/create`, binding, "fails")).binding).toMatchObject(binding);
    expect((await call(`GET ${endpoints}/bindings/list`, { endpoint_id })).bindings).toMatchObject([binding]);
    await call(`DELETE ${endpoints}/bindings/delete`, binding, "fails");

    const guardrails = `${gateway}/guardrails` as const;
    const rule = { name, scorer_id, scorer_version: 1, stage: "BEFORE" as const, action: "VALIDATION" as const };
    const { guardrail } = await call(`POST ${guardrails}/create`, rule, "acts again");
    const { guardrail_id } = guardrail;
    expect(guardrail).toMatchObject({ name, stage: "BEFORE", action: "VALIDATION" });
    expect((await call(`GET ${guardrails}/get`, { guardrail_id })).guardrail).toMatchObject({ guardrail_id });
    expect((await call(`GET ${guardrails}/list`, { max_results: 10 })).guardrails).toHaveLength(2);
    const place = { endpoint_id, guardrail_id };
    await call(`POST ${guardrails}/add-to-endpoint`, { ...place, execution_order: 1 }, "fails");
    await call(`PATCH ${guardrails}/update-config`, { ...place, execution_order: 2 });
    const { configs } = await call(`GET ${guardrails}/list-for-endpoint`, { endpoint_id });
    expect(configs).toMatchObject([{ ...place, execution_order: 2 }]);
    await call(`DELETE ${guardrails}/remove-from-endpoint`, place, "fails");
    await call(`DELETE ${guardrails}/delete`, { guardrail_id }, "fails");

    const budgets = `${gateway}/budgets` as const;
    const limit = {
      budget_unit: "USD" as const,
      budget_amount: 10.5,
      duration: { unit: "DAYS" as const, value: 1 },
      target_scope: "GLOBAL" as const,
      budget_action: "ALERT" as const,
    };
    const { budget_policy } = await call(`POST ${budgets}/create`, limit, "acts again");
    const { budget_policy_id } = budget_policy;
    expect(budget_policy).toMatchObject(limit);
    await call(`POST ${budgets}/update`, { budget_policy_id, budget_amount: 20 });
    const changed = await call(`GET ${budgets}/get`, { budget_policy_id });
    expect(changed.budget_policy).toMatchObject({ ...limit, budget_amount: 20 });
    expect((await call(`GET ${budgets}/list`, { max_results: 10 })).budget_policies).toHaveLength(2);
    await call(`GET ${budgets}/windows`, {});
    await call(`DELETE ${budgets}/delete`, { budget_policy_id }, "fails");

    await call(`DELETE ${endpoints}/delete`, { endpoint_id }, "fails");
    for (const id of [model_definition_id, fallback.model_definition_id]) {
      await call(`DELETE ${models}/delete`, { model_definition_id: id }, "fails");
    }
    await call(`DELETE ${gateway}/secrets/delete`, { secret_id }, "fails");
  });

  it("the server itself", async () => {
    expect(await call("GET /api/3.0/mlflow/server-info", {})).toMatchObject({ workspaces_enabled: false });
  });

  it("calls every route of the table", () => {
    expect([...called].sort()).toEqual([...routes].sort());
  });
});

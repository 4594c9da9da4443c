import { describe, expect, expectTypeOf, it } from "vitest";
import type { MlflowClient } from "../../src/client.ts";
import {
  type Answer,
  type BareRoute,
  type Int64,
  type Nothing,
  type Parameters,
  type Route,
  repeatable,
  routes,
} from "../../src/routes/index.ts";

type IsAny<T> = 0 extends 1 & T ? true : false;
type HasIndex<T> = string extends keyof T ? true : false;

/** The routes with a parameter that is `any`, or with an index signature. */
type Loose = {
  [K in Route]: true extends
    | IsAny<Parameters<K>>
    | HasIndex<Parameters<K>>
    | { [P in keyof Parameters<K>]-?: IsAny<Parameters<K>[P]> }[keyof Parameters<K>]
    ? K
    : never;
}[Route];

/** The routes whose answer is `any` or `unknown`. */
type Vague = { [K in Route]: true extends IsAny<Answer<K>> ? K : unknown extends Answer<K> ? K : never }[Route];

/** Names in braces in a route: `{a}/{+b}` has "a" and "b". */
type Placeholders<S extends string> = S extends `${string}{${infer Name}}${infer Rest}`
  ? (Name extends `+${infer Plain}` ? Plain : Name) | Placeholders<Rest>
  : never;

/** The routes with a placeholder that no required string parameter fills. */
type Unfilled = { [K in Route]: Parameters<K> extends Record<Placeholders<K>, string> ? never : K }[Route];

type Needed<T> = { [P in keyof T]-?: Record<never, never> extends Pick<T, P> ? never : P }[keyof T];

/** For each route: the parameters that must be given, and the fields that are always answered. */
const contracts: {
  [K in Route]: readonly [Record<Needed<Parameters<K>>, 0>, Record<Needed<Answer<K>>, 0>];
} = {
  "POST mlflow/experiments/create": [{ name: 0 }, { experiment_id: 0 }],
  "POST mlflow/experiments/search": [{}, {}],
  "GET mlflow/experiments/search": [{}, {}],
  "GET mlflow/experiments/get": [{ experiment_id: 0 }, { experiment: 0 }],
  "GET mlflow/experiments/get-by-name": [{ experiment_name: 0 }, { experiment: 0 }],
  "POST mlflow/experiments/delete": [{ experiment_id: 0 }, {}],
  "POST mlflow/experiments/restore": [{ experiment_id: 0 }, {}],
  "POST mlflow/experiments/update": [{ experiment_id: 0, new_name: 0 }, {}],
  "POST mlflow/experiments/set-experiment-tag": [{ experiment_id: 0, key: 0, value: 0 }, {}],
  "POST mlflow/experiments/delete-experiment-tag": [{ experiment_id: 0, key: 0 }, {}],
  "POST mlflow/runs/create": [{ experiment_id: 0 }, { run: 0 }],
  "POST mlflow/runs/update": [{ run_id: 0 }, { run_info: 0 }],
  "POST mlflow/runs/delete": [{ run_id: 0 }, {}],
  "POST mlflow/runs/restore": [{ run_id: 0 }, {}],
  "GET mlflow/runs/get": [{ run_id: 0 }, { run: 0 }],
  "POST mlflow/runs/search": [{ experiment_ids: 0 }, {}],
  "POST mlflow/runs/log-metric": [{ key: 0, value: 0, timestamp: 0, run_id: 0 }, {}],
  "POST mlflow/runs/log-parameter": [{ key: 0, value: 0, run_id: 0 }, {}],
  "POST mlflow/runs/log-batch": [{ run_id: 0 }, {}],
  "POST mlflow/runs/log-model": [{ run_id: 0, model_json: 0 }, {}],
  "POST mlflow/runs/log-inputs": [{ run_id: 0 }, {}],
  "POST mlflow/runs/outputs": [{ run_id: 0, models: 0 }, {}],
  "POST mlflow/runs/set-tag": [{ key: 0, value: 0, run_id: 0 }, {}],
  "POST mlflow/runs/delete-tag": [{ run_id: 0, key: 0 }, {}],
  "GET mlflow/metrics/get-history": [{ run_id: 0, metric_key: 0 }, {}],
  "GET mlflow/metrics/get-history-bulk-interval": [{ run_ids: 0, metric_key: 0 }, {}],
  "GET mlflow/artifacts/list": [{ run_id: 0 }, { root_uri: 0 }],
  "POST mlflow/artifacts/presigned-upload-url": [{ path: 0 }, { presigned_url: 0 }],
  "POST mlflow/artifacts/presigned-download-url": [{ run_id: 0, path: 0 }, { presigned_url: 0 }],
  "GET mlflow-artifacts/artifacts": [{}, {}],
  "PUT mlflow-artifacts/artifacts/{+artifact_path}": [{ artifact_path: 0 }, {}],
  "DELETE mlflow-artifacts/artifacts/{+artifact_path}": [{ artifact_path: 0 }, {}],
  "POST mlflow-artifacts/mpu/create/{+artifact_path}": [{ artifact_path: 0, path: 0, num_parts: 0 }, {}],
  "POST mlflow-artifacts/mpu/complete/{+artifact_path}": [{ artifact_path: 0, path: 0, upload_id: 0, parts: 0 }, {}],
  "POST mlflow-artifacts/mpu/abort/{+artifact_path}": [{ artifact_path: 0, path: 0, upload_id: 0 }, {}],
  "GET mlflow-artifacts/presigned/{+artifact_path}": [{ artifact_path: 0 }, { url: 0 }],
  "POST mlflow/logged-models": [{ experiment_id: 0 }, { model: 0 }],
  "GET mlflow/logged-models/{model_id}": [{ model_id: 0 }, { model: 0 }],
  "PATCH mlflow/logged-models/{model_id}": [{ model_id: 0, status: 0 }, { model: 0 }],
  "DELETE mlflow/logged-models/{model_id}": [{ model_id: 0 }, {}],
  "POST mlflow/logged-models/search": [{ experiment_ids: 0 }, {}],
  "PATCH mlflow/logged-models/{model_id}/tags": [{ model_id: 0, tags: 0 }, {}],
  "DELETE mlflow/logged-models/{model_id}/tags/{tag_key}": [{ model_id: 0, tag_key: 0 }, {}],
  "POST mlflow/logged-models/{model_id}/params": [{ model_id: 0, params: 0 }, {}],
  "GET mlflow/logged-models/{model_id}/artifacts/directories": [{ model_id: 0 }, { root_uri: 0 }],
  "POST mlflow/registered-models/create": [{ name: 0 }, { registered_model: 0 }],
  "GET mlflow/registered-models/get": [{ name: 0 }, { registered_model: 0 }],
  "GET mlflow/registered-models/search": [{}, {}],
  "POST mlflow/registered-models/rename": [{ name: 0, new_name: 0 }, { registered_model: 0 }],
  "PATCH mlflow/registered-models/update": [{ name: 0 }, { registered_model: 0 }],
  "DELETE mlflow/registered-models/delete": [{ name: 0 }, {}],
  "POST mlflow/registered-models/get-latest-versions": [{ name: 0 }, {}],
  "GET mlflow/registered-models/get-latest-versions": [{ name: 0 }, {}],
  "POST mlflow/registered-models/set-tag": [{ key: 0, value: 0, name: 0 }, {}],
  "DELETE mlflow/registered-models/delete-tag": [{ name: 0, key: 0 }, {}],
  "POST mlflow/registered-models/alias": [{ name: 0, alias: 0, version: 0 }, {}],
  "DELETE mlflow/registered-models/alias": [{ name: 0, alias: 0 }, {}],
  "GET mlflow/registered-models/alias": [{ name: 0, alias: 0 }, { model_version: 0 }],
  "POST mlflow/model-versions/create": [{ name: 0, source: 0 }, { model_version: 0 }],
  "GET mlflow/model-versions/get": [{ name: 0, version: 0 }, { model_version: 0 }],
  "GET mlflow/model-versions/search": [{}, {}],
  "GET mlflow/model-versions/get-download-uri": [{ name: 0, version: 0 }, { artifact_uri: 0 }],
  "PATCH mlflow/model-versions/update": [{ name: 0, version: 0 }, { model_version: 0 }],
  "POST mlflow/model-versions/transition-stage": [
    { name: 0, version: 0, stage: 0, archive_existing_versions: 0 },
    { model_version: 0 },
  ],
  "DELETE mlflow/model-versions/delete": [{ name: 0, version: 0 }, {}],
  "POST mlflow/model-versions/set-tag": [{ name: 0, version: 0, key: 0, value: 0 }, {}],
  "DELETE mlflow/model-versions/delete-tag": [{ name: 0, version: 0, key: 0 }, {}],
  "POST mlflow/webhooks": [{ name: 0, url: 0, events: 0 }, { webhook: 0 }],
  "GET mlflow/webhooks": [{}, {}],
  "GET mlflow/webhooks/{webhook_id}": [{ webhook_id: 0 }, { webhook: 0 }],
  "PATCH mlflow/webhooks/{webhook_id}": [{ webhook_id: 0 }, { webhook: 0 }],
  "DELETE mlflow/webhooks/{webhook_id}": [{ webhook_id: 0 }, {}],
  "POST mlflow/webhooks/{webhook_id}/test": [{ webhook_id: 0 }, { result: 0 }],
  "POST /api/3.0/mlflow/scorers/register": [
    { experiment_id: 0, name: 0, serialized_scorer: 0 },
    { version: 0, scorer_id: 0, experiment_id: 0, name: 0, serialized_scorer: 0, creation_time: 0 },
  ],
  "GET /api/3.0/mlflow/scorers/list": [{}, {}],
  "GET /api/3.0/mlflow/scorers/versions": [{ experiment_id: 0, name: 0 }, {}],
  "GET /api/3.0/mlflow/scorers/get": [{ experiment_id: 0, name: 0 }, { scorer: 0 }],
  "DELETE /api/3.0/mlflow/scorers/delete": [{ experiment_id: 0, name: 0 }, {}],
  "POST /api/3.0/mlflow/traces": [{ trace: 0 }, { trace: 0 }],
  "GET /api/3.0/mlflow/traces/{trace_id}": [{ trace_id: 0 }, { trace: 0 }],
  "GET /api/3.0/mlflow/traces/get": [{ trace_id: 0 }, { trace: 0 }],
  "GET /api/3.0/mlflow/traces/batchGet": [{ trace_ids: 0 }, {}],
  "POST /api/3.0/mlflow/traces/batchGetInfos": [{ trace_ids: 0 }, {}],
  "POST /api/3.0/mlflow/traces/search": [{ locations: 0 }, {}],
  "POST /api/3.0/mlflow/traces/delete-traces": [{ experiment_id: 0 }, { traces_deleted: 0 }],
  "PATCH /api/3.0/mlflow/traces/{trace_id}/tags": [{ trace_id: 0, key: 0, value: 0 }, {}],
  "DELETE /api/3.0/mlflow/traces/{trace_id}/tags": [{ trace_id: 0, key: 0 }, {}],
  "POST mlflow/traces/link-to-run": [{ trace_ids: 0, run_id: 0 }, {}],
  "POST mlflow/traces/link-prompts": [{ trace_id: 0, prompt_versions: 0 }, {}],
  "POST /api/3.0/mlflow/traces/{trace_id}/assessments": [{ trace_id: 0, assessment: 0 }, { assessment: 0 }],
  "GET /api/3.0/mlflow/traces/{trace_id}/assessments/{assessment_id}": [
    { trace_id: 0, assessment_id: 0 },
    { assessment: 0 },
  ],
  "PATCH /api/3.0/mlflow/traces/{trace_id}/assessments/{assessment_id}": [
    { trace_id: 0, assessment_id: 0, assessment: 0, update_mask: 0 },
    { assessment: 0 },
  ],
  "DELETE /api/3.0/mlflow/traces/{trace_id}/assessments/{assessment_id}": [{ trace_id: 0, assessment_id: 0 }, {}],
  "POST /api/3.0/mlflow/prompt-optimization/jobs": [{ experiment_id: 0, source_prompt_uri: 0, config: 0 }, { job: 0 }],
  "GET /api/3.0/mlflow/prompt-optimization/jobs/{job_id}": [{ job_id: 0 }, { job: 0 }],
  "POST /api/3.0/mlflow/prompt-optimization/jobs/search": [{ experiment_id: 0 }, {}],
  "GET /api/3.0/mlflow/prompt-optimization/jobs/search": [{ experiment_id: 0 }, {}],
  "POST /api/3.0/mlflow/prompt-optimization/jobs/{job_id}/cancel": [{ job_id: 0 }, { job: 0 }],
  "DELETE /api/3.0/mlflow/prompt-optimization/jobs/{job_id}": [{ job_id: 0 }, {}],
  "POST /api/3.0/mlflow/gateway/secrets/create": [{ secret_name: 0, secret_value: 0 }, { secret: 0 }],
  "GET /api/3.0/mlflow/gateway/secrets/get": [{ secret_id: 0 }, { secret: 0 }],
  "POST /api/3.0/mlflow/gateway/secrets/update": [{ secret_id: 0 }, { secret: 0 }],
  "DELETE /api/3.0/mlflow/gateway/secrets/delete": [{ secret_id: 0 }, {}],
  "GET /api/3.0/mlflow/gateway/secrets/list": [{}, {}],
  "POST /api/3.0/mlflow/gateway/model-definitions/create": [
    { name: 0, secret_id: 0, provider: 0, model_name: 0 },
    { model_definition: 0 },
  ],
  "GET /api/3.0/mlflow/gateway/model-definitions/get": [{ model_definition_id: 0 }, { model_definition: 0 }],
  "GET /api/3.0/mlflow/gateway/model-definitions/list": [{}, {}],
  "POST /api/3.0/mlflow/gateway/model-definitions/update": [{ model_definition_id: 0 }, { model_definition: 0 }],
  "DELETE /api/3.0/mlflow/gateway/model-definitions/delete": [{ model_definition_id: 0 }, {}],
  "POST /api/3.0/mlflow/gateway/endpoints/create": [{ name: 0, model_configs: 0 }, { endpoint: 0 }],
  "GET /api/3.0/mlflow/gateway/endpoints/get": [{}, { endpoint: 0 }],
  "POST /api/3.0/mlflow/gateway/endpoints/update": [{ endpoint_id: 0 }, { endpoint: 0 }],
  "DELETE /api/3.0/mlflow/gateway/endpoints/delete": [{ endpoint_id: 0 }, {}],
  "GET /api/3.0/mlflow/gateway/endpoints/list": [{}, {}],
  "POST /api/3.0/mlflow/gateway/endpoints/models/attach": [{ endpoint_id: 0, model_config: 0 }, { mapping: 0 }],
  "POST /api/3.0/mlflow/gateway/endpoints/models/detach": [{ endpoint_id: 0, model_definition_id: 0 }, {}],
  "POST /api/3.0/mlflow/gateway/endpoints/bindings/create": [
    { endpoint_id: 0, resource_type: 0, resource_id: 0 },
    { binding: 0 },
  ],
  "DELETE /api/3.0/mlflow/gateway/endpoints/bindings/delete": [
    { endpoint_id: 0, resource_type: 0, resource_id: 0 },
    {},
  ],
  "GET /api/3.0/mlflow/gateway/endpoints/bindings/list": [{}, {}],
  "POST /api/3.0/mlflow/gateway/endpoints/set-tag": [{ endpoint_id: 0, key: 0, value: 0 }, {}],
  "DELETE /api/3.0/mlflow/gateway/endpoints/delete-tag": [{ endpoint_id: 0, key: 0 }, {}],
  "POST /api/3.0/mlflow/gateway/budgets/create": [
    { budget_unit: 0, budget_amount: 0, duration: 0, target_scope: 0, budget_action: 0 },
    { budget_policy: 0 },
  ],
  "GET /api/3.0/mlflow/gateway/budgets/get": [{ budget_policy_id: 0 }, { budget_policy: 0 }],
  "POST /api/3.0/mlflow/gateway/budgets/update": [{ budget_policy_id: 0 }, { budget_policy: 0 }],
  "DELETE /api/3.0/mlflow/gateway/budgets/delete": [{ budget_policy_id: 0 }, {}],
  "GET /api/3.0/mlflow/gateway/budgets/list": [{}, {}],
  "GET /api/3.0/mlflow/gateway/budgets/windows": [{}, {}],
  "POST /api/3.0/mlflow/gateway/guardrails/create": [
    { name: 0, scorer_id: 0, scorer_version: 0, stage: 0, action: 0 },
    { guardrail: 0 },
  ],
  "GET /api/3.0/mlflow/gateway/guardrails/get": [{ guardrail_id: 0 }, { guardrail: 0 }],
  "DELETE /api/3.0/mlflow/gateway/guardrails/delete": [{ guardrail_id: 0 }, {}],
  "GET /api/3.0/mlflow/gateway/guardrails/list": [{}, {}],
  "POST /api/3.0/mlflow/gateway/guardrails/add-to-endpoint": [{ endpoint_id: 0, guardrail_id: 0 }, { config: 0 }],
  "DELETE /api/3.0/mlflow/gateway/guardrails/remove-from-endpoint": [{ endpoint_id: 0, guardrail_id: 0 }, {}],
  "GET /api/3.0/mlflow/gateway/guardrails/list-for-endpoint": [{ endpoint_id: 0 }, {}],
  "PATCH /api/3.0/mlflow/gateway/guardrails/update-config": [
    { endpoint_id: 0, guardrail_id: 0, execution_order: 0 },
    { config: 0 },
  ],
  "POST mlflow/users/create": [{ username: 0, password: 0 }, { user: 0 }],
  "GET mlflow/users/get": [{ username: 0 }, { user: 0 }],
  "GET mlflow/users/list": [{}, { users: 0 }],
  "GET mlflow/users/current": [{}, { user: 0, is_basic_auth: 0 }],
  "PATCH mlflow/users/update-password": [{ username: 0, password: 0 }, {}],
  "PATCH mlflow/users/update-admin": [{ username: 0, is_admin: 0 }, {}],
  "DELETE mlflow/users/delete": [{ username: 0 }, {}],
  "POST /api/3.0/mlflow/users/permissions/grant": [
    { username: 0, resource_type: 0, resource_id: 0, permission: 0 },
    {},
  ],
  "POST /api/3.0/mlflow/users/permissions/revoke": [{ username: 0, resource_type: 0, resource_id: 0 }, {}],
  "GET /api/3.0/mlflow/users/permissions/get": [
    { username: 0, resource_type: 0, resource_id: 0 },
    { allowed: 0, permission: 0 },
  ],
  "GET /api/3.0/mlflow/users/permissions/list": [{ username: 0 }, { is_admin: 0, permissions: 0 }],
  "GET /api/3.0/mlflow/users/current/permissions": [{}, { is_admin: 0, permissions: 0 }],
  "POST /api/3.0/mlflow/roles/create": [{ name: 0, workspace: 0 }, { role: 0 }],
  "GET /api/3.0/mlflow/roles/get": [{ role_id: 0 }, { role: 0 }],
  "GET /api/3.0/mlflow/roles/list": [{}, { roles: 0 }],
  "PATCH /api/3.0/mlflow/roles/update": [{ role_id: 0 }, { role: 0 }],
  "DELETE /api/3.0/mlflow/roles/delete": [{ role_id: 0 }, {}],
  "POST /api/3.0/mlflow/roles/permissions/add": [
    { role_id: 0, resource_type: 0, resource_pattern: 0, permission: 0 },
    { role_permission: 0 },
  ],
  "GET /api/3.0/mlflow/roles/permissions/list": [{ role_id: 0 }, { role_permissions: 0 }],
  "PATCH /api/3.0/mlflow/roles/permissions/update": [{ role_permission_id: 0, permission: 0 }, { role_permission: 0 }],
  "DELETE /api/3.0/mlflow/roles/permissions/remove": [{ role_permission_id: 0 }, {}],
  "POST /api/3.0/mlflow/roles/assign": [{ username: 0, role_id: 0 }, { assignment: 0 }],
  "DELETE /api/3.0/mlflow/roles/unassign": [{ username: 0, role_id: 0 }, {}],
  "GET /api/3.0/mlflow/users/roles/list": [{ username: 0 }, { roles: 0 }],
  "GET /api/3.0/mlflow/roles/users/list": [{ role_id: 0 }, { assignments: 0 }],
  "GET /api/3.0/mlflow/server-info": [{}, { workspaces_enabled: 0 }],
};

declare const client: MlflowClient;

describe("the table of routes", () => {
  it("has no loose parameters and no vague answers", () => {
    expectTypeOf<Loose>().toBeNever();
    expectTypeOf<Vague>().toBeNever();
    expectTypeOf<Unfilled>().toBeNever();
  });

  it("says of every route what it takes and answers", () => {
    expect(Object.keys(contracts).sort()).toEqual([...routes].sort());
    for (const route of routes) {
      const named = [...route.matchAll(/\{\+?(\w+)\}/g)].map(([, name]) => name);
      expect(Object.keys(contracts[route][0]), route).toEqual(expect.arrayContaining(named));
    }
  });

  it("repeats what reads, and never what creates", () => {
    for (const route of routes) {
      expect(route).toMatch(/^(GET|POST|PUT|PATCH|DELETE) (\/api\/3\.0\/)?mlflow(-artifacts)?\/[\w\-/{+}]+$/);
      if (route.startsWith("GET ") || /\/(search|get-latest-versions)$/.test(route)) {
        expect(repeatable.has(route), route).toBe(true);
      }
      if (/\/create$/.test(route)) expect(repeatable.has(route), route).toBe(false);
    }
    expect(repeatable.has("POST mlflow/unknown")).toBe(false);
  });

  it("R16 metrics may not be sent twice", () => {
    expect(repeatable.has("POST mlflow/runs/log-metric")).toBe(false);
    expect(repeatable.has("POST mlflow/runs/log-batch")).toBe(false);
  });

  it("types whole numbers, special cases and the call itself", () => {
    expectTypeOf<Parameters<"POST mlflow/runs/log-metric">["step"]>().toEqualTypeOf<Int64 | undefined>();
    expectTypeOf<Parameters<"POST mlflow/runs/log-metric">["value"]>().toEqualTypeOf<number>();
    expectTypeOf<Parameters<"GET mlflow/users/current">>().toEqualTypeOf<Nothing>();
    expectTypeOf<BareRoute>().toEqualTypeOf<
      | "POST mlflow/experiments/search"
      | "GET mlflow/experiments/search"
      | "GET mlflow-artifacts/artifacts"
      | "GET mlflow/registered-models/search"
      | "GET mlflow/model-versions/search"
      | "GET mlflow/webhooks"
      | "GET /api/3.0/mlflow/scorers/list"
      | "GET /api/3.0/mlflow/gateway/secrets/list"
      | "GET /api/3.0/mlflow/gateway/model-definitions/list"
      | "GET /api/3.0/mlflow/gateway/endpoints/get"
      | "GET /api/3.0/mlflow/gateway/endpoints/list"
      | "GET /api/3.0/mlflow/gateway/endpoints/bindings/list"
      | "GET /api/3.0/mlflow/gateway/budgets/list"
      | "GET /api/3.0/mlflow/gateway/budgets/windows"
      | "GET /api/3.0/mlflow/gateway/guardrails/list"
      | "GET mlflow/users/list"
      | "GET mlflow/users/current"
      | "GET /api/3.0/mlflow/users/current/permissions"
      | "GET /api/3.0/mlflow/roles/list"
      | "GET /api/3.0/mlflow/server-info"
    >();
    /** Checked by the compiler, never run. */
    const calls = () => {
      expectTypeOf(client.request("POST mlflow/runs/create", { experiment_id: "0" })).resolves.toEqualTypeOf<
        Answer<"POST mlflow/runs/create">
      >();
      expectTypeOf(client.request("GET mlflow/users/current")).resolves.toHaveProperty("is_basic_auth");
      expectTypeOf(client.request("POST mlflow/plugin/anything", { x: 1 })).resolves.toBeUnknown();
      expectTypeOf(client.request("POST mlflow/plugin/anything" as string, { x: 1 })).resolves.toBeUnknown();
      // @ts-expect-error a parameter is missing
      client.request("POST mlflow/runs/create", {});
      // @ts-expect-error a parameter is missing
      client.request("POST mlflow/runs/create");
      // @ts-expect-error there is no such parameter
      client.request("POST mlflow/runs/create", { experiment_id: "0", experiment: "0" });
      // @ts-expect-error an id is a string
      client.request("POST mlflow/runs/create", { experiment_id: 0 });
      // @ts-expect-error there are no parameters
      client.request("GET mlflow/users/current", { username: "me" });
      // @ts-expect-error there is no such status
      client.request("POST mlflow/runs/update", { run_id: "r", status: "DONE" });
    };
    expect(calls).toBeTypeOf("function");
  });
});

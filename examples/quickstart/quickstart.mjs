/**
 * The main job, in one file: find the credentials, say which, log a run, read it back, and be refused politely.
 *
 * Without MLFLOW_TRACKING_URI it starts an embedded MLflow behind a password; with it, it uses that server and the
 * credentials of the environment.
 */
import { strict as assert } from "node:assert";
import { basic } from "@mlflow-kit/auth-basic";
import { databricks } from "@mlflow-kit/auth-databricks";
import { mtls } from "@mlflow-kit/auth-mtls";
import { sigv4 } from "@mlflow-kit/auth-sigv4";
import { token } from "@mlflow-kit/auth-token";
import { anonymous, chain, combine, createClient, MlflowError } from "@mlflow-kit/core";
import { createMockServer } from "@mlflow-kit/mock";

const password = "correct horse battery staple";
const server = process.env.MLFLOW_TRACKING_URI
  ? undefined
  : await createMockServer({ auth: { basic: { alice: password } } });
const surroundings = server
  ? {
      env: {
        MLFLOW_TRACKING_URI: server.url.href,
        MLFLOW_TRACKING_USERNAME: "alice",
        MLFLOW_TRACKING_PASSWORD: password,
      },
    }
  : {};

const client = createClient({
  auth: combine(mtls(), chain(databricks(), sigv4(), token(), basic(), anonymous())),
  ...surroundings,
});

try {
  const report = await client.explain();
  console.log(`server      ${report.baseUrl ?? report.trackingUri}${server ? " (embedded)" : ""}`);
  for (const { name, outcome, source, reason } of report.providers) {
    console.log(`${outcome.padEnd(11)} ${name}: ${outcome === "selected" ? source : reason}`);
  }

  const { experiment_id } = await client.request("POST mlflow/experiments/create", {
    name: `quickstart ${new Date().toISOString()}`,
  });
  const { run } = await client.request("POST mlflow/runs/create", { experiment_id, start_time: Date.now() });
  const { run_id } = run.info;
  await client.request("POST mlflow/runs/log-batch", {
    run_id,
    params: [{ key: "learning_rate", value: "0.01" }],
    metrics: [0.9, 0.5, 0.3].map((value, step) => ({ key: "loss", value, step, timestamp: Date.now() })),
    tags: [{ key: "team", value: "quickstart" }],
  });
  await client.request("POST mlflow/runs/update", { run_id, status: "FINISHED", end_time: Date.now() });

  const read = (await client.request("GET mlflow/runs/get", { run_id })).run;
  const history = await client.request("GET mlflow/metrics/get-history", { run_id, metric_key: "loss" });
  const losses = history.metrics?.map(({ value }) => value);
  const parameter = read.data.params?.find(({ key }) => key === "learning_rate")?.value;
  const tag = read.data.tags?.find(({ key }) => key === "team")?.value;
  assert.deepEqual({ losses, parameter, tag }, { losses: [0.9, 0.5, 0.3], parameter: "0.01", tag: "quickstart" });
  console.log(`experiment  ${experiment_id}`);
  console.log(`run         ${run_id}: ${read.info.status}`);
  console.log(`read back   learning_rate=${parameter}, loss=${losses?.join(" ")}, team=${tag}`);

  const stranger = createClient({
    ...surroundings,
    trackingUri: report.trackingUri, // without the userinfo that it may have been set with
    auth: basic({ username: "mallory", password: "a guess, no more" }),
  });
  try {
    await stranger.validate();
    console.log("refused     nobody: this server asks for no password");
  } catch (error) {
    if (!MlflowError.is(error)) throw error;
    console.log(`refused     ${error.message}`);
    console.log(`hint        ${error.hint}`);
  } finally {
    await stranger.close();
  }
} catch (error) {
  if (!MlflowError.is(error)) throw error;
  console.error(`${error.code}: ${error.message}${error.hint ? `\nhint: ${error.hint}` : ""}`);
  process.exitCode = 1;
} finally {
  await client.close();
  await server?.close();
}

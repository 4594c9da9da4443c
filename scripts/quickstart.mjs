/**
 * The main job in one command: builds what it needs, starts the embedded MLflow behind basic authentication, finds the
 * credentials, and records a run. With MLFLOW_TRACKING_URI set it does the same against that server, with the
 * credentials of the environment. Needs Node and npm, nothing else.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { pnpm, root, say } from "./run.mjs";

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  say(`Node ${process.versions.node} is too old: 20.19 is needed`);
  process.exit(1);
}

const names = ["core", "auth-basic", "auth-token", "mock"];
const filters = names.map((name) => `--filter=@mlflow-kit/${name}`);

async function prepare(label, ...args) {
  say(`${label} …`);
  if ((await pnpm(label, args, { quiet: true })) !== 0) process.exit(1);
}

// Installing what is installed would cost a third of the ten seconds.
const stamp = join(root, "node_modules", ".mlflow-kit-quickstart");
const wanted = createHash("sha256")
  .update(readFileSync(join(root, "pnpm-lock.yaml")))
  .digest("hex");
if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
  const options = ["--frozen-lockfile", "--prefer-offline", "--include-workspace-root"];
  await prepare("Installing", "install", ...options, ...filters);
  writeFileSync(stamp, wanted);
}
await prepare("Building", "exec", "turbo", "run", "build", "--output-logs=errors-only", ...filters);

const load = (name) => import(pathToFileURL(`${root}/packages/${name}/dist/index.js`).href);
const [{ anonymous, chain, createClient, MlflowError }, { basic }, { token }, { createMockServer }] = await Promise.all(
  names.map(load),
);

try {
  const { env } = process;
  await (env.MLFLOW_TRACKING_URI ? work(env) : workEmbedded());
} catch (error) {
  if (!MlflowError.is(error)) throw error;
  say(`\n${error.message}`);
  if (error.hint) say(`Hint: ${error.hint}`);
  process.exitCode = 1;
}

async function workEmbedded() {
  const [username, password] = ["ada", "correct horse battery"];
  const server = await createMockServer({ auth: { basic: { [username]: password } } });
  say(`\nThe embedded MLflow listens on ${server.url.href}, for ${username} only.`);
  try {
    await work({
      MLFLOW_TRACKING_URI: server.url.href,
      MLFLOW_TRACKING_USERNAME: username,
      MLFLOW_TRACKING_PASSWORD: password,
    });
  } finally {
    await server.close();
  }
}

async function work(env) {
  const client = createClient({ env, auth: chain(token(), basic(), anonymous()) });
  try {
    const report = await client.explain();
    showChoice(report);
    await record(client);
    await showRefusal(report.trackingUri, env);
  } finally {
    await client.close();
  }
}

/** Which provider answers, and why each other one does not. */
function showChoice(report) {
  say(`\nWho am I at ${report.trackingUri}?`);
  const how = { selected: "→", skipped: " ", shadowed: " ", broken: "!" };
  for (const { name, outcome, source, reason } of report.providers) {
    const why = outcome === "selected" ? `from ${source}` : (reason ?? `not needed; it would use ${source}`);
    say(` ${how[outcome] ?? " "} ${name}: ${outcome}, ${why}`);
  }
}

/** Records a run, and reads it back. */
async function record(client) {
  const experiment_id = await findOrCreate(client, "mlflow-kit quickstart");
  const started = Date.now();
  const { run } = await client.request("POST mlflow/runs/create", {
    experiment_id,
    run_name: "quickstart",
    start_time: started,
  });
  const { run_id } = run.info;
  const losses = [0.9, 0.5, 0.3, Number.NaN, 0.2];
  await client.request("POST mlflow/runs/log-batch", {
    run_id,
    params: [
      { key: "layers", value: "3" },
      { key: "optimizer", value: "adam" },
    ],
    metrics: losses.map((value, step) => ({ key: "loss", value, step, timestamp: started + step })),
    tags: [{ key: "made-by", value: "mlflow-kit" }],
  });
  await client.request("POST mlflow/runs/update", { run_id, status: "FINISHED", end_time: Date.now() });

  const read = (await client.request("GET mlflow/runs/get", { run_id })).run;
  const { metrics } = await client.request("GET mlflow/metrics/get-history", { run_id, metric_key: "loss" });
  const pairs = (list = []) => list.map(({ key, value }) => `${key}=${value}`).join(", ");
  say(`\nRun ${run_id} of experiment ${experiment_id}, read back:`);
  say(`   status      ${read.info.status}`);
  say(`   parameters  ${pairs(read.data.params)}`);
  say(`   tags        ${pairs(read.data.tags)}`);
  say(`   metrics     loss=${metrics.map(({ value }) => value).join(", ")}`);
  if (metrics.length !== losses.length) throw new Error("the metrics did not come back complete");
}

async function findOrCreate(client, name) {
  try {
    return (await client.request("POST mlflow/experiments/create", { name })).experiment_id;
  } catch (error) {
    if (error.errorCode !== "RESOURCE_ALREADY_EXISTS") throw error;
    const found = await client.request("GET mlflow/experiments/get-by-name", { experiment_name: name });
    return found.experiment.experiment_id;
  }
}

/** What a wrong password looks like. */
async function showRefusal(trackingUri, env) {
  const username = env.MLFLOW_TRACKING_USERNAME || "nobody";
  const client = createClient({ trackingUri, env, auth: basic({ username, password: "a wrong password" }) });
  say("\nThe same with a wrong password:");
  try {
    await client.validate();
    say("   the server does not ask for one");
  } catch (error) {
    if (!MlflowError.is(error)) throw error;
    say(`   ${error.message}`);
    say(`   Hint: ${error.hint}`);
  } finally {
    await client.close();
  }
}

/** A username and a password: MLFLOW_TRACKING_URI, MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD are set. */
import { basic } from "@mlflow-kit/auth-basic";
import { createClient } from "@mlflow-kit/core";

await using client = createClient({ auth: basic() });
const { experiment_id } = await client.request("POST mlflow/experiments/create", { name: "from-basic" });
const { run } = await client.request("POST mlflow/runs/create", { experiment_id, start_time: Date.now() });
await client.request("POST mlflow/runs/log-metric", {
  run_id: run.info.run_id,
  key: "loss",
  value: 0.25,
  timestamp: Date.now(),
});

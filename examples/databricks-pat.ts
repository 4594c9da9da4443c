/** A personal access token: DATABRICKS_HOST and DATABRICKS_TOKEN are set. */
import { databricks } from "@mlflow-kit/auth-databricks";
import { createClient } from "@mlflow-kit/core";

await using client = createClient({ trackingUri: "databricks", auth: databricks() });
await client.request("POST mlflow/runs/log-metric", {
  run_id: "run-1",
  key: "accuracy",
  value: 0.9,
  timestamp: Date.now(),
});

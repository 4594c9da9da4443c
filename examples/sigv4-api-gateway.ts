/** MLflow behind API Gateway with IAM authorization: MLFLOW_TRACKING_URI and MLFLOW_TRACKING_AWS_SIGV4=true are set. */
import { sigv4 } from "@mlflow-kit/auth-sigv4";
import { createClient, fileBody } from "@mlflow-kit/core";

await using client = createClient({ auth: sigv4() });
const { run } = await client.request("POST mlflow/runs/create", { experiment_id: "0", start_time: Date.now() });
await client.request(
  "PUT mlflow-artifacts/artifacts/{+artifact_path}",
  { artifact_path: `0/${run.info.run_id}/artifacts/package.json` },
  { body: await fileBody(new URL("package.json", import.meta.url)) },
);

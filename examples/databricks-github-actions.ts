/**
 * Without a secret, in a GitHub Actions job that has `permissions: id-token: write`. DATABRICKS_HOST is set, and
 * DATABRICKS_CLIENT_ID names a service principal whose federation policy trusts the repository.
 */
import { databricks } from "@mlflow-kit/auth-databricks";
import { createClient } from "@mlflow-kit/core";

await using client = createClient({ trackingUri: "databricks", auth: databricks({ authType: "github-oidc" }) });
await client.request("POST mlflow/runs/set-tag", {
  run_id: "run-1",
  key: "commit",
  value: process.env.GITHUB_SHA ?? "unknown",
});

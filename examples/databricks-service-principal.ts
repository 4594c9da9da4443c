/** A service principal: DATABRICKS_HOST, DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET are set. */
import { databricks } from "@mlflow-kit/auth-databricks";
import { createClient } from "@mlflow-kit/core";

await using client = createClient({
  trackingUri: "databricks",
  registryUri: "databricks-uc",
  auth: databricks({ authType: "oauth-m2m" }),
});
await client.request("POST mlflow/registered-models/create", { name: "main.models.churn" });

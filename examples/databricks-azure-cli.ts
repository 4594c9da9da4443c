/** As the person who is logged in by `az login`: DATABRICKS_HOST is set to a workspace on Azure. */
import { databricks } from "@mlflow-kit/auth-databricks";
import { createClient } from "@mlflow-kit/core";

await using client = createClient({ trackingUri: "databricks", auth: databricks({ authType: "azure-cli" }) });
await client.validate();

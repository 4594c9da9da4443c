/** A profile of ~/.databrickscfg: the same that the Databricks CLI uses. */
import { databricks } from "@mlflow-kit/auth-databricks";
import { createClient } from "@mlflow-kit/core";

await using client = createClient({ trackingUri: "databricks://staging", auth: databricks() });
const { providers } = await client.explain();
for (const { name, source } of providers) console.log(`${name}: ${source}`);
await client.request("POST mlflow/runs/create", { experiment_id: "1", start_time: Date.now() });

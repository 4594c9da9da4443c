/**
 * A client certificate: MLFLOW_TRACKING_URI, MLFLOW_TRACKING_CLIENT_CERT_PATH, MLFLOW_TRACKING_CLIENT_KEY_PATH and, for
 * an authority of one's own, MLFLOW_TRACKING_CA_BUNDLE_PATH are set.
 */
import { mtls } from "@mlflow-kit/auth-mtls";
import { createClient } from "@mlflow-kit/core";

await using client = createClient({ auth: mtls() });
const { experiments = [] } = await client.request("GET mlflow/experiments/search", { max_results: 10 });
for (const { name } of experiments) console.log(name);

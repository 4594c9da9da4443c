/**
 * A client certificate for the gateway, a username and a password for MLflow behind it: besides the variables of mtls.ts,
 * MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD are set.
 */
import { basic } from "@mlflow-kit/auth-basic";
import { mtls } from "@mlflow-kit/auth-mtls";
import { combine, createClient } from "@mlflow-kit/core";

await using client = createClient({ auth: combine(mtls(), basic()) });
const { experiment_id } = await client.request("POST mlflow/experiments/create", { name: "behind-a-gateway" });
console.log(experiment_id);

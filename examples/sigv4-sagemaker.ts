/** A SageMaker tracking server: MLFLOW_TRACKING_URI is its ARN. Credentials come from wherever the AWS CLI has them. */
import { presignedUiUrl, sigv4 } from "@mlflow-kit/auth-sigv4";
import { createClient } from "@mlflow-kit/core";

await using client = createClient({ auth: sigv4() });
const { experiments } = await client.request("GET mlflow/experiments/search", { max_results: 10 });
console.log(experiments?.map((experiment) => experiment.name).join(", "));

const link = await presignedUiUrl(process.env.MLFLOW_TRACKING_URI ?? "", { expiresInSeconds: 60 });
console.log(`open ${link.origin} within a minute`);

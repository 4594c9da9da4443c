/** A tracking server in another account: its role is assumed with our own credentials, and renewed before it ends. */
import { sigv4 } from "@mlflow-kit/auth-sigv4";
import { createClient } from "@mlflow-kit/core";

const role = sigv4({ roleArn: "arn:aws:iam::210987654321:role/mlflow-writer", externalId: "team-7" });
await using client = createClient({ auth: role });
await client.request("POST mlflow/runs/set-tag", { run_id: "run-1", key: "account", value: "210987654321" });

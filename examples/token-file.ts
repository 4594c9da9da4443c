/** A token that somebody else renews in a file, as Kubernetes and Vault agents do. TOKEN_FILE names it. */
import { token } from "@mlflow-kit/auth-token";
import { createClient } from "@mlflow-kit/core";

await using client = createClient({ auth: token({ file: process.env.TOKEN_FILE ?? "/run/secrets/mlflow-token" }) });
await client.request("POST mlflow/experiments/create", { name: "from-token-file" });

/** Cloudflare Access in front of MLflow: its two headers, and MLflow's own password. */
import { basic } from "@mlflow-kit/auth-basic";
import { combine, createClient, gatewayHeaders } from "@mlflow-kit/core";

const access = gatewayHeaders({
  "cf-access-client-id": process.env.CF_ACCESS_CLIENT_ID ?? "",
  "cf-access-client-secret": process.env.CF_ACCESS_CLIENT_SECRET ?? "",
});

await using client = createClient({ auth: combine(access, basic()) });
await client.request("POST mlflow/experiments/create", { name: "from-behind-cloudflare" });

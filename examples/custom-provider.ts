/** A provider of one's own. Refresh, retries, origin checks and redaction come with the core. */
import { type AuthProvider, createClient } from "@mlflow-kit/core";

const gateway: AuthProvider = {
  name: "gateway",
  resolve: ({ env, skip }) =>
    env.GATEWAY_KEY
      ? { source: "GATEWAY_KEY", authorize: (request) => void (request.headers["x-api-key"] = env.GATEWAY_KEY!) }
      : skip("GATEWAY_KEY is not set"),
};

await using client = createClient({ auth: gateway });
await client.request("POST mlflow/experiments/create", { name: "from-a-custom-provider" });

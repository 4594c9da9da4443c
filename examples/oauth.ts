/** OAuth 2 client credentials: the token is fetched at the first call, and renewed before it ends. */
import { token } from "@mlflow-kit/auth-token";
import { createClient } from "@mlflow-kit/core";

const {
  OAUTH_ISSUER: issuer = "",
  OAUTH_CLIENT_ID: clientId = "",
  OAUTH_CLIENT_SECRET: clientSecret = "",
} = process.env;

await using client = createClient({ auth: token({ issuer, clientId, clientSecret }) });
await client.request("POST mlflow/experiments/create", { name: "from-oauth" });

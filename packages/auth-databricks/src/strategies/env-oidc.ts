import { envString } from "@mlflow-kit/core";
import { checkIdToken, federated } from "../oauth/federation.ts";
import type { Strategy } from "./strategy.ts";

/** A JWT in a variable. */
export const envOidc: Strategy = {
  name: "env-oidc",
  configure(setup) {
    const { settings, context, skip } = setup;
    if (settings.host === undefined) return skip("host is not set");
    const name = settings.oidcTokenEnv ?? "DATABRICKS_OIDC_TOKEN";
    const token = envString(context.env, name);
    if (token === undefined) return skip(`${name} is not set`);
    const jwt = checkIdToken(token.trim(), name);
    return federated(setup, () => jwt);
  },
};

import { type AuthContext, envString } from "@mlflow-kit/core";
import { readCredentialFile, readOptionalFile } from "@mlflow-kit/core/provider";
import { canonicalHost } from "../config/host.ts";
import { fault, owner } from "../errors.ts";
import { credentialOf, type Token, tokenValue } from "../oauth/token.ts";
import type { Strategy } from "./strategy.ts";

const flags = ["IS_IN_DB_MODEL_SERVING_ENV", "IS_IN_DATABRICKS_MODEL_SERVING_ENV"];
const hosts = ["DATABRICKS_MODEL_SERVING_HOST_URL", "DB_MODEL_SERVING_HOST_URL"];
const rereadMs = 300_000;

/** Inside Databricks model serving, which keeps a token of at least half an hour in a file. */
export function modelServing(path = "/var/credentials-secret/model-dependencies-oauth-token"): Strategy {
  const about = { owner, setting: "the token file of model serving" };
  return {
    name: "model-serving",
    async configure({ settings, context, skip }) {
      if (!flags.some((name) => context.env[name]?.toLowerCase() === "true")) return skip("not in model serving");
      if ((await readOptionalFile(path, about)) === undefined) return skip(`there is no ${path}`);
      const told = hosts.map((name) => envString(context.env, name)).find((value) => value !== undefined);
      const host = settings.host ?? (told && canonicalHost(told)?.host);
      if (!host) return skip(`${hosts[0]} is not set`);
      return { host, load: (fresh) => read(fresh) };
    },
  };

  async function read(context: AuthContext) {
    const value = await readToken().catch(async () => {
      // The file is replaced while the server runs; half of it is not JSON.
      await new Promise((resolve) => setTimeout(resolve, 500));
      return readToken();
    });
    const token: Token = { value, scheme: "Bearer", expiresAt: new Date(context.now() + rereadMs) };
    return credentialOf(context, token);
  }

  async function readToken(): Promise<string> {
    const text = await readCredentialFile(path, about);
    try {
      return tokenValue(JSON.parse(text).OAUTH_TOKEN[0].oauthTokenValue, "oauthTokenValue");
    } catch {
      throw fault("ERR_AUTH_FILE", `${path} is no token file of model serving`);
    }
  }
}

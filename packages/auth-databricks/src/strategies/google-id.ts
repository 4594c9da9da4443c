import type { AuthContext } from "@mlflow-kit/core";
import { fault } from "../errors.ts";
import { accessScopes, googleCredential } from "../google/credential.ts";
import { fetchJson, type Json } from "../oauth/http.ts";
import { tokenValue } from "../oauth/token.ts";
import type { GoogleAccess } from "../options.ts";
import type { Strategy } from "./strategy.ts";

const service = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/";
const what = "Google's IAM service";

/** Who is logged in to Google Cloud (application default credentials), impersonating a service account. */
export const googleId: Strategy = {
  name: "google-id",
  configure({ settings, environment, googleAuth, skip }) {
    const { host, googleServiceAccount: account } = settings;
    if (account === undefined) return skip("google_service_account is not set");
    if (host === undefined) return skip("host is not set");
    if (environment.cloud !== "gcp") return skip("the host is not on Google Cloud");
    return {
      async load(context) {
        const authorization = `Bearer ${await sourceToken(googleAuth ?? (await defaultCredentials()))}`;
        const ask = (method: string, body: Json) => callIam(context, account, method, authorization, body);
        return googleCredential(
          context,
          async () => (await ask("generateIdToken", { audience: host, includeEmail: true })).token,
          async () => {
            const answer = await ask("generateAccessToken", { scope: accessScopes });
            const value = tokenValue(answer.accessToken, `accessToken of ${what}`);
            const expiresAt = new Date(String(answer.expireTime));
            return { value, scheme: "Bearer", ...(!Number.isNaN(expiresAt.getTime()) && { expiresAt }) };
          },
        );
      },
    };
  },
};

function callIam(
  context: AuthContext,
  account: string,
  method: string,
  authorization: string,
  body: Json,
): Promise<Json> {
  const url = new URL(`${service}${encodeURIComponent(account)}:${method}`);
  return fetchJson(context, { method: "POST", url, what, headers: { authorization }, json: body });
}

async function sourceToken(access: GoogleAccess): Promise<string> {
  const token = await Promise.resolve(access.getAccessToken()).catch(() => undefined);
  if (token) return tokenValue(token, "access token of google-auth-library");
  throw fault("ERR_AUTH_LOAD", "google-auth-library gave no access token", {
    hint: "Run gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS.",
  });
}

/** The library is an optional peer: what application default credentials are, on each kind of machine, is its to know. */
async function defaultCredentials(): Promise<GoogleAccess> {
  const library = await import("google-auth-library").catch(() => undefined);
  if (library !== undefined) return new library.GoogleAuth({ scopes: [...accessScopes] });
  throw fault("ERR_AUTH_UNAVAILABLE", "google-auth-library is not installed", {
    hint: "npm install google-auth-library, or pass the option googleAuth.",
  });
}

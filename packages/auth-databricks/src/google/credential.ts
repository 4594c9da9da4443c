import type { AuthContext, Credential } from "@mlflow-kit/core";
import { jwtExpiry } from "@mlflow-kit/core/provider";
import { reasonOf } from "../errors.ts";
import { credentialOf, type Token, tokenValue } from "../oauth/token.ts";

/** What lets Databricks act on the caller's Google Cloud project. */
export const accessScopes = [
  "https://www.googleapis.com/auth/cloud-platform",
  "https://www.googleapis.com/auth/compute",
];

/** A Google identity token for the host, and beside it an access token, if one can be had. */
export async function googleCredential(
  context: AuthContext,
  fetchIdToken: () => Promise<unknown>,
  fetchAccessToken: () => Promise<Token>,
): Promise<Credential> {
  const value = tokenValue(await fetchIdToken(), "identity token from Google");
  const expiresAt = jwtExpiry(value);
  const access = await fetchAccessToken().catch((error) => {
    if (context.signal?.aborted) throw error;
    context.log.warn(`databricks: going on without Google's access token: ${reasonOf(error)}`);
    return undefined;
  });
  return credentialOf(
    context,
    { value, scheme: "Bearer", ...(expiresAt && { expiresAt }) },
    { headers: { "x-databricks-gcp-sa-access-token": access?.value }, expiresWith: [access] },
  );
}

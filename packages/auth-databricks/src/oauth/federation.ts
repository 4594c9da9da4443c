import type { AuthContext, Awaitable } from "@mlflow-kit/core";
import { fault } from "../errors.ts";
import type { Candidate, Setup } from "../strategies/strategy.ts";
import type { OAuthEndpoints } from "./endpoints.ts";
import { fetchJson } from "./http.ts";
import { hostType } from "./metadata.ts";
import { scopeOf } from "./scope.ts";
import { credentialOf, readToken } from "./token.ts";

const what = "the token endpoint";

/**
 * Workload identity federation: exchanges a JWT of somebody else for a Databricks token (RFC 8693). The JWT is asked
 * for anew each time, since it lives shorter than the token.
 */
export function federated(
  { settings, endpoints }: Setup,
  idToken: (context: AuthContext, audience: string) => Awaitable<string>,
): Candidate {
  return {
    async load(context) {
      const found = await endpoints(context);
      const jwt = await idToken(context, audience(found));
      const asked = context.now();
      const answer = await fetchJson(context, {
        method: "POST",
        url: found.token,
        what,
        form: {
          grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
          subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
          subject_token: jwt,
          scope: scopeOf(settings),
          ...(settings.clientId && { client_id: settings.clientId }),
        },
      });
      return credentialOf(context, readToken(answer, what, asked));
    },
  };
}

function audience({ settings, token }: OAuthEndpoints): string {
  if (settings.tokenAudience !== undefined) return settings.tokenAudience;
  return (hostType(settings) !== "workspace" && settings.accountId) || token.href;
}

/** @throws AuthError `ERR_AUTH_LOAD` for what is no token. */
export function checkIdToken(value: unknown, source: string): string {
  if (typeof value === "string" && /^[\x21-\x7e]+$/.test(value)) return value;
  throw fault("ERR_AUTH_LOAD", `${source} holds no token`);
}

import { type Auth, type AuthContext, AuthError } from "@mlflow-kit/core";
import { basicAuthorization, formEncode, requestToken } from "@mlflow-kit/core/provider";
import { bearer } from "./bearer.ts";
import { discoverTokenEndpoint } from "./discovery.ts";

/** OAuth 2 client credentials (RFC 6749 §4.4). Give `issuer` or `tokenUrl`. */
export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Whose metadata (OpenID Connect Discovery, RFC 8414) names the token endpoint. */
  readonly issuer?: string | URL;
  readonly tokenUrl?: string | URL;
  /** Separated by spaces. */
  readonly scope?: string;
  /** As Auth0 and others want it. */
  readonly audience?: string;
  /** RFC 8707. */
  readonly resource?: string;
  /** How id and secret travel: in a Basic header, as the RFC prefers, or in the form. Default `"basic"`. */
  readonly clientAuthentication?: "basic" | "post";
}

/** The names of the options. */
export const clientCredentialsOptions = [
  "clientId",
  "clientSecret",
  "issuer",
  "tokenUrl",
  "scope",
  "audience",
  "resource",
  "clientAuthentication",
] as const satisfies readonly (keyof ClientCredentials)[];

/**
 * @throws AuthError `ERR_AUTH_INCOMPLETE`, `ERR_AUTH_CONFLICT` or `ERR_OPTION` for options that do not fit together.
 */
export function clientCredentials(options: ClientCredentials): Auth {
  for (const name of ["clientId", "clientSecret"] as const) {
    if (options[name] === undefined) throw incomplete(name);
  }
  if (options.issuer === undefined && options.tokenUrl === undefined) throw incomplete("issuer (or tokenUrl)");
  if (options.issuer !== undefined && options.tokenUrl !== undefined) {
    throw new AuthError("ERR_AUTH_CONFLICT", "token: issuer and tokenUrl are both given", {
      hint: "Give one of them.",
    });
  }
  for (const name of clientCredentialsOptions) checkText(name, options[name]);
  const method = options.clientAuthentication ?? "basic";
  if (method !== "basic" && method !== "post") {
    throw new AuthError("ERR_OPTION", "token: the option clientAuthentication is neither basic nor post");
  }

  const { clientId, clientSecret, scope, audience, resource } = options;
  const form = {
    grant_type: "client_credentials",
    ...(scope && { scope }),
    ...(audience && { audience }),
    ...(resource && { resource }),
    ...(method === "post" && { client_id: clientId, client_secret: clientSecret }),
  };
  const headers: Record<string, string> =
    method === "basic" ? { authorization: basicHeader(clientId, clientSecret) } : {};
  const issuer = options.issuer === undefined ? undefined : endpointUrl("issuer", options.issuer);
  let url = options.tokenUrl === undefined ? undefined : endpointUrl("tokenUrl", options.tokenUrl);
  return {
    source: `OAuth client credentials from ${issuer?.href ?? `${url?.origin}${url?.pathname}`}`,
    async load(context: AuthContext) {
      url ??= await discoverTokenEndpoint(issuer as URL, context);
      return bearer(await requestToken(context, { owner: "token", url, form, headers }));
    },
  };
}

function basicHeader(id: string, secret: string): string {
  return basicAuthorization(formEncode(id), formEncode(secret), {
    owner: "token",
    usernameSetting: "the option clientId",
    passwordSetting: "the option clientSecret",
  });
}

function checkText(name: string, value: unknown): void {
  if (value === undefined || value instanceof URL) return;
  if (typeof value === "string" && value !== "" && !/\p{Surrogate}/u.test(value)) return;
  throw new AuthError("ERR_AUTH_INVALID", `token: the option ${name} is not a non-empty string`);
}

function endpointUrl(name: string, value: string | URL): URL {
  const url = URL.canParse(String(value)) ? new URL(value) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "" && url.hash === "")
    return url;
  throw new AuthError("ERR_OPTION", `token: the option ${name} is not the https URL of an authorization server`, {
    hint: "It begins with https:// and holds neither username, password nor fragment.",
  });
}

function incomplete(missing: string): AuthError {
  return new AuthError("ERR_AUTH_INCOMPLETE", `token: the option ${missing} is missing`, {
    hint: "Client credentials need clientId, clientSecret, and issuer or tokenUrl.",
  });
}

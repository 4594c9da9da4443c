import { type AuthContext, AuthError } from "@mlflow-kit/core";
import { parseJsonObject } from "@mlflow-kit/core/provider";

/**
 * Finds the token endpoint in the issuer's metadata: OpenID Connect Discovery first, then RFC 8414, which puts its
 * path elsewhere.
 *
 * @throws AuthError `ERR_AUTH_LOAD` when there is no metadata, or it is another issuer's.
 */
export async function discoverTokenEndpoint(issuer: URL, context: AuthContext): Promise<URL> {
  const path = issuer.pathname.replace(/\/$/, "");
  const places = [
    new URL(`${path}/.well-known/openid-configuration`, issuer),
    new URL(`/.well-known/oauth-authorization-server${path}`, issuer),
  ];
  let status = 0;
  for (const url of places) {
    const response = await context.send({
      method: "GET",
      url,
      headers: { accept: "application/json" },
      ...(context.signal && { signal: context.signal }),
    });
    const text = await response.body.text(1024 * 1024);
    status = response.status;
    if (status === 200) return readMetadata(text, issuer, url);
    if (status !== 404) break;
  }
  throw new AuthError("ERR_AUTH_LOAD", `token: the issuer ${issuer.href} shows no metadata (HTTP ${status})`, {
    hint: "Check the issuer, or give the tokenUrl instead.",
  });
}

function readMetadata(text: string, issuer: URL, place: URL): URL {
  const failed = (what: string, hint: string) =>
    new AuthError("ERR_AUTH_LOAD", `token: ${place.href} ${what}`, { hint });
  const metadata = parseJsonObject(text);
  if (metadata === undefined) throw failed("is no JSON object", "Is it the issuer, or a login page?");
  const named = metadata.issuer;
  if (typeof named !== "string" || !URL.canParse(named) || new URL(named).href !== issuer.href) {
    throw failed("names another issuer", "Give the issuer exactly as its metadata spells it.");
  }
  const endpoint = metadata.token_endpoint;
  const url = typeof endpoint === "string" && URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "") {
    if (issuer.protocol === "https:" && url.protocol !== "https:")
      throw failed("names a token endpoint without TLS", "Give the tokenUrl instead.");
    return url;
  }
  throw failed("names no usable token_endpoint", "Give the tokenUrl instead.");
}

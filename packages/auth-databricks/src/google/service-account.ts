import type { AuthContext } from "@mlflow-kit/core";
import { fault } from "../errors.ts";
import { fetchJson, type Json } from "../oauth/http.ts";

const what = "Google's token endpoint";

/** The parts of a service account's key that matter. */
export interface ServiceAccountKey {
  readonly client_email: string;
  readonly private_key: string;
  readonly private_key_id?: string;
  readonly token_uri: string;
}

/** @throws AuthError `ERR_AUTH_INVALID`, without the content, for what is no key of a service account. */
export function parseServiceAccountKey(text: string): ServiceAccountKey {
  let key: Partial<Record<keyof ServiceAccountKey, unknown>> = {};
  try {
    key = JSON.parse(text) ?? {};
  } catch {}
  const { client_email: email, private_key: pem, private_key_id: id } = key;
  const address = key.token_uri ?? "https://oauth2.googleapis.com/token";
  if (typeof email !== "string" || typeof pem !== "string" || typeof address !== "string" || !URL.canParse(address)) {
    throw fault("ERR_AUTH_INVALID", "google_credentials is no service account key", {
      hint: "Give the JSON that Google Cloud creates for a service account, or its path.",
    });
  }
  return {
    client_email: email,
    private_key: pem,
    token_uri: address,
    ...(typeof id === "string" && { private_key_id: id }),
  };
}

/** Signs an assertion with the key and exchanges it (RFC 7523): for an identity or an access token, as the claims say. */
export async function exchangeAssertion(context: AuthContext, key: ServiceAccountKey, claims: Json): Promise<Json> {
  const issuedAt = Math.floor(context.now() / 1000);
  const assertion = sign(key, {
    iss: key.client_email,
    sub: key.client_email,
    aud: key.token_uri,
    iat: issuedAt,
    exp: issuedAt + 3600,
    ...claims,
  });
  return fetchJson(context, {
    method: "POST",
    url: new URL(key.token_uri),
    what,
    form: { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion },
  });
}

function sign(key: ServiceAccountKey, claims: Json): string {
  const header = { alg: "RS256", typ: "JWT", ...(key.private_key_id && { kid: key.private_key_id }) };
  const content = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  try {
    const signature = process.getBuiltinModule("node:crypto").sign("RSA-SHA256", Buffer.from(content), key.private_key);
    return `${content}.${signature.toString("base64url")}`;
  } catch {
    throw fault("ERR_AUTH_INVALID", "the private_key in google_credentials cannot sign");
  }
}

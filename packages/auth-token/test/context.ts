import type { Auth, AuthContext, Credential, HttpRequest } from "@mlflow-kit/core";
import { testContext as coreTestContext } from "@mlflow-kit/core/testing";
import { plainSend } from "@mlflow-kit/testing";

/** A context with a network. */
export function testContext(fields: Partial<AuthContext> = {}) {
  return coreTestContext({ send: plainSend, ...fields });
}

/** The headers that one of a provider's answers writes. */
export async function headersOf(
  credential: Pick<Credential, "authorize">,
  headers: Record<string, string> = {},
): Promise<Record<string, string>> {
  const request: HttpRequest = { method: "GET", url: new URL("https://mlflow.example.com/"), headers };
  await credential.authorize(request);
  return headers;
}

/** Loads when there is something to load. */
export async function credentialOf(auth: Auth | undefined, context: AuthContext): Promise<Credential> {
  return auth?.load ? await auth.load(context) : (auth as Credential);
}

/** A JSON Web Token whose signature is nonsense. */
export function jwt(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "RS256" })}.${part(claims)}.${Buffer.from("signature").toString("base64url")}`;
}

import { request as httpRequest } from "node:http";
import { buffer } from "node:stream/consumers";
import type { Auth, AuthContext, Credential, HttpRequest, Send } from "@mlflow-kit/core";
import { testContext as coreTestContext } from "@mlflow-kit/core/testing";

/** A wire of node:http: one attempt, no redirect. */
const send: Send = ({ method, url, headers, body, signal }) =>
  new Promise((resolve, reject) => {
    const outgoing = httpRequest(url, { method, headers, ...(signal && { signal }), agent: false }, (incoming) => {
      const bytes = () => buffer(incoming);
      resolve({
        status: incoming.statusCode!,
        headers: incoming.headers as Record<string, string | string[]>,
        body: {
          bytes,
          text: async () => (await bytes()).toString(),
          cancel: () => void incoming.destroy(),
          [Symbol.asyncIterator]: () => incoming[Symbol.asyncIterator](),
        },
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body as string | undefined);
  });

/** A context with that wire. */
export function testContext(fields: Partial<AuthContext> = {}) {
  return coreTestContext({ send, ...fields });
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

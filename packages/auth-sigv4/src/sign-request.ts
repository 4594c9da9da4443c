import type { HttpRequest } from "@mlflow-kit/core";
import { canonicalizeUrl } from "./canonical-url.ts";
import { payloadHash } from "./payload.ts";
import type { Signer } from "./signer.ts";

/** Signs a request as it will be sent: rewrites its URL into canonical form and writes the headers. */
export async function signRequest(request: HttpRequest, signer: Signer, service: string, date: Date): Promise<void> {
  const { method, url, headers, body } = request;
  const query = canonicalizeUrl(url);
  const hashed = payloadHash(body, service, url);
  const payload = typeof hashed === "string" ? hashed : await hashed;
  Object.assign(headers, await signer({ method, host: url.host, path: url.pathname, query, headers, payload }, date));
}

import { createHash, hash } from "node:crypto";
import { AuthError, type Awaitable, type BodySource, type HttpBody } from "@mlflow-kit/core";

const emptyHash = hash("sha256", "");
const sliceLength = 64 * 1024;
/** Milliseconds of hashing after which the event loop has its turn. */
const turn = 0.5;

/**
 * What the signature says about the body: its SHA-256, or `UNSIGNED-PAYLOAD` for a one-shot stream to S3 over https.
 * Long strings and bytes are hashed in slices, so that other work goes on.
 *
 * @throws AuthError `ERR_BODY` for a one-shot stream to a service that wants every body signed.
 */
export function payloadHash(body: HttpBody | undefined, service: string, url: URL): Awaitable<string> {
  if (body === undefined) return emptyHash;
  if (typeof body === "string" || body instanceof Uint8Array) {
    return body.length <= sliceLength ? hash("sha256", body) : hashSlices(body);
  }
  if (isSource(body)) return body.sha256();
  if (service === "s3" && url.protocol === "https:") return "UNSIGNED-PAYLOAD";
  throw new AuthError("ERR_BODY", `sigv4: a stream cannot be signed for ${service}, because it can be read only once`, {
    hint: "Pass fileBody(path) for a file, or the bytes themselves.",
  });
}

async function hashSlices(body: string | Uint8Array): Promise<string> {
  const sha256 = createHash("sha256");
  let began = performance.now();
  for (let start = 0; start < body.length; ) {
    const end = sliceEnd(body, start);
    sha256.update(typeof body === "string" ? body.slice(start, end) : body.subarray(start, end));
    start = end;
    if (performance.now() - began > turn) {
      await new Promise(setImmediate);
      began = performance.now();
    }
  }
  return sha256.digest("hex");
}

/** Never between the two halves of a surrogate pair. */
function sliceEnd(body: string | Uint8Array, start: number): number {
  const end = Math.min(start + sliceLength, body.length);
  if (typeof body !== "string" || end === body.length) return end;
  const last = body.charCodeAt(end - 1);
  return last >= 0xd800 && last <= 0xdbff ? end - 1 : end;
}

function isSource(body: object): body is BodySource {
  return "sha256" in body && typeof body.sha256 === "function";
}

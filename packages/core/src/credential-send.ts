import { isLoopback } from "./address.ts";
import { backoff, retryAfter, sleep } from "./backoff.ts";
import { bufferedBody } from "./buffered-body.ts";
import { AuthError, ConnectionError, TimeoutError } from "./errors.ts";
import type { Redactor } from "./redact.ts";
import type { HttpRequest, HttpResponse, Send } from "./types.ts";

const totalLimit = 30_000;
const sizeLimit = 1024 * 1024;
const retried = new Set([429, 502, 503, 504]);
const pace = { maxRetries: 4, backoffFactor: 1, jitter: 0.2, respectRetryAfter: true };
/** Instance metadata of Azure, AWS and Google: link-local, and served over http only. */
const metadataHosts = new Set([
  "169.254.169.254",
  "169.254.170.2",
  "169.254.170.23",
  "[fd00:ec2::254]",
  "metadata.google.internal",
]);
const secretField = /token|secret|password|assertion/;

/**
 * What providers get as `context.send`: for token endpoints. No redirect is followed, plain http only to loopback and
 * instance metadata, at most 1 MiB and 30 s; 429, 502, 503, 504 and failed connections are tried again. What is secret
 * in a request or an answer is learnt by the redactor.
 *
 * @throws AuthError `ERR_AUTH_LOAD` for an http address, TimeoutError, ConnectionError.
 */
export function credentialSend(send: Send, redactor: Redactor, now: () => number): Send {
  return async (request) => {
    const { url } = request;
    const plainAllowed = isLoopback(url) || metadataHosts.has(url.hostname);
    if (url.protocol !== "https:" && !(url.protocol === "http:" && plainAllowed)) {
      throw new AuthError("ERR_AUTH_LOAD", `the token endpoint ${url.origin} is not https`, {
        hint: "Secrets are sent to token endpoints over https only; plain http is for loopback.",
      });
    }
    learnRequest(request, redactor);
    const controller = new AbortController();
    const aborted = () => controller.abort(request.signal?.reason);
    if (request.signal?.aborted) aborted();
    request.signal?.addEventListener("abort", aborted, { once: true });
    const timer = setTimeout(() => {
      const silent = `the token endpoint ${url.origin} gave no answer within ${totalLimit / 1000} s`;
      controller.abort(new TimeoutError("ERR_TIMEOUT", silent, { sent: true }));
    }, totalLimit);
    try {
      const response = await attempts({ ...request, signal: controller.signal });
      const bytes = await response.body.bytes(sizeLimit);
      learnAnswer(bytes, redactor);
      return { ...response, body: bufferedBody(bytes) };
    } finally {
      clearTimeout(timer);
      request.signal?.removeEventListener("abort", aborted);
    }
  };

  async function attempts(request: HttpRequest): Promise<HttpResponse> {
    for (let n = 1; ; n += 1) {
      const last = n > pace.maxRetries;
      let wait = backoff(n, pace);
      try {
        const response = await send({ ...request, headers: { ...request.headers } });
        if (last || !retried.has(response.status)) return response;
        wait = retryAfter(response.headers, now()) ?? wait;
        response.body.cancel();
      } catch (error) {
        if (last || !(error instanceof ConnectionError && error.retryable) || request.signal?.aborted) throw error;
      }
      await sleep(wait, request.signal);
    }
  }
}

function learnRequest(request: HttpRequest, redactor: Redactor): void {
  for (const [name, value] of Object.entries(request.headers)) redactor.addHeader(name, value);
  if (typeof request.body !== "string") return;
  for (const [name, value] of new URLSearchParams(request.body)) if (secretField.test(name)) redactor.add(value);
}

function learnAnswer(bytes: Uint8Array, redactor: Redactor): void {
  const text = Buffer.from(bytes).toString("utf8");
  for (const [, name, value] of text.matchAll(/"([A-Za-z_]+)"\s*:\s*"([^"\\]{8,})"/g)) {
    if (secretField.test(name?.toLowerCase() ?? "") && !/_type$|_endpoint/i.test(name ?? "")) redactor.add(value ?? "");
  }
}

import { backoff, retryAfter, sleep } from "./backoff.ts";
import { isReplayable } from "./body.ts";
import { peekText } from "./buffered-body.ts";
import { mayRetryStatus } from "./diagnose/index.ts";
import { ConnectionError } from "./errors.ts";
import type { Settings } from "./settings.ts";
import { refusalLimit } from "./target.ts";
import type { HttpRequest, HttpResponse, Logger, Send } from "./types.ts";

/**
 * Sends until there is an answer that another attempt would not better. What creates something is repeated only when
 * the server cannot have acted: the connection was never made, or it said that it was too busy to begin.
 *
 * @returns the last answer, whatever its status. @throws ConnectionError, with the last server error as its cause.
 */
export async function withRetries(
  send: Send,
  request: HttpRequest,
  repeatable: boolean,
  settings: Settings["retry"],
  now: () => number,
  log: Logger,
): Promise<HttpResponse> {
  const retries = isReplayable(request.body) ? settings.maxRetries : 0;
  let lastAnswer: string | undefined;
  for (let n = 1; ; n += 1) {
    let wait = backoff(n, settings);
    let reason: string;
    try {
      const first = await send(request);
      if (first.status < 400 || n > retries) return first;
      const { text, response } = await peekText(first, refusalLimit);
      const { status, headers } = response;
      const announced = settings.respectRetryAfter ? retryAfter(headers, now()) : undefined;
      const untouched = status === 429 || (status === 503 && headers["retry-after"] !== undefined);
      if (!mayRetryStatus(status, headers, text) || !(repeatable || untouched)) return response;
      response.body.cancel();
      wait = announced ?? wait;
      reason = `HTTP ${status}`;
      lastAnswer = `${reason}: ${text}`;
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      const again = error.retryable && (repeatable || !error.sent) && n <= retries && !request.signal?.aborted;
      if (!again && lastAnswer !== undefined && error.cause === undefined) {
        Object.defineProperty(error, "cause", {
          value: new Error(`the answer before: ${lastAnswer}`),
          configurable: true,
        });
      }
      if (!again) throw error;
      reason = error.message;
    }
    log.debug(
      `${request.method} ${request.url.origin}${request.url.pathname}: ${reason}; retry ${n} in ${Math.round(wait)} ms`,
    );
    await sleep(wait, request.signal);
  }
}

import type { Settings } from "./settings.ts";
import type { HttpResponse } from "./types.ts";

const longestWait = 120_000;

/** Milliseconds before retry `n` (from 1): U(0, min(120 s, factor·2^(n−1))) + U(0, jitter). */
export function backoff(n: number, retry: Settings["retry"], random: () => number = Math.random): number {
  const ceiling = Math.min(longestWait, retry.backoffFactor * 1000 * 2 ** (n - 1));
  return random() * ceiling + random() * retry.jitter * 1000;
}

/**
 * `Retry-After` in milliseconds (RFC 9110 §10.2.3: seconds or a date, the latter counted from the server's own `Date`),
 * at most 120 s; undefined when absent or no such value.
 */
export function retryAfter(headers: HttpResponse["headers"], now: number): number | undefined {
  const value = single(headers["retry-after"]);
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Math.min(longestWait, Number(value) * 1000);
  if (!/\d{4}/.test(value)) return undefined;
  const at = Date.parse(value);
  const from = Date.parse(single(headers.date) ?? "");
  const wait = at - (Number.isNaN(from) ? now : from);
  return Number.isNaN(wait) ? undefined : Math.min(longestWait, Math.max(0, wait));
}

function single(value: string | string[] | undefined): string | undefined {
  return (Array.isArray(value) ? value[0] : value)?.trim();
}

/** Waits, holding the process; rejects with the signal's reason as soon as it aborts. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", aborted, { once: true });
    function done() {
      signal?.removeEventListener("abort", aborted);
      resolve();
    }
    function aborted() {
      clearTimeout(timer);
      reject(signal?.reason);
    }
  });
}

/** `promise`, unless the signal aborts first; the promise itself goes on. */
export function orAborted<T>(promise: PromiseLike<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return Promise.resolve(promise);
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    const aborted = () => reject(signal.reason);
    signal.addEventListener("abort", aborted, { once: true });
    promise.then(resolve, reject).then(() => signal.removeEventListener("abort", aborted));
  });
}

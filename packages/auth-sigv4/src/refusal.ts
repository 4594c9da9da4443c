import type { HttpRequest, Refusal } from "@mlflow-kit/core";

const skewed =
  /RequestTimeTooSkewed|RequestExpired|RequestInTheFuture|Signature expired|Signature not yet current|Date in the future/i;
const stale =
  /ExpiredToken|TokenRefreshRequired|InvalidClientTokenId|UnrecognizedClient|token included in the request is (?:expired|invalid)/i;
/** Milliseconds. Less cannot be why AWS refused: it allows five minutes. */
const notable = 30_000;

/** The difference between the server's clock and ours, learnt from refusals. */
export interface ClockSkew {
  /** Milliseconds to add to our time. */
  readonly offset: number;
  /** Whether the refusal was about time, and signing `request` again would give it another one. */
  learn(refusal: Refusal, request: HttpRequest, now: number): boolean;
}

/** A clock that starts without offset. `Date` is corrected by `Age`, so that a stored answer does not teach the past. */
export function clockSkew(): ClockSkew {
  let offset = 0;
  return {
    get offset() {
      return offset;
    },
    learn(refusal, request, now) {
      if (!skewed.test(evidence(refusal))) return false;
      const date = Date.parse(header(refusal, "date"));
      const age = Number(header(refusal, "age"));
      if (!Number.isFinite(date) || !(age >= 0)) return false;
      const learnt = date + age * 1000 - now;
      if (Math.abs(learnt - offset) >= notable) offset = learnt;
      return Math.abs(signedAt(request) - (now + offset)) >= notable;
    },
  };
}

function signedAt({ headers }: HttpRequest): number {
  return Date.parse((headers["x-amz-date"] ?? "").replace(/^(....)(..)(..T..)(..)/, "$1-$2-$3:$4:"));
}

/** Whether AWS no longer knows the credentials, so that fresh ones may help. */
export function saysStale(refusal: Refusal): boolean {
  return stale.test(evidence(refusal));
}

function evidence(refusal: Refusal): string {
  return `${header(refusal, "x-amzn-errortype")} ${refusal.text}`;
}

function header(refusal: Refusal, name: string): string {
  const value = refusal.headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? "";
}

import { type Environment, envBoolean, envNumber, envString } from "./environment.ts";
import { AuthError } from "./errors.ts";
import { checkOptions } from "./provider/options.ts";

export interface RetryOptions {
  /** Attempts after the first. Default `MLFLOW_HTTP_REQUEST_MAX_RETRIES`, else 7. */
  readonly maxRetries?: number;
  /** Seconds: wait n is drawn from 0 to factor·2^(n−1), at most 120. Default `MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR`, else 2. */
  readonly backoffFactor?: number;
  /** Seconds, added to each wait, drawn from 0. Default `MLFLOW_HTTP_REQUEST_BACKOFF_JITTER`, else 1. */
  readonly jitter?: number;
  /** Default `MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER`, else true. */
  readonly respectRetryAfter?: boolean;
}

export interface Settings {
  readonly timeoutMs: number;
  readonly deadlineMs: number;
  readonly workspace: string | undefined;
  readonly retry: Required<RetryOptions>;
}

const knownRetry: readonly (keyof RetryOptions)[] = ["maxRetries", "backoffFactor", "jitter", "respectRetryAfter"];

/**
 * What the options leave open is read from the environment; names and defaults are MLflow's. Durations there are seconds.
 *
 * @throws AuthError `ERR_OPTION` for an unknown or impossible option, `ERR_ENV` for such a variable.
 */
export function readSettings(
  options: { timeoutMs?: number; deadlineMs?: number; retry?: RetryOptions | false; workspace?: string },
  env: Environment,
): Settings {
  const retry: RetryOptions = options.retry === false ? { maxRetries: 0 } : (options.retry ?? {});
  checkOptions(retry, knownRetry, "createClient, retry");
  const seconds = envNumber(env, "MLFLOW_HTTP_REQUEST_TIMEOUT");
  const settings = {
    timeoutMs: options.timeoutMs ?? (seconds ?? 120) * 1000,
    deadlineMs: options.deadlineMs ?? 300_000,
    workspace: options.workspace ?? envString(env, "MLFLOW_WORKSPACE"),
    retry: {
      maxRetries: retry.maxRetries ?? envNumber(env, "MLFLOW_HTTP_REQUEST_MAX_RETRIES") ?? 7,
      backoffFactor: retry.backoffFactor ?? envNumber(env, "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR") ?? 2,
      jitter: retry.jitter ?? envNumber(env, "MLFLOW_HTTP_REQUEST_BACKOFF_JITTER") ?? 1,
      respectRetryAfter: retry.respectRetryAfter ?? envBoolean(env, "MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER") ?? true,
    },
  };
  for (const [name, value] of [
    ["timeoutMs", settings.timeoutMs],
    ["deadlineMs", settings.deadlineMs],
    ["retry.maxRetries", settings.retry.maxRetries],
    ["retry.backoffFactor", settings.retry.backoffFactor],
    ["retry.jitter", settings.retry.jitter],
  ] as const) {
    checkNumber(name, value);
  }
  return settings;
}

/** @throws AuthError `ERR_OPTION` for what a timer of Node cannot wait for: beyond 2^31 − 1 ms it fires at once. */
export function checkNumber(name: string, value: unknown): void {
  if (typeof value === "number" && value >= 0 && value < 2 ** 31) return;
  throw new AuthError("ERR_OPTION", `${name} is not a number from 0 to 2147483647`);
}

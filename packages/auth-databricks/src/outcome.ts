import { MlflowError } from "@mlflow-kit/core";
import { describeConfig } from "./config/describe.ts";
import type { Config } from "./config/draft.ts";
import { fault, reasonOf } from "./errors.ts";

const help = "https://docs.databricks.com/en/dev-tools/auth.html#databricks-client-unified-authentication";

/** Why a strategy is not used: it is not configured, or with `error` it failed. */
export interface Outcome {
  readonly name: string;
  readonly reason: string;
  readonly error?: unknown;
}

/** `auth_type` names no strategy. */
export function unknownAuthType(config: Config, names: readonly string[]) {
  const authType = config.settings.authType;
  return fault(
    "ERR_AUTH_INVALID",
    `default auth: auth type ${JSON.stringify(authType)} not found, please check ${help} for a list of supported auth types.${describeConfig(config)}`,
    {
      hint:
        authType === "external-browser"
          ? "Log in with databricks auth login, and set DATABRICKS_AUTH_TYPE=databricks-cli."
          : `It is one of ${names.join(", ")}.`,
    },
  );
}

/** One strategy failed, and it is the only one that counts. */
export function failed(config: Config, name: string, error: unknown) {
  const { code, hint } = error as { code?: string; hint?: string };
  return fault(
    MlflowError.is(error) && code?.startsWith("ERR_AUTH_") ? error.code : "ERR_AUTH_LOAD",
    `${name} auth: ${reasonOf(error)}.${describeConfig(config)}`,
    { hint, ...(MlflowError.is(error) && { cause: error }) },
  );
}

/**
 * None gave a credential.
 *
 * @param settled the strategy that was asked for, or has worked before: then it alone counts.
 */
export function nothingWorked(config: Config, outcomes: readonly Outcome[], settled: string | undefined) {
  const [first, ...others] = outcomes.filter((one) => isFailure(one) && one.name === (settled ?? one.name));
  if (first !== undefined && others.length === 0) {
    if (isConnectionError(first.error)) return first.error;
    if (settled !== undefined) return failed(config, first.name, first.error);
  }
  return defaultAuthError(config, outcomes);
}

/** No strategy is configured, or not the one that was asked for. */
export function notConfigured(config: Config, outcomes: readonly Outcome[]) {
  const { authType } = config.settings;
  if (authType === undefined) return defaultAuthError(config, outcomes);
  return fault("ERR_AUTH_INCOMPLETE", `${authType} auth: not configured.${describeConfig(config)}`, {
    hint: `${authType}: ${outcomes[0]?.reason}.`,
  });
}

/** Tells what failed; if nothing was even tried, why each strategy is not configured. */
function defaultAuthError(config: Config, outcomes: readonly Outcome[]) {
  const failures = outcomes.filter(isFailure);
  const lines = (some: readonly Outcome[]) => some.map(({ name, reason }) => `${name}: ${reason}`);
  const sentence = `default auth: cannot configure default credentials, please check ${help} to configure credentials for your preferred authentication method.${describeConfig(config)}`;
  const told = lines(failures.length > 0 ? failures : outcomes);
  return fault("ERR_AUTH_UNAVAILABLE", [sentence, ...told].join("\n  "), {
    hint:
      (failures[0]?.error as { hint?: string } | undefined)?.hint ??
      "Set DATABRICKS_HOST and DATABRICKS_TOKEN, or DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET, or run databricks auth login.",
    remedies: lines(outcomes.filter((one) => !isFailure(one))),
  });
}

function isFailure({ error }: Outcome): boolean {
  return error !== undefined;
}

/** Nothing came back: neither credentials nor settings are to blame, and the caller may go by the error's class. */
function isConnectionError(error: unknown): error is MlflowError {
  return MlflowError.is(error) && (error.name === "ConnectionError" || error.name === "TimeoutError");
}

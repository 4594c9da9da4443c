import type { Auth, AuthContext, Credential } from "@mlflow-kit/core";
import { MlflowError } from "@mlflow-kit/core";
import { workspaceHost } from "./azure/workspace-host.ts";
import { attributes } from "./config/attributes.ts";
import { describeConfig } from "./config/describe.ts";
import { type Config, isSet } from "./config/draft.ts";
import { cloudEnvironment } from "./config/environment.ts";
import { fault, reasonOf } from "./errors.ts";
import { discovery } from "./oauth/endpoints.ts";
import type { HostSettings } from "./oauth/metadata.ts";
import type { GoogleAccess } from "./options.ts";
import type { Candidate, Setup, Strategy } from "./strategies/strategy.ts";
import { withWorkspaceId } from "./workspace-id.ts";

const help = "https://docs.databricks.com/en/dev-tools/auth.html#databricks-client-unified-authentication";

interface Named {
  readonly name: string;
  readonly candidate: Candidate;
}

/** What became of each strategy that is not used. */
interface Outcome {
  readonly name: string;
  readonly reason: string;
  readonly error?: unknown;
}

/**
 * Settles which strategies are configured, in their order. The first that knows its headers at once is the answer; else
 * they are tried when the first token is needed, and the one that gives it stays.
 *
 * @throws AuthError when none is configured.
 */
export async function unifiedAuth(
  config: Config,
  among: readonly Strategy[],
  googleAuth: GoogleAccess | undefined,
  context: AuthContext,
): Promise<Auth> {
  const chosen = chooseStrategies(config, among);
  const first = await configure(config, chosen, googleAuth, context);
  if (config.settings.host !== undefined || config.settings.azureWorkspaceResourceId === undefined) {
    return authOf(config, first);
  }
  const { name, host } = await findHost(config, first, context);
  const settings = { ...config.settings, host };
  const sources = new Map(config.sources).set("host", "DATABRICKS_AZURE_RESOURCE_ID");
  const found = { settings, sources };
  const only = chosen.filter((strategy) => strategy.name === name);
  return authOf(found, await configure(found, only, googleAuth, context));
}

interface Configured {
  readonly setup: Setup;
  readonly candidates: readonly Named[];
  readonly outcomes: readonly Outcome[];
  /** The settings, completed by host metadata once that was fetched. */
  settings(): HostSettings;
}

function chooseStrategies(config: Config, among: readonly Strategy[]): readonly Strategy[] {
  const { authType } = config.settings;
  if (authType === undefined) return among;
  const strategy = among.find(({ name }) => name === authType);
  if (strategy !== undefined) return [strategy];
  throw fault(
    "ERR_AUTH_INVALID",
    `default auth: auth type ${JSON.stringify(authType)} not found, please check ${help} for a list of supported auth types.${describeConfig(config)}`,
    {
      hint:
        authType === "external-browser"
          ? "Log in with databricks auth login, and set DATABRICKS_AUTH_TYPE=databricks-cli."
          : `It is one of ${among.map(({ name }) => name).join(", ")}.`,
    },
  );
}

async function configure(
  config: Config,
  chosen: readonly Strategy[],
  googleAuth: GoogleAccess | undefined,
  context: AuthContext,
): Promise<Configured> {
  const { settings, sources } = config;
  const candidates: Named[] = [];
  const outcomes: Outcome[] = [];
  let completed: HostSettings = settings;
  const discover = discovery(settings);
  const setup: Omit<Setup, "skip"> = {
    settings,
    environment: cloudEnvironment(settings),
    context,
    googleAuth,
    where: (key) => sources.get(key) ?? key,
    async endpoints(fresh) {
      const found = await discover(fresh);
      completed = found.settings;
      return found;
    },
  };
  const all = { setup: { ...setup, skip: () => undefined }, candidates, outcomes, settings: () => completed };
  for (const { name, configure } of chosen) {
    const skip = (reason: string) => void outcomes.push({ name, reason });
    try {
      const candidate = await configure({ ...setup, skip: skip as Setup["skip"] });
      if (candidate === undefined) continue;
      candidates.push({ name, candidate });
      if (candidate.authorize) return all;
    } catch (error) {
      if (chosen.length === 1 || (error as { code?: string }).code === "ERR_AUTH_INVALID") {
        throw failed(config, name, error);
      }
      outcomes.push({ name, reason: reasonOf(error), error });
    }
  }
  if (candidates.length === 0) throw notConfigured(config, outcomes);
  return all;
}

/** A workspace of Azure that only its resource id names: whoever may ask Azure for its host authenticates there, too. */
async function findHost(config: Config, { setup, candidates, outcomes }: Configured, context: AuthContext) {
  const failures: Outcome[] = [];
  for (const { name, candidate } of candidates) {
    if (candidate.azureToken === undefined) continue;
    try {
      return { name, host: await workspaceHost(context, setup, candidate) };
    } catch (error) {
      if (context.signal?.aborted) throw error;
      failures.push({ name, reason: `resolve host: ${reasonOf(error)}`, error });
    }
  }
  throw nothingWorked(config, failures, outcomes, config.settings.authType);
}

function authOf(config: Config, { candidates, outcomes, settings }: Configured): Auth {
  const host = config.settings.host ?? candidates[0]!.candidate.host;
  const names = candidates.map(({ name }) => name).join(", ");
  const { authorize } = candidates.length === 1 ? candidates[0]!.candidate : {};
  return {
    source: sourceOf(config),
    details: { auth_type: names, host: host!, ...(config.settings.profile && { profile: config.settings.profile }) },
    baseUrl: new URL(host!),
    ...withWorkspaceId(authorize ? { authorize } : { load: loader(config, candidates, outcomes) }, settings),
  };
}

function loader(config: Config, candidates: readonly Named[], outcomes: readonly Outcome[]) {
  const forced = config.settings.authType;
  let chosen: Named | undefined;
  return async (context: AuthContext): Promise<Credential> => {
    const failures: Outcome[] = [];
    for (const one of chosen ? [chosen] : candidates) {
      try {
        const credential = await one.candidate.load!(context);
        if (chosen === undefined) context.log.debug(`databricks: using ${one.name}`);
        chosen = one;
        return config.settings.disableAsyncTokenRefresh
          ? { ...credential, refreshAt: credential.expiresAt }
          : credential;
      } catch (error) {
        if (context.signal?.aborted) throw error;
        failures.push({ name: one.name, reason: reasonOf(error), error });
      }
    }
    throw nothingWorked(config, failures, outcomes, forced ?? chosen?.name);
  };
}

/** The settings that say how to authenticate, else the host. */
function sourceOf({ settings, sources }: Config): string {
  const keys = attributes.filter(({ key, group }) => group && isSet(settings, key)).map(({ key }) => key);
  const found = (keys.length > 0 ? keys : ["host" as const]).map((key) => sources.get(key)).filter(Boolean);
  return [...new Set(found)].join(", ") || "the environment";
}

function failed(config: Config, name: string, error: unknown) {
  const { code, hint } = error as { code?: string; hint?: string };
  return fault(
    MlflowError.is(error) && code?.startsWith("ERR_AUTH_") ? error.code : "ERR_AUTH_LOAD",
    `${name} auth: ${reasonOf(error)}.${describeConfig(config)}`,
    { hint, ...(MlflowError.is(error) && { cause: error }) },
  );
}

/** @param settled the strategy that was asked for, or has worked before: then it alone counts. */
function nothingWorked(
  config: Config,
  failures: readonly Outcome[],
  outcomes: readonly Outcome[],
  settled: string | undefined,
) {
  const [first, ...others] = [...failures, ...(settled === undefined ? outcomes.filter(isFailure) : [])];
  if (others.length === 0 && first !== undefined) {
    if (isConnectionError(first.error)) return first.error;
    if (settled !== undefined) return failed(config, first.name, first.error);
  }
  return defaultAuthError(config, [...failures, ...outcomes.filter(isFailure)], outcomes);
}

function isFailure({ error }: Outcome): boolean {
  return error !== undefined;
}

/** Nothing came back: neither credentials nor settings are to blame, and the caller may go by the error's class. */
function isConnectionError(error: unknown): error is MlflowError {
  return MlflowError.is(error) && (error.name === "ConnectionError" || error.name === "TimeoutError");
}

function notConfigured(config: Config, outcomes: readonly Outcome[]) {
  const { authType } = config.settings;
  if (authType === undefined)
    return defaultAuthError(
      config,
      outcomes.filter(({ error }) => error),
      outcomes,
    );
  return fault("ERR_AUTH_INCOMPLETE", `${authType} auth: not configured.${describeConfig(config)}`, {
    hint: `${authType}: ${outcomes[0]?.reason}.`,
  });
}

/** Tells what failed; if nothing was even tried, why each strategy is not configured. */
function defaultAuthError(config: Config, failures: readonly Outcome[], outcomes: readonly Outcome[]) {
  const reasons = (some: readonly Outcome[]) => some.map(({ name, reason }) => `${name}: ${reason}`);
  const told = reasons(failures.length > 0 ? failures : outcomes);
  const sentence = `default auth: cannot configure default credentials, please check ${help} to configure credentials for your preferred authentication method.${describeConfig(config)}`;
  return fault("ERR_AUTH_UNAVAILABLE", [sentence, ...told].join("\n  "), {
    hint:
      (failures[0]?.error as { hint?: string } | undefined)?.hint ??
      "Set DATABRICKS_HOST and DATABRICKS_TOKEN, or DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET, or run databricks auth login.",
    remedies: reasons(outcomes.filter(({ error }) => error === undefined)),
  });
}

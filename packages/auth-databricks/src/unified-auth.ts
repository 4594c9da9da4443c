import type { Auth, AuthContext, Credential } from "@mlflow-kit/core";
import { workspaceHost } from "./azure/workspace-host.ts";
import { attributes } from "./config/attributes.ts";
import { type Config, isSet } from "./config/draft.ts";
import { cloudEnvironment } from "./config/environment.ts";
import { reasonOf } from "./errors.ts";
import { discovery } from "./oauth/endpoints.ts";
import type { HostSettings } from "./oauth/metadata.ts";
import type { GoogleAccess } from "./options.ts";
import { failed, notConfigured, nothingWorked, type Outcome, unknownAuthType } from "./outcome.ts";
import type { Candidate, Setup, Strategy } from "./strategies/strategy.ts";
import { withWorkspaceId } from "./workspace-id.ts";

interface Named {
  readonly name: string;
  readonly candidate: Candidate;
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
  readonly setup: Omit<Setup, "skip">;
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
  throw unknownAuthType(
    config,
    among.map(({ name }) => name),
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
  for (const strategy of chosen) {
    const { name } = strategy;
    const skip = (reason: string) => {
      outcomes.push({ name, reason });
      return undefined;
    };
    try {
      const candidate = await strategy.configure({ ...setup, skip });
      if (candidate === undefined) continue;
      candidates.push({ name, candidate });
      if (candidate.authorize) break;
    } catch (error) {
      // What cannot be a credential is a mistake, and no reason to act as somebody else.
      const mistaken = (error as { code?: string }).code === "ERR_AUTH_INVALID";
      if (mistaken || chosen.length === 1) throw failed(config, name, error);
      outcomes.push({ name, reason: reasonOf(error), error });
    }
  }
  if (candidates.length === 0) throw notConfigured(config, outcomes);
  return { setup, candidates, outcomes, settings: () => completed };
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
  throw nothingWorked(config, [...failures, ...outcomes], config.settings.authType);
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
    throw nothingWorked(config, [...failures, ...outcomes], config.settings.authType ?? chosen?.name);
  };
}

/** The settings that say how to authenticate, else the host. */
function sourceOf({ settings, sources }: Config): string {
  const keys = attributes.filter(({ key, group }) => group && isSet(settings, key)).map(({ key }) => key);
  const found = (keys.length > 0 ? keys : ["host" as const]).map((key) => sources.get(key)).filter(Boolean);
  return [...new Set(found)].join(", ") || "the environment";
}

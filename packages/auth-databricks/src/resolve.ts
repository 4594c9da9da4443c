import type { Auth, AuthContext } from "@mlflow-kit/core";
import { fromHeaderCredentials, fromTokenCredentials } from "./adapters.ts";
import { loadConfig } from "./config/config.ts";
import type { Config, Draft } from "./config/draft.ts";
import { cloudEnvironment } from "./config/environment.ts";
import { checkGroups } from "./config/validate.ts";
import { fault } from "./errors.ts";
import { type DatabricksOptions, isHeaderCredentials } from "./options.ts";
import { strategies } from "./strategies/all.ts";
import type { Strategy } from "./strategies/strategy.ts";
import { unifiedAuth } from "./unified-auth.ts";
import type { DatabricksUri } from "./uri.ts";
import { withWorkspaceId } from "./workspace-id.ts";

/** What `databricks()` was called with, and the tracking URI if it means Databricks. */
export interface Called extends Pick<DatabricksOptions, "credentials" | "googleAuth"> {
  readonly given: Draft;
  readonly uri: DatabricksUri | undefined;
  readonly among?: readonly Strategy[];
}

/** Settles how to authenticate, once it is clear that it is Databricks. */
export async function resolveConfigured(called: Called, context: AuthContext): Promise<Auth> {
  const { uri, credentials, googleAuth, among = strategies } = called;
  const given = await withHostOf(credentials, called.given);
  const config = await loadConfig(given, uri, context);
  checkServer(config, uri, context);
  if (config.settings.skipVerify) {
    context.log.warn("databricks: skip_verify is ignored; see MLFLOW_TRACKING_INSECURE_TLS");
  }
  if (credentials !== undefined) return adapted(credentials, config);
  checkGroups(config);
  return unifiedAuth(config, among, googleAuth, context);
}

/** Credentials that are meant for one server do not go to another. */
function checkServer({ settings, sources }: Config, uri: DatabricksUri | undefined, context: AuthContext): void {
  if (uri !== undefined || context.trackingUri === undefined || settings.host === undefined) return;
  const { origin } = new URL(context.trackingUri);
  if (settings.host === origin) return;
  throw fault("ERR_AUTH_CONFLICT", `the tracking URI is ${origin}, and ${sources.get("host")} is ${settings.host}`, {
    hint: "Set the tracking URI to databricks, or leave one of the two out.",
  });
}

/** Credentials that know their host are for it: like any option, it comes before the environment and the file. */
async function withHostOf(credentials: DatabricksOptions["credentials"], given: Draft): Promise<Draft> {
  if (!isHeaderCredentials(credentials) || given.settings.host !== undefined) return given;
  const host = await credentials.getHost?.();
  if (!host) return given;
  const sources = new Map(given.sources).set("host", "option credentials");
  return { settings: { ...given.settings, host: String(host) }, sources };
}

function adapted(credentials: NonNullable<DatabricksOptions["credentials"]>, { settings }: Config): Auth {
  const { host } = settings;
  if (host === undefined) {
    throw fault("ERR_AUTH_INCOMPLETE", "no host configured", { hint: "Set DATABRICKS_HOST or the option host." });
  }
  const auth = isHeaderCredentials(credentials)
    ? fromHeaderCredentials(credentials)
    : fromTokenCredentials(credentials, settings, cloudEnvironment(settings));
  return {
    source: "option credentials",
    baseUrl: new URL(host),
    details: { host },
    ...withWorkspaceId(auth, () => settings),
  };
}

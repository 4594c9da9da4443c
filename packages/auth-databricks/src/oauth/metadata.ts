import type { AuthContext } from "@mlflow-kit/core";
import { isAccountHost } from "../config/host.ts";
import { reasonOf } from "../errors.ts";
import type { Settings } from "../options.ts";
import { ask, type Json, readJson } from "./http.ts";

/** What a host's API is for. */
export type HostType = "workspace" | "account" | "unified";

/** Settings, completed by what the host says of itself. */
export interface HostSettings extends Settings {
  readonly hostType?: HostType;
}

/** Short: without an answer, the host's name tells enough. */
const timeoutMs = 5_000;

/**
 * Asks the host for `/.well-known/databricks-config` and fills what is not set. Hosts that do not have it are as good:
 * no failure is an error.
 *
 * @returns also whether the host gave a clear answer, which then need not be asked again.
 */
export async function withHostMetadata(
  settings: Readonly<Settings>,
  context: AuthContext,
): Promise<{ settings: HostSettings; answered: boolean }> {
  const question = {
    url: new URL("/.well-known/databricks-config", settings.host),
    what: "the host metadata",
    timeoutMs,
  };
  try {
    const response = await ask(context, question);
    if (response.status >= 400 && response.status < 500 && response.status !== 429) {
      response.body.cancel();
      return { settings, answered: true };
    }
    return { settings: merge(settings, await readJson(response, question), context), answered: true };
  } catch (error) {
    if (context.signal?.aborted) throw error;
    context.log.debug(`databricks: no host metadata: ${reasonOf(error)}`);
    return { settings, answered: false };
  }
}

/** By the host's own account, else by its name. */
export function hostType(settings: HostSettings): HostType {
  return settings.hostType ?? (isAccountHost(settings.host ?? "") ? "account" : "workspace");
}

function merge(settings: Settings, metadata: Json, context: AuthContext): HostSettings {
  const accountId = settings.accountId ?? text(metadata.account_id);
  const audiences = metadata.token_federation_default_oidc_audiences;
  const audience = Array.isArray(audiences) ? text(audiences[0]) : undefined;
  const cloud = text(metadata.cloud);
  return {
    ...settings,
    accountId,
    workspaceId: settings.workspaceId ?? text(metadata.workspace_id),
    cloud: settings.cloud ?? (cloud && /^(aws|azure|gcp)$/i.test(cloud) ? cloud : undefined),
    hostType: hostTypes.find((type) => type === text(metadata.host_type)?.toLowerCase()),
    discoveryUrl: settings.discoveryUrl ?? discoveryUrl(text(metadata.oidc_endpoint), accountId, context),
    tokenAudience:
      settings.tokenAudience ?? audience ?? (text(metadata.workspace_id) === undefined ? accountId : undefined),
  };
}

function discoveryUrl(endpoint: string | undefined, accountId: string | undefined, context: AuthContext) {
  if (endpoint === undefined) return undefined;
  if (endpoint.includes("{account_id}") && accountId === undefined) {
    context.log.warn("databricks: account_id is required to resolve discovery_url from host metadata");
    return undefined;
  }
  const resolved = endpoint.replaceAll("{account_id}", encodeURIComponent(accountId ?? ""));
  return `${resolved.replace(/\/+$/, "")}/.well-known/oauth-authorization-server`;
}

const hostTypes: readonly HostType[] = ["workspace", "account", "unified"];

function text(value: unknown): string | undefined {
  return (typeof value === "string" && value !== "") || typeof value === "number" ? String(value) : undefined;
}

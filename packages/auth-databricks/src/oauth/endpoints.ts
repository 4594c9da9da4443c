import type { AuthContext } from "@mlflow-kit/core";
import { fault } from "../errors.ts";
import type { Settings } from "../options.ts";
import { fetchJson } from "./http.ts";
import { type HostSettings, hostType, withHostMetadata } from "./metadata.ts";

/** Where tokens are asked for, and the settings as the host's metadata completed them. */
export interface OAuthEndpoints {
  readonly token: URL;
  readonly settings: HostSettings;
}

/** Finds the endpoints; once they are found, they stay. */
export type Discovery = (context: AuthContext) => Promise<OAuthEndpoints>;

/**
 * Finds where a host's OAuth tokens are asked for: the document of `discoveryUrl`, else the one that the host's
 * metadata names, else what the host's type implies.
 */
export function discovery(settings: Readonly<Settings>): Discovery {
  let completed: HostSettings | undefined;
  let found: OAuthEndpoints | undefined;
  return async (context) => {
    if (found !== undefined) return found;
    const { settings: told, answered } = completed
      ? { settings: completed, answered: true }
      : await withHostMetadata(settings, context);
    if (answered) completed = told;
    const endpoints = { token: await tokenEndpoint(told, context), settings: told };
    if (answered) found = endpoints;
    return endpoints;
  };
}

async function tokenEndpoint(settings: HostSettings, context: AuthContext): Promise<URL> {
  const { host, accountId } = settings;
  const type = hostType(settings);
  const account = `${host}/oidc/accounts/${encodeURIComponent(accountId ?? "")}`;
  if (settings.discoveryUrl === undefined && type !== "workspace" && accountId === undefined) {
    throw fault("ERR_AUTH_INCOMPLETE", `account_id is required for the ${type} host ${host}`, {
      hint: "Set DATABRICKS_ACCOUNT_ID or the option accountId.",
    });
  }
  if (settings.discoveryUrl === undefined && type === "account") return new URL(`${account}/v1/token`);
  const base = type === "unified" ? account : `${host}/oidc`;
  const document = await fetchJson(context, {
    url: address(settings.discoveryUrl ?? `${base}/.well-known/oauth-authorization-server`, "discovery_url"),
    what: "the OAuth metadata",
    meanings: { 404: "databricks OAuth is not supported for this host" },
  });
  return address(document.token_endpoint, "the token_endpoint of the OAuth metadata");
}

function address(value: unknown, what: string): URL {
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
  if (
    url !== undefined &&
    (url.protocol === "https:" || url.protocol === "http:") &&
    url.username === "" &&
    url.password === ""
  ) {
    return url;
  }
  throw fault("ERR_AUTH_LOAD", `${what} is no address of a server`);
}

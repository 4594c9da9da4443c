import { type AuthContext, type AuthProvider, envString } from "@mlflow-kit/core";

import { canonicalHost } from "./config/host.ts";
import { readOptions } from "./config/read-options.ts";
import { fault, owner } from "./errors.ts";
import { type DatabricksOptions, isHeaderCredentials, isTokenCredentials } from "./options.ts";
import type { Strategy } from "./strategies/strategy.ts";
import { type DatabricksUri, parseDatabricksUri } from "./uri.ts";

/**
 * Databricks' unified authentication. It is on for the tracking URIs `databricks` and `databricks://profile`, when
 * `DATABRICKS_HOST` is set and is the tracking server (or there is no other), and when it is called with options; it
 * then decides the server's address.
 *
 * Settings come from the options, the environment and `~/.databrickscfg`. Of the strategies the first that is able to
 * authenticate is used, in the order of Databricks' Go SDK; `authType` names one.
 *
 * @throws AuthError `ERR_OPTION` for an option that does not exist.
 */
export function databricks(options: DatabricksOptions = {}): AuthProvider {
  return databricksWith(options);
}

/** {@link databricks}, with other strategies for tests. */
export function databricksWith(options: DatabricksOptions, among?: readonly Strategy[]): AuthProvider {
  const { credentials, googleAuth } = options;
  const given = readOptions(options);
  if (credentials !== undefined && !isHeaderCredentials(credentials) && !isTokenCredentials(credentials)) {
    throw fault("ERR_OPTION", "the option credentials has neither authenticate(headers) nor getToken(scope)");
  }
  const called = given.sources.size > 0 || credentials !== undefined;
  return {
    name: owner,
    async resolve(context) {
      const uri = readUri(context.trackingUri);
      const reason = reasonToSkip(uri, called, context);
      if (reason !== undefined) return context.skip(reason);
      // Most programs that have this in their chain are not on Databricks: the rest is loaded when it is.
      const { resolveConfigured } = await import("./resolve.ts");
      return resolveConfigured({ given, uri, credentials, googleAuth, among }, context);
    },
  };
}

function readUri(trackingUri: string | undefined): DatabricksUri | undefined {
  const uri = trackingUri === undefined ? undefined : parseDatabricksUri(trackingUri);
  if (uri?.scheme === "databricks-uc") {
    throw fault("ERR_TRACKING_URI", "databricks-uc is a registry URI, not a tracking URI", {
      hint: "Set MLFLOW_TRACKING_URI=databricks and MLFLOW_REGISTRY_URI=databricks-uc.",
    });
  }
  if (uri?.keyPrefix !== undefined) {
    throw fault("ERR_TRACKING_URI", "databricks://scope:prefix names a secret scope, which only notebooks can read", {
      hint: "Use databricks://profile, or set DATABRICKS_HOST and credentials.",
    });
  }
  return uri;
}

function reasonToSkip(uri: DatabricksUri | undefined, called: boolean, context: AuthContext): string | undefined {
  const { trackingUri } = context;
  const host = envString(context.env, "DATABRICKS_HOST");
  if (uri !== undefined) return undefined;
  if (trackingUri === undefined) {
    return called || host !== undefined ? undefined : "neither DATABRICKS_HOST nor the tracking URI databricks is set";
  }
  if (!/^https?:/i.test(trackingUri)) return "the tracking URI is of another kind";
  if (called) return undefined;
  if (host === undefined) return "the tracking URI is not databricks, and DATABRICKS_HOST is not set";
  return canonicalHost(host)?.host === new URL(trackingUri).origin
    ? undefined
    : "the tracking URI is another server than DATABRICKS_HOST";
}

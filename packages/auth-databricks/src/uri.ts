import { AuthError } from "@mlflow-kit/core";

/** A tracking or registry URI that means Databricks. */
export interface DatabricksUri {
  /** `databricks-uc` is Unity Catalog, as a registry only. */
  readonly scheme: "databricks" | "databricks-uc";
  /** The profile in `~/.databrickscfg`; with a `keyPrefix`, the secret scope. */
  readonly profile?: string;
  readonly keyPrefix?: string;
}

/**
 * Reads MLflow's URIs for Databricks: `databricks`, `databricks://profile`, `databricks://scope:prefix` and the same
 * with `databricks-uc`. A path is ignored, as in MLflow.
 *
 * @returns `undefined` for every other URI.
 * @throws AuthError `ERR_TRACKING_URI` for one that begins like these and is malformed.
 */
export function parseDatabricksUri(uri: string): DatabricksUri | undefined {
  const [, scheme, rest] = /^(databricks|databricks-uc)(?:$|:(.*)$)/is.exec(uri) ?? [];
  if (scheme === undefined) return undefined;
  const kind = scheme.toLowerCase() as DatabricksUri["scheme"];
  if (rest === undefined) return { scheme: kind };
  const location = /^\/\/([^/?#]*)/.exec(rest)?.[1];
  if (!location) {
    throw new AuthError("ERR_TRACKING_URI", "databricks: URI is formatted incorrectly: no profile in it", {
      hint: `Write ${kind} or ${kind}://profile.`,
    });
  }
  const [profile, keyPrefix, ...more] = location.split(":");
  if (more.length > 0 || !profile || keyPrefix === "" || /\s/.test(location)) {
    throw new AuthError("ERR_TRACKING_URI", "databricks: Unsupported Databricks profile in the URI", {
      hint: "A profile holds neither a colon nor a slash nor a space.",
    });
  }
  return { scheme: kind, profile, ...(keyPrefix !== undefined && { keyPrefix }) };
}

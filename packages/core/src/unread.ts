import { compositionOf } from "./compose.ts";
import { type Environment, envString } from "./environment.ts";
import type { AuthProvider } from "./types.ts";

const readers: Readonly<Record<string, readonly string[]>> = {
  basic: ["MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"],
  token: ["MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_AUTH"],
  sigv4: ["MLFLOW_TRACKING_AWS_SIGV4"],
  mtls: ["MLFLOW_TRACKING_CLIENT_CERT_PATH", "MLFLOW_TRACKING_CLIENT_KEY_PATH"],
  databricks: ["DATABRICKS_HOST", "DATABRICKS_TOKEN", "DATABRICKS_CLIENT_ID", "DATABRICKS_CONFIG_PROFILE"],
};

/** A sentence for each credential variable that is set and that no provider of `auth` reads. */
export function unreadVariables(auth: AuthProvider | undefined, env: Environment): string[] {
  const present = new Set(auth === undefined ? [] : names(auth));
  return Object.entries(readers).flatMap(([provider, variables]) => {
    const set = present.has(provider) ? undefined : variables.find((name) => envString(env, name));
    return set ? [`${set} is set; install @mlflow-kit/auth-${provider} and pass ${provider}()`] : [];
  });
}

function names(provider: AuthProvider): string[] {
  return compositionOf(provider)?.members.flatMap(names) ?? [provider.name];
}

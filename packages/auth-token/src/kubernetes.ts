import { access } from "node:fs/promises";
import { join } from "node:path";
import { type Auth, type AuthContext, AuthError, envString } from "@mlflow-kit/core";
import { readOptionalFile } from "@mlflow-kit/core/provider";
import { bearer } from "./bearer.ts";
import { kubeconfigPaths, readKubeconfig } from "./kubeconfig.ts";
import { tokenFile } from "./token-file.ts";

/** How Kubernetes is asked. */
export interface Kubernetes {
  /** What asked for it. */
  readonly setting: string;
  readonly namespaced: boolean;
  readonly serviceAccountDir?: string | undefined;
  /** A token from elsewhere; only the namespace is looked for then. */
  readonly token?: string | undefined;
}

/**
 * The token and the namespace of the pod's service account, else of the kubeconfig's active context; each is looked
 * for on its own.
 *
 * @throws AuthError `ERR_AUTH_FILE` when there is neither a service account nor a kubeconfig.
 */
export async function kubernetes(options: Kubernetes, context: AuthContext): Promise<Auth> {
  const { setting, namespaced, token } = options;
  const folder = options.serviceAccountDir ?? "/var/run/secrets/kubernetes.io/serviceaccount";
  const tokenPath = join(folder, "token");
  const places = [tokenPath, ...kubeconfigPaths(context)];
  // Decided once: while a token is being replaced, nobody else's is sent.
  const found = await firstExisting(places);
  if (found === undefined) {
    const shown = places.map((path) => JSON.stringify(path)).join(", ");
    throw new AuthError(
      "ERR_AUTH_FILE",
      `token: ${setting}, but there is neither a service account nor a kubeconfig; looked for ${shown}`,
      {
        hint: "Mount a service account's token into the pod, or set KUBECONFIG.",
      },
    );
  }

  const readTokenFile = tokenFile(tokenPath, setting);
  return {
    source: `${setting} (${found})`,
    async load(now) {
      const config = token === undefined && found !== tokenPath ? await readKubeconfig(now) : undefined;
      const credential = bearer(token === undefined ? await (config?.token(now) ?? readTokenFile(now)) : { token });
      if (!namespaced || envString(now.env, "MLFLOW_WORKSPACE")) return credential;
      const inPod = (await readOptionalFile(join(folder, "namespace"), { owner: "token", setting }))?.trim();
      const namespace = inPod || (config ?? (await readKubeconfig(now)))?.namespace;
      return {
        ...credential,
        authorize(request) {
          // As in Python: the calls that manage workspaces are outside of any.
          if (!request.url.pathname.includes("/mlflow/workspaces")) {
            request.headers["x-mlflow-workspace"] ??= checkNamespace(namespace, setting);
          }
          return credential.authorize(request);
        },
      };
    },
  };
}

/**
 * Reads `MLFLOW_TRACKING_AUTH`.
 *
 * @throws AuthError `ERR_ENV` for a value that is not known.
 */
export function kubernetesMode(env: AuthContext["env"]): { namespaced: boolean } | undefined {
  const value = envString(env, "MLFLOW_TRACKING_AUTH");
  if (value === undefined) return undefined;
  if (value === "kubernetes" || value === "kubernetes-namespaced") return { namespaced: value !== "kubernetes" };
  throw new AuthError("ERR_ENV", "token: MLFLOW_TRACKING_AUTH is neither kubernetes nor kubernetes-namespaced", {
    hint: "Plugins of the Python client do not exist here; for their credentials, write a provider, or unset MLFLOW_TRACKING_AUTH.",
  });
}

function checkNamespace(namespace: string | undefined, setting: string): string {
  if (namespace !== undefined && /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(namespace)) return namespace;
  throw new AuthError(
    "ERR_AUTH_INCOMPLETE",
    `token: ${setting}, but ${namespace === undefined ? "no namespace was found" : "the namespace found is none"}`,
    { hint: "Set MLFLOW_WORKSPACE, or the namespace of the kubeconfig's current context." },
  );
}

async function firstExisting(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const exists = await access(path).then(
      () => true,
      () => false,
    );
    if (exists) return path;
  }
  return undefined;
}

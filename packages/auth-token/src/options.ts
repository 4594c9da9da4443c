import type { AuthContext, Awaitable } from "@mlflow-kit/core";
import type { ClientCredentials } from "./client-credentials.ts";

/** What a token function may answer. Without `expiresAt`, the `exp` of a JSON Web Token counts. */
export type TokenAnswer = string | { readonly token: string; readonly expiresAt?: Date };

/** Called when a token is needed: at the first request, before one expires, and after a 401. */
export type TokenFunction = (context: AuthContext) => Awaitable<TokenAnswer>;

/** Where the token comes from: one of these. */
export type TokenOptions =
  | { readonly token?: string | TokenFunction }
  /** White space around the token is dropped. Read again once a minute, and after a 401. */
  | { readonly file: string }
  /** Program and arguments; no shell. It prints the token. */
  | { readonly command: readonly [string, ...string[]] }
  | ClientCredentials
  | KubernetesOptions;

/** As `MLFLOW_TRACKING_AUTH` does. */
export interface KubernetesOptions {
  /** `"namespaced"` sends the namespace as `X-MLFLOW-WORKSPACE`, unless the caller sets that header. */
  readonly kubernetes?: true | "namespaced";
  /**
   * Where a pod finds its service account's `token` and `namespace`. Also used when `MLFLOW_TRACKING_AUTH` asks for
   * Kubernetes. Default `/var/run/secrets/kubernetes.io/serviceaccount`.
   */
  readonly serviceAccountDir?: string;
}

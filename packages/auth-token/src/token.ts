import { type Auth, type AuthContext, AuthError, type AuthProvider, envString } from "@mlflow-kit/core";
import {
  askCommand,
  askFunction,
  checkOptions,
  checkToken,
  expandHome,
  jwtExpiry,
  warnIfExposed,
} from "@mlflow-kit/core/provider";
import { bearer, checkAnswer } from "./bearer.ts";
import { type ClientCredentials, clientCredentials, clientCredentialsOptions } from "./client-credentials.ts";
import { kubernetes, kubernetesMode } from "./kubernetes.ts";
import type { KubernetesOptions, TokenFunction, TokenOptions } from "./options.ts";
import { tokenFile } from "./token-file.ts";

/**
 * A bearer token (RFC 6750): a value, a file, a command, a function, OAuth 2 client credentials, or Kubernetes.
 *
 * Without options: `MLFLOW_TRACKING_TOKEN`, else what `MLFLOW_TRACKING_AUTH` asks for.
 *
 * @example
 * const client = createClient({ auth: token({ file: "/run/secrets/mlflow-token" }) });
 *
 * @throws AuthError when it is resolved: `ERR_AUTH_INVALID` for a value that is no bearer token, `ERR_AUTH_INCOMPLETE`
 * and `ERR_AUTH_CONFLICT` for options that do not fit together, `ERR_OPTION` for an unknown one, `ERR_ENV` for an
 * unknown `MLFLOW_TRACKING_AUTH`, `ERR_AUTH_FILE` when Kubernetes is asked for and not there. When the token is loaded:
 * `ERR_AUTH_FILE`, `ERR_AUTH_COMMAND`, `ERR_AUTH_LOAD`.
 */
export function token(options: string | TokenFunction | TokenOptions = {}): AuthProvider {
  return { name: "token", resolve: (context) => resolveToken(options, context) };
}

const sources = ["token", "file", "command", "kubernetes"] as const;

async function resolveToken(
  given: string | TokenFunction | TokenOptions,
  context: AuthContext,
): Promise<Auth | undefined> {
  const options: Flat = typeof given === "object" ? (given as Flat) : { token: given };
  checkOptions(options, [...sources, "serviceAccountDir", ...clientCredentialsOptions], "token");
  const oauth = clientCredentialsOptions.find((name) => options[name] !== undefined);
  const used = [...sources.filter((name) => options[name] !== undefined), ...(oauth ? [oauth] : [])];
  if (used.length > 1) {
    throw new AuthError("ERR_AUTH_CONFLICT", `token: the options ${used.join(" and ")} exclude each other`, {
      hint: "A token comes from one place: give one of them.",
    });
  }
  const { token: value, file, command, kubernetes: mode, serviceAccountDir } = options;
  if (oauth !== undefined) return clientCredentials(options as ClientCredentials);
  if (typeof value === "function") return fromFunction(value);
  if (value !== undefined) return fromValue(value, "options", "the option token", context);
  if (file !== undefined) return fromFile(file, context);
  if (command !== undefined) return fromCommand(command);
  if (mode === undefined) return fromEnvironment(serviceAccountDir, context);
  if (mode !== true && mode !== "namespaced") {
    throw new AuthError("ERR_OPTION", 'token: the option kubernetes is neither true nor "namespaced"');
  }
  const setting = "the option kubernetes is set";
  return kubernetes({ setting, namespaced: mode === "namespaced", serviceAccountDir }, context);
}

/** All options side by side, as a caller without types may give them. */
type Flat = Partial<ClientCredentials> &
  KubernetesOptions & {
    readonly token?: string | TokenFunction;
    readonly file?: string;
    readonly command?: readonly [string, ...string[]];
  };

async function fromEnvironment(serviceAccountDir: string | undefined, context: AuthContext): Promise<Auth | undefined> {
  const mode = kubernetesMode(context.env);
  const value = envString(context.env, "MLFLOW_TRACKING_TOKEN");
  const setting = `MLFLOW_TRACKING_AUTH is ${mode?.namespaced ? "kubernetes-namespaced" : "kubernetes"}`;
  if (value === undefined) {
    if (mode) return kubernetes({ setting, ...mode, serviceAccountDir }, context);
    return context.skip("neither MLFLOW_TRACKING_TOKEN nor MLFLOW_TRACKING_AUTH is set");
  }
  const auth = fromValue(value, "MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_TOKEN", context);
  if (!mode) return auth;
  context.log.warn(
    "token: MLFLOW_TRACKING_TOKEN and MLFLOW_TRACKING_AUTH are both set; the token is MLFLOW_TRACKING_TOKEN",
  );
  if (!mode.namespaced) return auth;
  return kubernetes(
    { setting: `MLFLOW_TRACKING_TOKEN is set, ${setting}`, namespaced: true, serviceAccountDir, token: value },
    context,
  );
}

function fromValue(value: unknown, source: string, setting: string, context: AuthContext): Auth {
  const token = checkToken(value, { owner: "token", setting });
  const expiresAt = jwtExpiry(token);
  if (expiresAt && expiresAt.getTime() <= context.now()) {
    context.log.warn(`token: ${setting} expired at ${expiresAt.toISOString()}`);
  }
  return {
    source,
    ...(expiresAt && { details: { expires: expiresAt.toISOString() } }),
    authorize: bearer({ token }).authorize,
  };
}

async function fromFile(file: string, context: AuthContext): Promise<Auth> {
  const path = expandHome(file, context.homeDir, { owner: "token", setting: "the option file" });
  await warnIfExposed(path, { owner: "token", log: context.log });
  const read = tokenFile(path, "the option file");
  return { source: `the file ${JSON.stringify(path)}`, load: async (now) => bearer(await read(now)) };
}

function fromCommand(command: readonly [string, ...string[]]): Auth {
  const shown = `the command ${JSON.stringify(command?.[0])}`;
  return {
    source: shown,
    async load(now) {
      const printed = (await askCommand(command, now, { owner: "token" })).trim();
      return bearer(checkAnswer(printed, undefined, { setting: `what ${shown} printed`, code: "ERR_AUTH_COMMAND" }));
    },
  };
}

function fromFunction(ask: TokenFunction): Auth {
  return {
    source: "a function",
    async load(now) {
      const answer: unknown = await askFunction(ask, now, { owner: "token", setting: "the token function" });
      const { token, expiresAt } =
        typeof answer === "object" && answer !== null
          ? (answer as { token?: unknown; expiresAt?: unknown })
          : { token: answer };
      return bearer(
        checkAnswer(token, expiresAt, { setting: "what the token function returned", code: "ERR_AUTH_LOAD" }),
      );
    },
  };
}

import { delimiter, dirname, isAbsolute, join, resolve } from "node:path";
import { type AuthContext, AuthError, envString } from "@mlflow-kit/core";
import { askCommand, checkToken, readOptionalFile } from "@mlflow-kit/core/provider";
import { type BearerToken, checkAnswer } from "./bearer.ts";
import { lifeOfFile, tokenFile } from "./token-file.ts";

/** The active context of a kubeconfig. */
export interface KubeContext {
  readonly namespace: string | undefined;
  /** Its user's token: written there, from a file, or from an exec plugin. */
  token(context: AuthContext): Promise<BearerToken>;
}

/** The files that make up the kubeconfig: those of `KUBECONFIG`, else `~/.kube/config`. */
export function kubeconfigPaths({ env, homeDir }: AuthContext): string[] {
  const named = envString(env, "KUBECONFIG")?.split(delimiter).filter(Boolean);
  return named ?? (isAbsolute(homeDir) ? [join(homeDir, ".kube", "config")] : []);
}

/**
 * Reads the active context as kubectl does: of several files, the first to name a thing wins.
 *
 * @returns `undefined` when none of the files exists.
 * @throws AuthError `ERR_AUTH_FILE` when one cannot be read or understood, or has no such context or user.
 */
export async function readKubeconfig(context: AuthContext): Promise<KubeContext | undefined> {
  const paths = kubeconfigPaths(context);
  const files: { path: string; config: Fields }[] = [];
  for (const path of paths) {
    const text = await readOptionalFile(path, { owner: "token", setting: "KUBECONFIG" });
    if (text !== undefined) files.push({ path, config: await parse(text, path) });
  }
  if (files.length === 0) return undefined;

  const failed = (what: string) =>
    new AuthError(
      "ERR_AUTH_FILE",
      `token: the kubeconfig (${paths.map((path) => JSON.stringify(path)).join(", ")}) ${what}`,
      {
        hint: "Choose a context with: kubectl config use-context",
      },
    );
  /** The first entry of that name in a list like `users: [{ name, user: {…} }]`. */
  const find = (list: string, key: string, name: unknown) => {
    for (const { path, config } of files) {
      const entry = toList(config[list]).find((candidate) => candidate.name === name);
      if (entry) return { path, fields: toFields(entry[key]) };
    }
    return undefined;
  };
  const active = files.map(({ config }) => config["current-context"]).find(Boolean);
  if (active === undefined) throw failed("has no current-context");
  const chosen = find("contexts", "context", active);
  if (!chosen) throw failed("does not have its current-context");
  const user = find("users", "user", chosen.fields.user);
  const cluster = find("clusters", "cluster", chosen.fields.cluster);
  return {
    namespace: typeof chosen.fields.namespace === "string" ? chosen.fields.namespace : undefined,
    async token(now) {
      if (!user) throw failed("does not have the user of its current-context");
      const { fields } = user;
      const folder = dirname(user.path);
      if (typeof fields.tokenFile === "string")
        return tokenFile(resolve(folder, fields.tokenFile), "tokenFile in the kubeconfig")(now);
      if (fields.token !== undefined) {
        const about = { owner: "token", setting: "the token in the kubeconfig", code: "ERR_AUTH_FILE" } as const;
        const token = checkToken(fields.token, about);
        return { token, ...lifeOfFile(token, now) };
      }
      if (fields.exec !== undefined) return runPlugin(toFields(fields.exec), folder, cluster?.fields ?? {}, now);
      throw failed("has no token for the user of its current-context: neither token, tokenFile nor exec");
    },
  };
}

/** A credential plugin, by the protocol of `client.authentication.k8s.io`. */
async function runPlugin(exec: Fields, folder: string, cluster: Fields, context: AuthContext): Promise<BearerToken> {
  const { command, apiVersion } = exec;
  const args = exec.args ?? [];
  if (typeof command !== "string" || !Array.isArray(args)) {
    throw new AuthError("ERR_AUTH_FILE", "token: the exec plugin in the kubeconfig has no command");
  }
  const program = /[/\\]/.test(command) ? resolve(folder, command) : command;
  const variables = toList(exec.env).map(({ name, value }) => [name, value]);
  const info = {
    apiVersion,
    kind: "ExecCredential",
    spec: { interactive: false, ...(exec.provideClusterInfo === true && { cluster }) },
  };
  const env = { ...context.env, ...Object.fromEntries(variables), KUBERNETES_EXEC_INFO: JSON.stringify(info) };
  const text = await askCommand([program, ...args], { ...context, env }, { owner: "token" });

  const setting = `what the exec plugin ${JSON.stringify(command)} printed`;
  const answer = toFields(tryJson(text));
  if (answer.kind !== "ExecCredential" || answer.apiVersion !== apiVersion) {
    throw new AuthError("ERR_AUTH_COMMAND", `token: ${setting} is no ExecCredential of the version that was asked for`);
  }
  const { token, expirationTimestamp } = toFields(answer.status);
  const expiresAt = typeof expirationTimestamp === "string" ? new Date(expirationTimestamp) : undefined;
  return checkAnswer(token, expiresAt, { setting: `the token in ${setting}`, code: "ERR_AUTH_COMMAND" });
}

type Fields = Readonly<Record<string, unknown>>;

function toFields(value: unknown): Fields {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Fields) : {};
}

function toList(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(toFields) : [];
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** JSON is YAML, too, and needs no parser of its own. */
async function parse(text: string, path: string): Promise<Fields> {
  const json = tryJson(text);
  if (json !== undefined) return toFields(json);
  const { parse: parseYaml } = await import("yaml").catch(() => {
    throw new AuthError(
      "ERR_AUTH_FILE",
      `token: the kubeconfig ${JSON.stringify(path)} is YAML, and no YAML parser is installed`,
      {
        hint: "Install one: npm install yaml",
        remedies: ["Write the kubeconfig as JSON: kubectl config view --raw -o json"],
      },
    );
  });
  try {
    return toFields(parseYaml(text));
  } catch {
    // The parser's own error quotes the text.
    throw new AuthError("ERR_AUTH_FILE", `token: the kubeconfig ${JSON.stringify(path)} is not valid YAML`);
  }
}

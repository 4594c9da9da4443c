import {
  type Auth,
  type AuthContext,
  AuthError,
  type AuthProvider,
  type Awaitable,
  type Credential,
  envString,
} from "@mlflow-kit/core";
import {
  askCommand,
  askFunction,
  basicAuthorization,
  checkOptions,
  expandHome,
  readCredentialFile,
  warnIfExposed,
} from "@mlflow-kit/core/provider";
import { findFileEntry } from "./credentials-file.ts";

/**
 * A password, or where to ask for it: a file (line breaks at its end are dropped), a command (no shell; what it prints,
 * without the line breaks at its end) or a function. A password that is asked for is kept by the client, and asked for
 * again when the server refuses it.
 */
export type Password =
  | string
  | { readonly file: string }
  | { readonly command: readonly [string, ...string[]] }
  | ((context: AuthContext) => Awaitable<string>);

/** Both, or neither: half a pair is an error, and is never completed from elsewhere. */
export interface BasicOptions {
  readonly username?: string;
  readonly password?: Password;
}

/**
 * Basic authentication (RFC 7617): username and password.
 *
 * The pair comes whole from the first of these that has any of it: the options, the userinfo of the tracking URI,
 * `MLFLOW_TRACKING_USERNAME` and `MLFLOW_TRACKING_PASSWORD`, `~/.mlflow/credentials`.
 *
 * @example
 * const client = createClient({ trackingUri: "https://mlflow.example.com", auth: basic() });
 *
 * @throws AuthError when it is resolved: `ERR_AUTH_INCOMPLETE` for half a pair, `ERR_AUTH_INVALID` for one that no
 * Basic header can carry, `ERR_AUTH_FILE` for a credentials file that cannot be understood. When the password is asked
 * for: `ERR_AUTH_FILE`, `ERR_AUTH_COMMAND`, `ERR_AUTH_LOAD`.
 */
export function basic(options: BasicOptions = {}): AuthProvider {
  return { name: "basic", resolve: (context) => resolveBasic(options, context) };
}

interface Pair {
  readonly source: string;
  readonly username: unknown;
  readonly usernameSetting: string;
  readonly password: unknown;
  readonly passwordSetting: string;
}

async function resolveBasic(options: BasicOptions, context: AuthContext): Promise<Auth | undefined> {
  checkOptions(options, ["username", "password"], "basic");
  const local = fromOptions(options) ?? fromUrl(context) ?? fromEnvironment(context);
  if (local) return toAuth(local, context);
  const unset = "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD are not set";
  const entry = await findFileEntry(context);
  if (typeof entry === "string") return context.skip(`${unset}, and ${entry}`);
  if (entry.username === undefined && entry.password === undefined) {
    return context.skip(
      `${unset}, and ${entry.source} holds neither mlflow_tracking_username nor mlflow_tracking_password`,
    );
  }
  return toAuth(
    {
      ...entry,
      usernameSetting: `mlflow_tracking_username in ${entry.source}`,
      passwordSetting: `mlflow_tracking_password in ${entry.source}`,
    },
    context,
  );
}

function fromOptions({ username, password }: BasicOptions): Pair | undefined {
  if (username === undefined && password === undefined) return undefined;
  const names = { usernameSetting: "the option username", passwordSetting: "the option password" };
  return { source: "options", username, password, ...names };
}

function fromUrl({ urlCredentials, log }: AuthContext): Pair | undefined {
  if (urlCredentials === undefined) return undefined;
  log.warn("basic: the tracking URI holds a username and password; URLs are logged, so set them by other means");
  return {
    source: "the userinfo of the tracking URI",
    username: urlCredentials.username || undefined,
    usernameSetting: "the username in the tracking URI",
    password: urlCredentials.password || undefined,
    passwordSetting: "the password in the tracking URI",
  };
}

function fromEnvironment({ env }: AuthContext): Pair | undefined {
  const [usernameSetting, passwordSetting] = ["MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"] as const;
  const username = envString(env, usernameSetting);
  const password = envString(env, passwordSetting);
  if (username === undefined && password === undefined) return undefined;
  return { source: `${usernameSetting}, ${passwordSetting}`, username, usernameSetting, password, passwordSetting };
}

async function toAuth(pair: Pair, context: AuthContext): Promise<Auth> {
  const { source, username, password, usernameSetting, passwordSetting } = pair;
  if (username === undefined) throw incomplete(passwordSetting, usernameSetting);
  if (password === undefined) throw incomplete(usernameSetting, passwordSetting);
  const authorizeWith = (secret: unknown): Credential => {
    const authorization = basicAuthorization(username, secret, { owner: "basic", usernameSetting, passwordSetting });
    return {
      authorize(request) {
        request.headers.authorization = authorization;
      },
    };
  };

  const asked = await askedPassword(password, context);
  if (asked === undefined) return { source, ...authorizeWith(password) };
  authorizeWith("-"); // a username that cannot be sent shows now, not at the first request
  return {
    source: `${source} (password from ${asked.from})`,
    load: async (now) => authorizeWith(await asked.ask(now)),
  };
}

async function askedPassword(
  password: unknown,
  context: AuthContext,
): Promise<{ from: string; ask: (context: AuthContext) => Promise<unknown> } | undefined> {
  const about = { owner: "basic", setting: "the option password" };
  if (typeof password === "function") {
    const ask = password as (context: AuthContext) => unknown;
    return { from: "a function", ask: (now) => askFunction(ask, now, { ...about, setting: "the password function" }) };
  }
  if (typeof password !== "object" || password === null) return undefined;
  if ("file" in password) {
    const path = expandHome(password.file as string, context.homeDir, about);
    await warnIfExposed(path, { owner: "basic", log: context.log });
    return {
      from: `the file ${JSON.stringify(path)}`,
      ask: async () => (await readCredentialFile(path, about)).replace(/[\r\n]+$/, ""),
    };
  }
  if ("command" in password) {
    const command = password.command as [string, ...string[]];
    return {
      from: `the command ${JSON.stringify(command?.[0])}`,
      ask: (now) => askCommand(command, now, { owner: "basic" }),
    };
  }
  return undefined;
}

function incomplete(present: string, missing: string): AuthError {
  return new AuthError("ERR_AUTH_INCOMPLETE", `basic: ${present} is set but ${missing} is not`, {
    hint: `Set ${missing}, or pass both: basic({ username, password }).`,
  });
}

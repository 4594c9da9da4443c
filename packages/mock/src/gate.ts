import { onlyAdmin, type Reply, type Users } from "./engine/index.ts";

/** Who may pass. `withoutPermission` are known, and answered 403. */
export type GateOptions =
  | {
      /** Passwords by user name. */
      readonly basic: Readonly<Record<string, string>>;
      /** User names. They may read their own account and `/version`, and nothing else. */
      readonly withoutPermission?: readonly string[];
    }
  | {
      /** The token, or what judges one. */
      readonly bearer: string | ((token: string) => boolean);
      /** Tokens. */
      readonly withoutPermission?: readonly string[];
    };

/** Lets a request pass on behalf of somebody, or answers it. */
export type Gate = (request: {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
}) => { readonly users: Users } | { readonly reply: Reply };

/** What MLflow's basic-auth app never protects. */
const open = /^\/(?:static|favicon\.ico|health)|^\/(?:ajax-)?api\/3\.0\/mlflow\/server-info$/;
const ownAccount = /^\/(?:ajax-)?api\/2\.0\/mlflow\/users\/(?:get|current)$/;

/** MLflow's basic-auth app; with `bearer`, one whose `authorization_function` takes tokens. */
export function createGate(options: GateOptions | undefined): Gate {
  if (options === undefined) return () => ({ users: onlyAdmin });
  const plain = new Set(options.withoutPermission);
  const names = "basic" in options ? Object.keys(options.basic) : onlyAdmin.names;
  const identify = "basic" in options ? basicUser(options.basic) : bearerToken(options.bearer);
  const challenge = "basic" in options ? 'Basic realm="mlflow"' : 'Bearer error="invalid_token"';
  return ({ path, query, authorization }) => {
    if (open.test(path)) return { users: onlyAdmin };
    const who = identify(authorization);
    if (who === undefined) return { reply: refusal(401, unauthenticated, { "www-authenticate": challenge }) };
    const caller = "basic" in options ? who : "admin";
    const own = ownAccount.test(path) && (query.get("username") ?? caller) === caller;
    if (plain.has(who) && !own && path !== "/version") return { reply: refusal(403, "Permission denied") };
    return { users: { names, plain, caller } };
  };
}

const unauthenticated =
  "You are not authenticated. Please see https://www.mlflow.org/docs/latest/auth/index.html#authenticating-to-mlflow on how to authenticate.";

function refusal(status: number, body: string, headers: Record<string, string> = {}): Reply {
  return { status, headers: { "content-type": "text/html; charset=utf-8", ...headers }, body };
}

function basicUser(passwords: Readonly<Record<string, string>>) {
  return (authorization = ""): string | undefined => {
    const encoded = /^basic +((?:[\w+/=]{4})+)$/i.exec(authorization)?.[1];
    if (encoded === undefined) return undefined;
    const [, username, password] = /^([^:]*):([\s\S]*)$/.exec(Buffer.from(encoded, "base64").toString("utf8")) ?? [];
    const known = username !== undefined && Object.hasOwn(passwords, username);
    return known && passwords[username] === password ? username : undefined;
  };
}

function bearerToken(accepted: string | ((token: string) => boolean)) {
  return (authorization = ""): string | undefined => {
    const token = /^bearer +(\S+)$/i.exec(authorization)?.[1];
    if (token === undefined) return undefined;
    return (typeof accepted === "string" ? accepted === token : accepted(token)) ? token : undefined;
  };
}

import type { AuthContext, Credential } from "@mlflow-kit/core";
import { checkToken, jwtExpiry } from "@mlflow-kit/core/provider";
import { fault, owner } from "../errors.ts";
import type { Json } from "./http.ts";

/** An access token as it was given. */
export interface Token {
  readonly value: string;
  /** The scheme of its `authorization` header: what the server called its type. */
  readonly scheme: string;
  /** Absent: good for ever. */
  readonly expiresAt?: Date;
}

/** Azure Databricks refuses tokens with less than half a minute left. */
export const azureMargin = 40_000;

const longestSeconds = 100 * 366 * 24 * 60 * 60;
/** Schemes that prove possession: such a token is of no use by itself. */
const needsProof = new Set(["mac", "pop", "dpop", "basic"]);

/**
 * Reads `{ access_token, token_type, expires_in | expires_on }`. Without both times, a JWT's own `exp` counts.
 *
 * @param asked when the question left: the answer may have been long on its way.
 * @throws AuthError `ERR_AUTH_LOAD` for anything that is no such answer.
 */
export function readToken(answer: Json, what: string, asked: number): Token {
  const value = tokenValue(answer.access_token, `access_token of ${what}`);
  const expiresAt = expiry(answer, what, asked) ?? jwtExpiry(value);
  return { value, scheme: scheme(answer.token_type, what), ...(expiresAt && { expiresAt }) };
}

/** @throws AuthError `ERR_AUTH_LOAD` for what cannot be a token. */
export function tokenValue(value: unknown, what: string): string {
  if (value === undefined) throw fault("ERR_AUTH_LOAD", `there is no ${what}`);
  return checkToken(value, { owner, setting: `the ${what}` });
}

/** @throws AuthError `ERR_AUTH_LOAD` for a type that is no scheme. An absent type is Bearer, as in the SDKs. */
export function scheme(type: unknown, what: string): string {
  if (type === undefined || type === "") return "Bearer";
  if (typeof type === "string" && /^[A-Za-z][A-Za-z0-9._-]{0,31}$/.test(type) && !needsProof.has(type.toLowerCase())) {
    return type.toLowerCase() === "bearer" ? "Bearer" : type;
  }
  throw fault("ERR_AUTH_LOAD", `the token_type of ${what} is not Bearer`);
}

function expiry(answer: Json, what: string, asked: number): Date | undefined {
  if (answer.expires_on !== undefined) return epochSeconds(answer.expires_on, what);
  if (answer.expires_in === undefined) return undefined;
  const seconds = number(answer.expires_in);
  if (seconds > 0 && seconds <= longestSeconds) return new Date(asked + seconds * 1000);
  throw invalidExpiry(what);
}

/** @throws AuthError `ERR_AUTH_LOAD` */
export function epochSeconds(value: unknown, what: string): Date {
  const seconds = number(value);
  if (seconds > 0 && seconds <= 253_402_300_799) return new Date(seconds * 1000);
  throw invalidExpiry(what);
}

function invalidExpiry(what: string) {
  return fault("ERR_AUTH_LOAD", `invalid token expiry from ${what}`);
}

function number(value: unknown): number {
  return typeof value === "string" && /^\d+$/.test(value)
    ? Number(value)
    : typeof value === "number"
      ? value
      : Number.NaN;
}

/** Headers that are sent with the token. Lower-case names. */
export type ExtraHeaders = Readonly<Record<string, string | undefined>>;

/** What the core caches: one header, or several, until the first of the tokens expires. */
export function credentialOf(
  context: AuthContext,
  token: Token,
  extra: { headers?: ExtraHeaders; expiresWith?: readonly (Token | undefined)[]; marginMs?: number } = {},
): Credential {
  const { headers = {}, expiresWith = [], marginMs = 0 } = extra;
  const authorization = `${token.scheme} ${token.value}`;
  const times = [token, ...expiresWith].flatMap((one) => one?.expiresAt?.getTime() ?? []);
  const expiresAt = times.length === 0 ? undefined : usableUntil(Math.min(...times), marginMs, context.now());
  const others = Object.entries(headers).filter(([, value]) => value !== undefined);
  const all = { authorization, ...Object.fromEntries(others) };
  return {
    authorize:
      others.length === 0
        ? (request) => {
            request.headers.authorization = authorization;
          }
        : (request) => {
            Object.assign(request.headers, all);
          },
    ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt) }),
  };
}

/** A new token with less time left than the margin is the best there is: it serves for a moment. */
function usableUntil(expiresAt: number, margin: number, now: number): number {
  return Math.max(expiresAt - margin, Math.min(expiresAt, now + 1000));
}

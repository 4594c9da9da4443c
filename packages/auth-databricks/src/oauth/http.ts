import type { AuthContext, HttpResponse } from "@mlflow-kit/core";
import { parseJsonObject } from "@mlflow-kit/core/provider";
import { fault } from "../errors.ts";
import { maskCredentials } from "../wording.ts";

/** One question whose answer is a JSON object. */
export interface JsonRequest {
  readonly method?: "GET" | "POST";
  readonly url: URL;
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as `application/x-www-form-urlencoded`. */
  readonly form?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: Json;
  /** Milliseconds; the core's limit applies in any case. */
  readonly timeoutMs?: number;
  /** Who is asked, for errors: `"the token endpoint"`. */
  readonly what: string;
  /** Said instead of the status, where a status has a meaning of its own. */
  readonly meanings?: Readonly<Record<number, string>>;
}

export type Json = Readonly<Record<string, unknown>>;

/**
 * Asks through `context.send` and believes only status 200 with a JSON object.
 *
 * @throws AuthError `ERR_AUTH_LOAD`; of what the server said, it shows the status and an OAuth error that holds nothing
 * of the request.
 */
export async function fetchJson(context: AuthContext, request: JsonRequest): Promise<Json> {
  return readJson(await ask(context, request), request);
}

/** The second half of {@link fetchJson}. */
export async function readJson(response: HttpResponse, request: JsonRequest): Promise<Json> {
  const { what, url } = request;
  const text = await response.body.text(1024 * 1024);
  const answer = parseJsonObject(text);
  const { status } = response;
  if (status === 200 && answer !== undefined) return answer;
  const place = `${what} ${url.origin}${url.pathname}`;
  const failed = (said: string, hint?: string) => fault("ERR_AUTH_LOAD", `${place} ${said}`, { hint });
  if (status === 200)
    throw failed("answered with something else than a JSON object", "Is the address right, or is it a login page?");
  if (status >= 300 && status < 400) {
    throw failed(`redirects (HTTP ${status})`, "Secrets do not follow redirects; give the final address.");
  }
  const meaning = request.meanings?.[status];
  if (meaning !== undefined) throw fault("ERR_AUTH_LOAD", `${meaning} (${place} answered HTTP ${status})`);
  const said = oauthError(answer, secretsOf(request));
  throw failed(`answered HTTP ${status}${said === undefined ? "" : `: ${said}`}`, hintFor(status, said));
}

/** Sends a question; the status is the caller's to judge. */
export async function ask(context: AuthContext, request: JsonRequest): Promise<HttpResponse> {
  const { method = "GET", url, headers, form, json, timeoutMs, what } = request;
  const patience = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
  const signals = [context.signal, patience].filter((signal) => signal !== undefined);
  try {
    return await context.send({
      method,
      url,
      headers: {
        accept: "application/json",
        ...headers,
        ...(form && { "content-type": "application/x-www-form-urlencoded" }),
        ...(json && { "content-type": "application/json" }),
      },
      ...(form && { body: new URLSearchParams(form).toString() }),
      ...(json && { body: JSON.stringify(json) }),
      ...(signals.length > 0 && { signal: AbortSignal.any(signals) }),
    });
  } catch (error) {
    if (!patience?.aborted || context.signal?.aborted) throw error;
    throw fault("ERR_AUTH_LOAD", `${what} ${url.origin} gave no answer within ${timeoutMs! / 1000} s`);
  }
}

/** OAuth's `error` and its description (Okta calls them `errorCode` and `errorSummary`), if they repeat no secret. */
function oauthError(answer: Json | undefined, secrets: readonly string[]): string | undefined {
  const code = answer?.errorCode ?? answer?.error;
  const description = answer?.errorSummary ?? answer?.error_description;
  const parts = [code, description].map(oneLine).filter((part) => part !== "" && isHarmless(part, secrets));
  return parts.length === 0 ? undefined : parts.join(": ");
}

function oneLine(text: unknown): string {
  const line = typeof text === "string" ? text.replace(/[\u0000-\u001f\u007f].*$/s, "").trim() : "";
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

/** What was secret in a request: a form's tokens and secrets, and what its authorization header is made of. */
function secretsOf({ form = {}, headers = {} }: JsonRequest): string[] {
  const [, kind = "", value = ""] = /^(\w+) (.*)$/.exec(headers.authorization ?? "") ?? [];
  const pair = kind === "Basic" ? Buffer.from(value, "base64").toString() : "";
  const password = pair.slice(pair.indexOf(":") + 1);
  const fields = Object.entries(form).filter(([name]) => /secret|assertion$|subject_token$/.test(name));
  return [value, password, ...new URLSearchParams(`=${password}`).values(), ...fields.map(([, field]) => field)];
}

function isHarmless(text: string, secrets: readonly string[]): boolean {
  if (maskCredentials(text) !== text) return false;
  const flat = text.toLowerCase();
  return !secrets
    .filter((secret) => secret.length > 2)
    .flatMap((secret) => [secret, encodeURIComponent(secret), encoded(secret, "base64"), encoded(secret, "hex")])
    .some((secret) => flat.includes(secret.toLowerCase()));
}

function encoded(text: string, encoding: "base64" | "hex"): string {
  return Buffer.from(text).toString(encoding).replace(/=+$/, "");
}

function hintFor(status: number, said: string | undefined): string | undefined {
  if (said?.startsWith("invalid_client")) return "Check the client id and secret.";
  if (said?.startsWith("invalid_scope")) return "Check the scopes.";
  if (said?.startsWith("invalid_grant") || said?.startsWith("invalid_request")) {
    return "Check the service principal's federation policy: issuer, audience and subject.";
  }
  return status >= 500 || status === 429 ? "It may recover; try again later." : undefined;
}

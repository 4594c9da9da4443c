import { type Environment, envString } from "./environment.ts";
import { MlflowError } from "./errors.ts";

/** Knows the secrets of one client, and takes them out of everything that is about to be shown. */
export interface Redactor {
  /** Remembers a secret in every form it may come back in: raw, base64, percent- and form-encoded, JSON-escaped. */
  add(secret: string): void;
  /** Remembers what is secret in a header: the part after the scheme, and what it decodes to. */
  addHeader(name: string, value: string): void;
  redact(text: string): string;
  /** An error fit to be shown: those of the family are cleaned in place, all others are copied by their safe parts. */
  scrub<T>(error: T): T;
}

const mask = "***";
/** Below this a text is more likely an ordinary word than a secret, and replacing it would hide what went wrong. */
const shortest = 4;
const mostForms = 4096;
const harmlessHeaders = new Set([
  "accept",
  "accept-encoding",
  "content-length",
  "content-type",
  "date",
  "metadata",
  "user-agent",
  "x-amz-content-sha256",
  "x-amz-date",
  "x-databricks-azure-workspace-resource-id",
  "x-databricks-host",
  "x-databricks-metadata-version",
  "x-databricks-workspace-id",
  "x-mlflow-client-version",
  "x-mlflow-workspace",
]);
const secretName = /TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY/;
const namesOfSecrets = /_(PATH|FILE|FILEPATH|URL|URI|ENDPOINT|ENV|TTL|SECONDS|TYPE|ID)$/;

export function createRedactor(): Redactor {
  const seen = new Set<string>();
  const forms = new Set<string>();
  const done = new WeakSet<object>();
  let pattern: RegExp | undefined;

  const redactor: Redactor = {
    add(secret) {
      if (seen.has(secret) || typeof secret !== "string" || secret.length < shortest) return;
      seen.add(secret);
      for (const form of formsOf(secret)) {
        forms.delete(form);
        forms.add(form);
      }
      for (const form of forms) {
        if (forms.size <= mostForms) break;
        forms.delete(form);
      }
      if (seen.size > mostForms) seen.clear();
      pattern = undefined;
    },
    addHeader(name, value) {
      if (seen.has(value) || harmlessHeaders.has(name)) return;
      const [, scheme, rest] = /^([A-Za-z][A-Za-z0-9-]*) +(.+)$/.exec(value) ?? [];
      const content = rest ?? value;
      redactor.add(content);
      if (scheme?.toLowerCase() !== "basic") return;
      const pair = Buffer.from(content, "base64").toString("utf8");
      redactor.add(pair);
      redactor.add(pair.slice(pair.indexOf(":") + 1));
    },
    redact(text) {
      if (forms.size === 0) return printable(text);
      pattern ??= new RegExp(
        [...forms]
          .sort((a, b) => b.length - a.length)
          .map(escapePattern)
          .join("|"),
        "g",
      );
      return printable(text.replace(pattern, mask));
    },
    scrub(error) {
      return clean(error, 0) as typeof error;
    },
  };
  return redactor;

  function clean(error: unknown, depth: number): unknown {
    if (!(error instanceof Error)) return safeValue(error);
    if (depth > 5) return undefined;
    if (done.has(error)) return error;
    if (isAbort(error)) return error;
    const thrown: Error = error;
    if (!MlflowError.is(error)) return copy(thrown, depth);
    done.add(error);
    for (const key of ["message", "stack", "hint", "body"]) overwrite(error, key, (value) => redactor.redact(value));
    const remedies = error.remedies?.map((remedy) => redactor.redact(remedy));
    define(error, "remedies", remedies, true);
    if (error.cause !== undefined) define(error, "cause", clean(error.cause, depth + 1), false);
    return error;
  }

  function copy(error: Error, depth: number): Error {
    const safe = new Error(redactor.redact(error.message));
    done.add(safe);
    define(safe, "name", redactor.redact(error.name), false);
    define(safe, "stack", redactor.redact(error.stack ?? ""), false);
    const { code } = error as NodeJS.ErrnoException;
    if (typeof code === "string" || typeof code === "number") define(safe, "code", safeValue(code), true);
    if (error.cause !== undefined) define(safe, "cause", clean(error.cause, depth + 1), false);
    const { errors } = error as AggregateError;
    if (Array.isArray(errors))
      define(
        safe,
        "errors",
        errors.map((one) => clean(one, depth + 1)),
        false,
      );
    return safe;
  }

  function safeValue(value: unknown): unknown {
    if (typeof value === "string") return redactor.redact(value);
    return typeof value === "object" || typeof value === "function" ? undefined : value;
  }
}

/** An abort is the caller's own: it is handed back as it came. */
function isAbort(error: Error): boolean {
  return (error.name === "AbortError" || error.name === "TimeoutError") && !MlflowError.is(error);
}

function overwrite(error: Error, key: string, change: (value: string) => string): void {
  const value = (error as unknown as Record<string, unknown>)[key];
  if (typeof value === "string")
    define(error, key, change(value), Object.prototype.propertyIsEnumerable.call(error, key));
}

function define(target: object, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true });
}

function formsOf(secret: string): Set<string> {
  const bytes = Buffer.from(secret);
  const base64 = bytes.toString("base64");
  const forms = new Set([
    secret,
    base64,
    base64.replace(/=+$/, ""),
    bytes.toString("base64url"),
    JSON.stringify(secret).slice(1, -1),
    new URLSearchParams([["", secret]]).toString().slice(1),
    printable(secret),
  ]);
  const percent = encodeStrictly(secret);
  forms.add(percent);
  forms.add(percent.toLowerCase());
  if (!/\p{Surrogate}/u.test(secret)) forms.add(encodeURIComponent(secret)).add(encodeURI(secret));
  for (const form of forms) if (form.length < shortest) forms.delete(form);
  return forms;
}

function encodeStrictly(text: string): string {
  return Buffer.from(text)
    .toString("latin1")
    .replace(/[^A-Za-z0-9\-._~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** Escapes what a terminal would obey: control characters other than line feed and tab, and line separators. */
export function printable(text: string): string {
  return text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A URL without userinfo, and with the names of its query only. */
export function redactUrl(url: URL | string): string {
  const parsed = new URL(url);
  parsed.username = "";
  parsed.password = "";
  parsed.hash = "";
  for (const name of new Set(parsed.searchParams.keys())) parsed.searchParams.set(name, mask);
  return parsed.href.replaceAll("%2A%2A%2A", mask);
}

/** The values of the variables that hold credentials, judged by their names. */
export function secretVariables(env: Environment): string[] {
  return Object.keys(env).flatMap((name) => {
    const value =
      secretName.test(name.toUpperCase()) && !namesOfSecrets.test(name.toUpperCase())
        ? envString(env, name)
        : undefined;
    return value === undefined || /^(true|false|\d{1,5})$/i.test(value) ? [] : [value];
  });
}

import { type Environment, envString } from "./environment.ts";
import { MlflowError } from "./errors.ts";

/** Knows the secrets of one client, and takes them out of everything that is about to be shown. */
export interface Redactor {
  /**
   * Remembers a secret. From here on it is hidden as it is and in every form it may come back in: base64 and base64url,
   * percent- and form-encoded, escaped for JSON, HTML or a terminal. Shorter than four characters it is not: such a text
   * is more likely an ordinary word, and hiding it everywhere would hide what went wrong.
   */
  add(secret: string): void;
  /** Remembers what is secret in a header: the part after the scheme, what it decodes to, the values of cookies. */
  addHeader(name: string, value: string): void;
  /** The text without secrets, and fit for a terminal. */
  redact(text: string): string;
  /**
   * An error fit to be shown: one of the family is cleaned in place, any other is copied by its safe parts (name, code,
   * message, stack, cause, errors). Requests, buffers and inputs that libraries attach are left behind.
   */
  scrub<T>(error: T): T;
}

const mask = "***";
const shortest = 4;
/** More are only seen where every request has a secret of its own; the oldest are of no use to anybody by then. */
const mostSecrets = 512;
const deepest = 5;
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
/** Secrets that show themselves: signatures of AWS, JSON web tokens, personal access tokens of Databricks. */
const shapes =
  /(?<=Signature["']?[=:] ?["']?)[0-9a-f]{64}|(?<=X-Amz-Security-Token=)[^&\s"']+|\beyJ[\w-]{8,512}\.[\w-]{8,}\.[\w-]*|\bdapi[0-9a-f]{32}\b/gi;

export function createRedactor(): Redactor {
  const secrets = new Set<string>();
  const headers = new Set<string>();
  const done = new WeakSet<object>();
  let forms: readonly string[] | undefined = [];

  const redactor: Redactor = {
    add(secret) {
      if (secrets.has(secret) || typeof secret !== "string" || secret.length < shortest) return;
      secrets.add(secret);
      forms = undefined;
      const [oldest] = secrets;
      if (secrets.size <= mostSecrets || oldest === undefined) return;
      secrets.delete(oldest);
      headers.clear();
    },
    addHeader(name, value) {
      if (headers.has(value) || harmlessHeaders.has(name)) return;
      if (headers.size >= mostSecrets) headers.clear();
      headers.add(value);
      const [, scheme, rest] = /^([A-Za-z][A-Za-z0-9-]*) +(.+)$/.exec(value) ?? [];
      const content = rest ?? value;
      redactor.add(content);
      if (name === "cookie")
        for (const cookie of value.split(/; */)) redactor.add(cookie.slice(cookie.indexOf("=") + 1));
      if (scheme?.toLowerCase() !== "basic") return;
      const pair = Buffer.from(content, "base64").toString("utf8");
      redactor.add(pair);
      redactor.add(pair.slice(pair.indexOf(":") + 1));
    },
    redact(text) {
      forms ??= [...new Set([...secrets].flatMap(formsOf))].sort((a, b) => b.length - a.length);
      let safe = text;
      for (const form of forms) if (safe.includes(form)) safe = safe.replaceAll(form, mask);
      return printable(safe.replace(shapes, mask));
    },
    scrub(error) {
      return clean(error, 0) as typeof error;
    },
  };
  return redactor;

  function clean(error: unknown, depth: number): unknown {
    if (depth > deepest) return undefined;
    if (typeof error === "string") return redactor.redact(error);
    if (typeof error === "function") return undefined;
    if (typeof error !== "object" || error === null || done.has(error)) return error;
    if (MlflowError.is(error)) return cleanInPlace(error, depth);
    return isAbort(error) ? error : copy(error, depth);
  }

  function cleanInPlace(error: MlflowError, depth: number): MlflowError {
    done.add(error);
    const fields = error as unknown as Record<string, unknown>;
    for (const key of Object.getOwnPropertyNames(error)) {
      const value = fields[key];
      const enumerable = Object.prototype.propertyIsEnumerable.call(error, key);
      if (typeof value === "string") define(error, key, redactor.redact(value), enumerable);
      else if (key === "cause") define(error, key, clean(value, depth + 1), false);
      else if (Array.isArray(value)) define(error, key, value.map(shown), enumerable);
      else if (typeof value === "object" && value !== null) delete fields[key];
    }
    return error;
  }

  function copy(error: object, depth: number): Error {
    const { name, message, stack, code, cause, errors } = error as AggregateError & { code?: unknown };
    const safe = new Error(shown(message));
    done.add(safe);
    define(safe, "name", shown(name) || "Error", false);
    define(safe, "stack", shown(stack), false);
    if (typeof code === "string" || typeof code === "number") define(safe, "code", clean(code, depth), true);
    if (cause !== undefined) define(safe, "cause", clean(cause, depth + 1), false);
    if (Array.isArray(errors)) {
      const inner = errors.map((one) => clean(one, depth + 1));
      define(safe, "errors", inner, false);
    }
    return safe;
  }

  function shown(value: unknown): string {
    return typeof value === "string" ? redactor.redact(value) : "";
  }
}

/** An abort is the caller's own: it is handed back as it came. */
function isAbort(error: object): boolean {
  return error instanceof DOMException && (error.name === "AbortError" || error.name === "TimeoutError");
}

function define(target: object, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true });
}

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const wellFormed = bytes.toString();
  const base64 = bytes.toString("base64");
  const json = JSON.stringify(secret).slice(1, -1);
  const percent = percentEncode(bytes);
  const forms = [
    secret,
    printable(secret),
    bytes.toString("latin1"),
    base64,
    base64.replace(/=+$/, ""),
    encodeURIComponent(base64),
    bytes.toString("base64url"),
    json,
    json.replaceAll("/", "\\/"),
    asciiJson(json),
    escapeHtml(secret, "&#39;", "&#34;"),
    escapeHtml(secret, "&#x27;", "&quot;"),
    percent,
    percent.replaceAll("%2F", "/"),
    percent.replaceAll("%20", "+"),
    new URLSearchParams([["", secret]]).toString().slice(1),
    encodeURIComponent(wellFormed),
    encodeURI(wellFormed),
    asPath(wellFormed),
  ];
  const lower = forms.map((form) => form.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()));
  return [...forms, ...lower].filter((form) => form.length >= shortest);
}

/** As a URL has it, which leaves a `%` and much else as it is: what a redirect makes of a secret that it echoes. */
function asPath(secret: string): string {
  const url = new URL("http://host");
  url.pathname = `/${secret}`;
  return url.pathname.slice(1);
}

function percentEncode(bytes: Buffer): string {
  const encode = (char: string) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  return bytes.toString("latin1").replace(/[^A-Za-z0-9\-._~]/g, encode);
}

/** As Python's `json.dumps` writes it. */
function asciiJson(json: string): string {
  return json.replace(/[^\x00-\x7f]/g, escapeCode);
}

function escapeHtml(text: string, apostrophe: string, quote: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "'": apostrophe, '"': quote };
  return text.replace(/[&<>'"]/g, (char) => entities[char] ?? char);
}

function escapeCode(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/**
 * Escapes what a terminal would obey: control characters other than line feed and tab, line separators, and marks that
 * turn the direction of a text around.
 */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, escapeCode);
}

/** A valid URL without userinfo, and with the names of its query only. */
export function redactUrl(url: URL | string): string {
  const parsed = new URL(url);
  parsed.username = "";
  parsed.password = "";
  parsed.hash = "";
  for (const name of new Set(parsed.searchParams.keys())) parsed.searchParams.set(name, mask);
  return parsed.href.replaceAll("%2A%2A%2A", mask);
}

const secretName = /TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY/;
const aboutSecrets =
  /_(PATH|FILE|FILEPATH|DIR|URL|URI|ENDPOINT|ENV|TTL|SECONDS|TYPE|ID|NAME|USER|USERNAME|REGION|AUDIENCE|SCOPES?|ISSUER|VERSION)$|^GOOGLE_APPLICATION_CREDENTIALS$/;
const switchOrNumber = /^(true|false|\d{1,5})$/i;

/** The values of the variables that hold credentials, judged by their names, and the passwords within URLs. */
export function secretVariables(env: Environment): string[] {
  return Object.keys(env).flatMap((name) => {
    const value = envString(env, name);
    if (value === undefined) return [];
    const upper = name.toUpperCase();
    if (secretName.test(upper) && !aboutSecrets.test(upper) && !switchOrNumber.test(value)) return [value];
    return passwordIn(value);
  });
}

function passwordIn(value: string): string[] {
  const password = value.includes("@") ? /:\/\/[^/?#@:]*:([^/?#@]+)@/.exec(value)?.[1] : undefined;
  if (password === undefined) return [];
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}

/** Headers for a log: the values of the harmless ones, and the names of all others. */
export function printableHeaders(headers: Readonly<Record<string, string | string[]>>): string {
  const shown = Object.entries(headers).map(([name, value]) => `${name}: ${harmlessHeaders.has(name) ? value : mask}`);
  return `{ ${shown.join(", ")} }`;
}

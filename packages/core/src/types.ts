/** A value, or a promise of one. */
export type Awaitable<T> = T | PromiseLike<T>;

/** One HTTP exchange. Header names are lower-case; `authorize()` writes into `headers`. */
export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Record<string, string>;
  readonly body?: HttpBody;
  readonly signal?: AbortSignal;
}

/** What a request can carry. A bare iterable can be read once, so such a request is never sent twice. */
export type HttpBody = string | Uint8Array | BodySource | AsyncIterable<Uint8Array>;

/** A body that can be opened again for a retry, and hashed without being held in memory. */
export interface BodySource {
  /** Bytes. */
  readonly length: number;
  open(): AsyncIterable<Uint8Array>;
  /** Lower-case hexadecimal SHA-256 of the whole body. */
  sha256(): Promise<string>;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Record<string, string | string[]>;
  readonly body: ResponseBody;
}

/** The bytes of an answer, read at most once: by one of the methods, or by iterating. */
export interface ResponseBody extends AsyncIterable<Uint8Array> {
  /** All bytes. @throws ConnectionError `ERR_RESPONSE_TOO_LARGE` past `limit` bytes (default 64 MiB). */
  bytes(limit?: number): Promise<Uint8Array>;
  /** All bytes as UTF-8. @throws ConnectionError `ERR_RESPONSE_TOO_LARGE` past `limit` bytes (default 64 MiB). */
  text(limit?: number): Promise<string>;
  /** Gives up on the rest; the connection is closed unless everything had arrived. */
  cancel(): void;
}

/** Sends one request and settles when the head of the answer has arrived, whatever its status. */
export type Send = (request: HttpRequest) => Promise<HttpResponse>;

/**
 * A client certificate. Make one with `tlsIdentity()` (from `@mlflow-kit/core/provider`), so that printing it shows
 * no key. The core keeps one TLS context per object: return the same object while the files are the same.
 */
export interface TlsIdentity {
  /** PEM, with its chain. */
  readonly cert?: string | Uint8Array;
  /** PEM. */
  readonly key?: string | Uint8Array;
  /** PKCS#12, instead of `cert` and `key`. */
  readonly pfx?: Uint8Array;
  readonly passphrase?: string;
  /** Name to ask for (SNI) and to verify, when it is not the URL's host. */
  readonly servername?: string;
  /** Present it to token endpoints, too. Default false. */
  readonly tokenEndpoints?: boolean;
}

/** Whom to trust as a server. */
export interface TlsTrust {
  /** A PEM bundle, or the path of a bundle or of a folder of them. Default `MLFLOW_TRACKING_CA_BUNDLE_PATH`. */
  readonly ca?: string | Uint8Array;
  /** `replace` (as Python does, the default): only `ca` is trusted. `add`: Node's own list and `ca`. */
  readonly trust?: "replace" | "add";
  /** No verification. Default `MLFLOW_TRACKING_INSECURE_TLS`. An error together with `ca`. */
  readonly insecure?: boolean;
}

/** What a provider contributes, once selected. Every slot but `source` is optional; `combine()` merges them. */
export interface Auth {
  /** Where it was found, safe to print: `"MLFLOW_TRACKING_TOKEN"`. */
  readonly source: string;
  /** More that `explain()` may print: `{ region: "eu-west-1 (from the host)" }`. */
  readonly details?: Readonly<Record<string, string>>;
  /** Where to? Replaces the tracking URI's address. */
  readonly baseUrl?: URL;
  /** With which certificate? A function is asked before each new connection. */
  readonly tls?: TlsIdentity | (() => Awaitable<TlsIdentity>);
  /** As whom: what is known at once. */
  authorize?(request: HttpRequest): Awaitable<void>;
  /** As whom: what must be fetched or re-read. The core calls it when needed and caches the answer. */
  load?(context: AuthContext): Awaitable<Credential>;
  /** `authorize` reads the whole request, so it runs last. */
  readonly signs?: boolean;
  /** Asked after a refusal. True: something changed; load again and send once more. */
  recover?(refusal: Refusal, request: HttpRequest): Awaitable<boolean>;
  /** By what means? Replaces the wire. */
  transport?(next: Send): Send;
  [Symbol.asyncDispose]?(): PromiseLike<void>;
}

/** The fruit of one `load()`. */
export interface Credential {
  authorize(request: HttpRequest): Awaitable<void>;
  /** Useless from here on: callers wait for a new one. Absent: good for ever. */
  readonly expiresAt?: Date;
  /** A background load starts here. Default `expiresAt − min(ttl / 2, 20 min)`, ttl counted from the load. */
  readonly refreshAt?: Date;
}

/** An answer that said no. `text` is at most 64 KiB of its body. */
export interface Refusal {
  readonly status: number;
  readonly headers: HttpResponse["headers"];
  readonly text: string;
}

/** Where decisions and warnings go. Never handed a secret. */
export interface Logger {
  debug(message: string): void;
  warn(message: string): void;
}

/** What a provider may look at. It never reads `process.env`, the clock or the network by itself. */
export interface AuthContext {
  /** Without userinfo: `https://…`, `databricks://profile`, `arn:aws:sagemaker:…`. */
  readonly trackingUri: string | undefined;
  /** Userinfo of the tracking URI, percent-decoded. */
  readonly urlCredentials?: { readonly username: string; readonly password: string };
  /** A copy, taken when the client was made. An empty string is unset: read it with `envString`, `envBoolean`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDir: string;
  /**
   * For token endpoints: follows no redirect, wants https except on loopback, reads at most 1 MiB within 30 s, and
   * retries 429, 502, 503, 504 and failed connections. Every status is returned; the caller judges it.
   */
  readonly send: Send;
  readonly log: Logger;
  readonly signal?: AbortSignal;
  /** Epoch milliseconds. */
  now(): number;
  /** Says that this provider is not configured here, and why. Kept for the report. */
  skip(reason: string): undefined;
}

/** The contract: answers "who am I?", and nothing else. */
export interface AuthProvider {
  /** `"basic"`, `"token"`, `"sigv4"`, `"mtls"`, `"databricks"`, `"mock"`, or yours. */
  readonly name: string;
  /** Local and instant. `undefined`: try the next one. A throw: configured but broken, stop. */
  resolve(context: AuthContext): Awaitable<Auth | undefined>;
}

/** The outermost layer: sees each call before credentials and after retries. */
export interface Transport {
  readonly name: string;
  readonly mode?: string;
  wrap(next: Send): Send;
  close?(): Awaitable<void>;
}

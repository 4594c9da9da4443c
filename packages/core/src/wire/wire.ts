import type { Environment } from "../environment.ts";
import { MlflowError } from "../errors.ts";
import type { Awaitable, HttpRequest, HttpResponse, Logger, TlsIdentity, TlsTrust } from "../types.ts";
import type { Engine } from "./engine.ts";

/** Sends requests over connections of its own. */
export interface Wire {
  /**
   * One attempt: no redirect, no retry. Settles when the head of the answer has arrived, whatever its status.
   *
   * @throws ConnectionError, TimeoutError with `sent` and `retryable`; HttpAuthError `ERR_HTTP_CLIENT_CERTIFICATE`
   * (status 0) when TLS says that a client certificate is missing or refused; AuthError `ERR_AUTH_TLS` for an identity
   * or a bundle that cannot be used; MlflowError `ERR_OPTION` for a request that HTTP cannot carry, `ERR_CLOSED`;
   * `request.signal.reason`.
   */
  send(request: HttpRequest, attempt?: { timeoutMs?: number }): Promise<HttpResponse>;
  /** Settles pending calls with `ERR_CLOSED` and leaves no socket. */
  close(): Promise<void>;
}

export interface WireOptions {
  /** Proxy and trust variables. */
  readonly env: Environment;
  readonly trust?: TlsTrust;
  /** Asked before each new TLS connection, to whatever origin; never for the connection to a proxy. */
  readonly identity?: () => Awaitable<TlsIdentity | undefined>;
  /** Milliseconds, per attempt: to connect, then of silence. 0: no limit. */
  readonly timeoutMs: number;
  readonly log: Logger;
  /** `token-endpoint`: the bundle is added to Node's list, and certificates are always verified. Default `tracking`. */
  readonly trustMode?: "tracking" | "token-endpoint";
}

/** The longest that a timer of Node can wait; beyond, it fires at once. */
const longestMs = 2 ** 31 - 1;

/** Makes a wire. Cheap: the engine, undici with it, is loaded at the first request. */
export function createWire(options: WireOptions): Wire {
  let engine: Engine | undefined;
  let loading: Promise<Engine> | undefined;
  let closed: MlflowError | undefined;

  async function load(): Promise<Engine> {
    const { createEngine } = await import("./engine.ts");
    engine = createEngine(options);
    return engine;
  }

  async function sendFirst(request: HttpRequest, timeoutMs: number): Promise<HttpResponse> {
    if (closed === undefined) {
      loading ??= load();
      const loaded = await loading;
      if (closed === undefined) return loaded.send(request, timeoutMs);
    }
    throw closed;
  }

  return {
    send(request, attempt) {
      const timeoutMs = Math.min(attempt?.timeoutMs ?? options.timeoutMs, longestMs);
      return engine === undefined ? sendFirst(request, timeoutMs) : engine.send(request, timeoutMs);
    },
    async close() {
      closed ??= new MlflowError("ERR_CLOSED", "the client is closed");
      const loaded = engine ?? (await loading);
      await loaded?.close(closed);
    },
  };
}

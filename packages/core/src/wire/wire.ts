import type { Environment } from "../environment.ts";
import { MlflowError } from "../errors.ts";
import { OutgoingRequest } from "../outgoing.ts";
import type { Awaitable, HttpRequest, HttpResponse, Logger, TlsIdentity, TlsTrust } from "../types.ts";
import { bareHost, type Connector, createConnector } from "./connect.ts";
import { Exchange, type ParseHeaders } from "./exchange.ts";
import { Pool } from "./pool.ts";
import { proxyFor } from "./proxy.ts";
import { loadTrust, type Trust } from "./trust.ts";

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

/** What is loaded at the first request. */
interface Engine {
  readonly connector: Connector;
  readonly parseHeaders: ParseHeaders;
  poolOf(url: URL): Pool;
}

/** The longest that a timer of Node can wait; beyond, it fires at once. */
const longestMs = 2 ** 31 - 1;

/** Makes a wire. Cheap: undici and the TLS settings are loaded at the first request. */
export function createWire(options: WireOptions): Wire {
  const { env, log, trustMode: role = "tracking" } = options;
  const pools = new Map<string, Pool>();
  let engine: Engine | undefined;
  let loading: Promise<Engine> | undefined;
  let trust: Promise<Trust> | undefined;
  let closed: MlflowError | undefined;

  function readTrust(): Promise<Trust> {
    trust ??= loadTrust(env, options.trust).then(
      (loaded) => {
        if (role === "token-endpoint")
          return loaded.insecure ? { add: true, insecure: false } : { ...loaded, add: true };
        if (loaded.insecure) {
          log.warn(
            `TLS certificates are not verified (${loaded.source}): whoever is on the way to the server can read and change everything, credentials included`,
          );
        }
        return loaded;
      },
      (error) => {
        trust = undefined;
        throw error;
      },
    );
    return trust;
  }

  async function load(): Promise<Engine> {
    const { Client, util } = await import("undici");
    const connector = createConnector({ trust: readTrust, identity: options.identity, role });
    return {
      connector,
      parseHeaders: util.parseHeaders as ParseHeaders,
      poolOf(url) {
        const key = `${url.protocol}//${url.host}`;
        let pool = pools.get(key);
        if (pool === undefined) {
          const secure = url.protocol === "https:";
          if (!secure && url.protocol !== "http:")
            throw new MlflowError("ERR_OPTION", `cannot send to a ${url.protocol} URL`);
          const target = {
            origin: key,
            secure,
            host: bareHost(url.hostname),
            port: Number(url.port) || (secure ? 443 : 80),
            proxy: proxyFor(url, env),
          };
          pool = new Pool(target, connector, Client);
          pools.set(key, pool);
        }
        return pool;
      },
    };
  }

  function start({ poolOf, parseHeaders }: Engine, request: HttpRequest, timeoutMs: number): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      if (closed !== undefined) throw closed;
      const cancelled = request instanceof OutgoingRequest ? request.call : request.signal;
      if (cancelled?.aborted) throw cancelled.reason;
      const pool = poolOf(request.url);
      pool.start(new Exchange(withoutHost(request), timeoutMs, pool, parseHeaders, resolve, reject));
    });
  }

  return {
    send(request, attempt) {
      const timeoutMs = Math.min(attempt?.timeoutMs ?? options.timeoutMs, longestMs);
      if (engine !== undefined) return start(engine, request, timeoutMs);
      loading ??= load().then((loaded) => {
        engine = loaded;
        return loaded;
      });
      return loading.then((loaded) => start(loaded, request, timeoutMs));
    },
    async close() {
      closed ??= new MlflowError("ERR_CLOSED", "the client is closed");
      for (const pool of pools.values()) pool.close(closed);
      const loaded = engine ?? (await loading?.catch(() => undefined));
      await loaded?.connector.close();
    },
  };
}

/** Signers put `host` among the headers; undici writes its own, and would open a new connection for each change. */
function withoutHost(request: HttpRequest): HttpRequest {
  if (request.headers.host === undefined) return request;
  const { host, ...headers } = request.headers;
  if (host !== request.url.host) throw new MlflowError("ERR_OPTION", "the header host does not match the URL");
  return { ...request, headers };
}

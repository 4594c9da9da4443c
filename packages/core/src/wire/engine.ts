import { Client, util } from "undici";
import { MlflowError } from "../errors.ts";
import type { OutgoingRequest } from "../outgoing.ts";
import type { HttpRequest, HttpResponse } from "../types.ts";
import { bareHost, createConnector } from "./connect.ts";
import { Exchange, type ParseHeaders } from "./exchange.ts";
import { Pool } from "./pool.ts";
import { proxyFor } from "./proxy.ts";
import { loadTrust, type Trust } from "./trust.ts";
import type { WireOptions } from "./wire.ts";

/** What a wire loads at its first request: one pool for each origin, and what they share. */
export interface Engine {
  send(request: HttpRequest, timeoutMs: number): Promise<HttpResponse>;
  close(reason: MlflowError): Promise<void>;
}

const parseHeaders = util.parseHeaders as ParseHeaders;

export function createEngine(options: WireOptions): Engine {
  const { env, log, trustMode: role = "tracking" } = options;
  const pools = new Map<string, Pool>();
  const connector = createConnector({ trust: readTrust, identity: options.identity, role });
  let trust: Promise<Trust> | undefined;
  let closed: MlflowError | undefined;

  return {
    send(request, timeoutMs) {
      return new Promise((resolve, reject) => {
        if (closed !== undefined) throw closed;
        const cancelled = (request as Partial<OutgoingRequest>).call ?? request.signal;
        if (cancelled?.aborted) throw cancelled.reason;
        const pool = poolOf(request.url);
        pool.start(new Exchange(withoutHost(request), timeoutMs, pool, parseHeaders, resolve, reject));
      });
    },
    async close(reason) {
      closed ??= reason;
      for (const pool of pools.values()) pool.close(closed);
      await connector.close();
    },
  };

  function poolOf(url: URL): Pool {
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
        // A token endpoint of plain http is on this machine, and what it is told stays here.
        proxy: role === "token-endpoint" && !secure ? undefined : proxyFor(url, env),
      };
      pool = new Pool(target, connector, Client);
      pools.set(key, pool);
    }
    return pool;
  }

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
}

/** Signers put `host` among the headers; undici writes its own, and would open a new connection for each change. */
function withoutHost(request: HttpRequest): HttpRequest {
  if (request.headers.host === undefined) return request;
  const { host, ...headers } = request.headers;
  if (host !== request.url.host) throw new MlflowError("ERR_OPTION", "the header host does not match the URL");
  return { ...request, headers };
}

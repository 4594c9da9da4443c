import type { AsyncLocalStorage } from "node:async_hooks";
import { orAborted } from "./backoff.ts";
import { AuthError, TimeoutError } from "./errors.ts";
import type { Awaitable, Credential } from "./types.ts";

const loadLimit = 30_000;
const failureShared = 1_000;
const longestWindow = 20 * 60_000;

export interface CredentialCacheOptions {
  /** Who is asked, for messages. */
  readonly name: string;
  load(signal: AbortSignal): Awaitable<Credential>;
  now(): number;
  /** Told of a background load that failed while the old value is still good. */
  onBackgroundFailure?(error: unknown): void;
}

/** The one credential of one member of a client. */
export interface CredentialCache {
  /** The cached credential if it is good, at once, starting a background load in the refresh window; else undefined. */
  peek(): Credential | undefined;
  /** Waits for a good credential; an abort ends this wait, never the load that others share. */
  get(signal?: AbortSignal): Promise<Credential>;
  /** After a refusal of `used`: a newer one, by one load for any number of callers. */
  renew(used: Credential, signal?: AbortSignal): Promise<Credential>;
  /** Ends a load that is under way. */
  close(): void;
}

/**
 * Caches what `load` gives: single-flight, until `expiresAt`; from `refreshAt` on the old value is served while one load
 * runs in the background. The rules are those of the Databricks Go SDK (window of min(ttl / 2, 20 min)), with a shared
 * failure and a back-off that grows shorter as expiry comes near.
 */
export function credentialCache(options: CredentialCacheOptions): CredentialCache {
  const { name, now } = options;
  let current: { credential: Credential; expiresAt: number; refreshAt: number } | undefined;
  let pending: Promise<Credential> | undefined;
  let failure: { error: unknown; at: number } | undefined;
  let abort: AbortController | undefined;
  let inside: AsyncLocalStorage<true> | undefined;

  return {
    peek,
    async get(signal) {
      return peek() ?? orAborted(reload(), signal);
    },
    async renew(used, signal) {
      const newer = current?.credential === used ? undefined : peek();
      return newer ?? orAborted(reload(), signal);
    },
    close() {
      abort?.abort(new AuthError("ERR_CLOSED", "the client was closed"));
    },
  };

  function peek(): Credential | undefined {
    if (current === undefined) return undefined;
    if (current.refreshAt === Number.POSITIVE_INFINITY) return current.credential;
    const time = now();
    if (time >= current.expiresAt) return undefined;
    if (time >= current.refreshAt && pending === undefined) refreshInBackground(current);
    return current.credential;
  }

  function reload(): Promise<Credential> {
    if (inside?.getStore()) {
      throw new AuthError("ERR_AUTH_LOAD", `${name}: its own credential was asked for while it was being loaded`, {
        hint: "A credential function must not use the client that it serves; give it a client of its own.",
      });
    }
    if (pending !== undefined) return pending;
    const age = failure === undefined ? failureShared : now() - failure.at;
    if (age >= 0 && age < failureShared) return Promise.reject(failure?.error);
    pending = load();
    return pending;
  }

  async function load(): Promise<Credential> {
    try {
      const credential = await bounded();
      current = schedule(credential);
      failure = undefined;
      return credential;
    } catch (error) {
      failure = { error, at: now() };
      throw error;
    } finally {
      pending = undefined;
      inside?.disable();
    }
  }

  async function bounded(): Promise<Credential> {
    const controller = new AbortController();
    abort = controller;
    const timer = setTimeout(() => {
      controller.abort(
        new TimeoutError("ERR_TIMEOUT", `${name}: no credential within ${loadLimit / 1000} s`, {
          sent: true,
          hint: "The token endpoint, command or function never answered; see that it does.",
        }),
      );
    }, loadLimit);
    try {
      inside ??= new (process.getBuiltinModule("node:async_hooks").AsyncLocalStorage)();
      const loaded = inside.run(true, async () => options.load(controller.signal));
      return await orAborted(loaded, controller.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  function schedule(credential: Credential): NonNullable<typeof current> {
    if (typeof credential?.authorize !== "function") {
      throw new AuthError("ERR_AUTH_LOAD", `${name}: load() gave no credential`, {
        hint: "load() resolves to { authorize(request), expiresAt? }.",
      });
    }
    for (const name of ["expiresAt", "refreshAt"] as const) {
      if (credential[name] === undefined || credential[name] instanceof Date) continue;
      throw new AuthError("ERR_AUTH_LOAD", `${options.name}: the ${name} of the new credential is no Date`);
    }
    const time = now();
    const expiresAt = credential.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY;
    if (!(expiresAt > time)) {
      throw new AuthError("ERR_AUTH_LOAD", `${name}: the new credential had expired when it arrived`, {
        hint: "Compare this machine's clock with the server's, and the lifetime that the server gives.",
      });
    }
    const refreshAt = credential.refreshAt?.getTime() ?? expiresAt - Math.min((expiresAt - time) / 2, longestWindow);
    return { credential, expiresAt, refreshAt };
  }

  function refreshInBackground(served: NonNullable<typeof current>): void {
    pending = load();
    pending.catch((error) => {
      const left = served.expiresAt - now();
      served.refreshAt = now() + Math.min(60_000, Math.max(1_000, left / 4));
      options.onBackgroundFailure?.(error);
    });
  }
}

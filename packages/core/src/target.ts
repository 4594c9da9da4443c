import type { Address } from "./address.ts";
import { isLoopback } from "./address.ts";
import { type ActiveMember, authorize, type OnHeader, type Used } from "./authorize.ts";
import { isReplayable } from "./body.ts";
import { peekText } from "./buffered-body.ts";
import { anonymous } from "./compose.ts";
import { type CredentialCache, credentialCache } from "./credential-cache.ts";
import { credentialSend } from "./credential-send.ts";
import { isRefusal } from "./diagnose/index.ts";
import type { Environment } from "./environment.ts";
import { AuthError } from "./errors.ts";
import type { Headers } from "./headers.ts";
import { copyRequest, during } from "./outgoing.ts";
import { printableHeaders, type Redactor, redactUrl } from "./redact.ts";
import { follow } from "./redirect.ts";
import {
  asMlflowError,
  type ContextFor,
  checkCombination,
  examine,
  inOrder,
  type ProviderReport,
  type Selection,
  select,
} from "./selection.ts";
import type {
  AuthContext,
  AuthProvider,
  Credential,
  HttpRequest,
  HttpResponse,
  Logger,
  Refusal,
  Send,
  TlsIdentity,
  TlsTrust,
} from "./types.ts";
import { createWire } from "./wire/index.ts";

/** How much of a refusal is read. */
export const refusalLimit = 64 * 1024;

export interface TargetOptions {
  /** The setting that holds the address, for messages. */
  readonly owner: string;
  readonly address: Address | undefined;
  readonly auth: AuthProvider | undefined;
  readonly env: Environment;
  readonly homeDir: string;
  readonly tls: TlsTrust | undefined;
  readonly timeoutMs: number;
  readonly log: Logger;
  readonly redactor: Redactor;
  readonly signal: AbortSignal | undefined;
  /** Whether each attempt is logged. */
  readonly tracing: boolean;
  now(): number;
}

/** What selection settled, once per client. */
export interface Resolved {
  readonly base: URL;
  readonly members: readonly ActiveMember[];
  readonly signs: boolean;
  /** The client certificate, as it is now. */
  readonly identity: (() => Promise<TlsIdentity | undefined>) | undefined;
  /** One attempt over the wire, or over what replaces it. */
  readonly send: Send;
  readonly onHeader: OnHeader;
}

/** One server with its own selection of the providers: the tracking server, or the registry. */
export interface Target {
  /** Set once selection is done. */
  readonly resolved: Resolved | undefined;
  resolve(): Promise<Resolved>;
  /** Writes the members' headers. */
  authorize(resolved: Resolved, original: Headers, request: HttpRequest): ReturnType<typeof authorize>;
  /** Authorises and sends; after a refusal renews what can be renewed and sends once more; follows redirects. */
  exchange(request: HttpRequest, redirects?: boolean): Promise<HttpResponse>;
  /** Sends without credentials and without a certificate. */
  sendBare(request: HttpRequest, redirects?: boolean): Promise<HttpResponse>;
  /** Every provider's line, without network. */
  explain(): Promise<{ reports: readonly ProviderReport[]; error?: unknown }>;
  close(): Promise<void>;
}

export function createTarget(options: TargetOptions): Target {
  const { owner, address, env, log, redactor, now } = options;
  const provider = options.auth ?? anonymous();
  const wireOptions = { env, trust: options.tls, timeoutMs: options.timeoutMs, log };
  const bare = createWire(wireOptions);
  const tokenWire = createWire({
    ...wireOptions,
    trustMode: "token-endpoint",
    identity: async () => {
      const identity = await resolved?.identity?.();
      return identity?.tokenEndpoints ? identity : undefined;
    },
  });
  const closers: (() => PromiseLike<void>)[] = [() => bare.close(), () => tokenWire.close()];
  let resolved: Resolved | undefined;
  let resolving: Promise<Resolved> | undefined;
  let credentialsTaken = false;

  const context: Omit<AuthContext, "skip"> = {
    trackingUri: address?.uri,
    get urlCredentials() {
      credentialsTaken = true;
      return address?.credentials;
    },
    env,
    homeDir: options.homeDir,
    send: credentialSend((request) => tokenWire.send(request), redactor, now),
    log,
    signal: options.signal,
    now,
  };

  return {
    get resolved() {
      return resolved;
    },
    resolve,
    authorize: (ready, original, request) => authorize(ready.members, original, request, ready.onHeader),
    exchange,
    sendBare,
    async explain() {
      const selection = await select(provider, contextFor);
      return { reports: await examine(provider, selection, contextFor), error: selection.error };
    },
    async close() {
      for (const member of resolved?.members ?? []) member.cache?.close();
      await Promise.all(closers.map((close) => close()));
    },
  };

  function contextFor(skip: (reason: string) => void): ReturnType<ContextFor> {
    return Object.create(context, {
      skip: { value: (reason: string) => void skip(reason) },
    });
  }

  function resolve(): Promise<Resolved> {
    // In a later turn, so that a provider that uses its own client meets this promise instead of recursing.
    resolving ??= Promise.resolve()
      .then(settle)
      .then(
        (ready) => {
          resolved = ready;
          return ready;
        },
        (error) => {
          resolving = undefined;
          throw redactor.scrub(error);
        },
      );
    return resolving;
  }

  async function settle(): Promise<Resolved> {
    credentialsTaken = false;
    const selection = await select(provider, contextFor);
    for (const report of selection.reports) log.debug(describe(report));
    if (selection.error !== undefined) throw selection.error;
    if (selection.members.length === 0) throw unavailable(selection.reports);
    if (address?.credentials !== undefined && !credentialsTaken) {
      throw new AuthError("ERR_AUTH_UNAVAILABLE", `${owner} carries a user name and password that no provider takes`, {
        hint: "Add basic() from @mlflow-kit/auth-basic, or take them out of the address.",
      });
    }
    checkCombination(selection.members);
    mentionShadowed(selection);
    const members = inOrder(selection.members).map(({ name, auth }): ActiveMember => {
      const load = auth.load?.bind(auth);
      if (auth[Symbol.asyncDispose]) closers.push(async () => auth[Symbol.asyncDispose]?.());
      const cache =
        load &&
        credentialCache({
          name,
          now,
          load: async (signal) => {
            try {
              return await load(
                Object.create(
                  contextFor(() => {}),
                  { signal: { value: signal, enumerable: true } },
                ),
              );
            } catch (error) {
              throw redactor.scrub(asMlflowError(error, name));
            }
          },
          onBackgroundFailure: (error) => log.debug(`${name}: background refresh failed: ${String(error)}`),
        });
      return { name, auth, cache, authorize: auth.authorize?.bind(auth) };
    });
    const base = members.find((member) => member.auth.baseUrl)?.auth.baseUrl ?? address?.base;
    if (base === undefined) throw noAddress(owner, address);
    const tls = members.find((member) => member.auth.tls)?.auth.tls;
    const identity = tls && (async () => (typeof tls === "function" ? tls() : tls));
    const wire = createWire({ ...wireOptions, identity });
    closers.push(() => wire.close());
    const send = members.reduce<Send>(
      (next, { auth }) => auth.transport?.(next) ?? next,
      (request) => wire.send(request),
    );
    const onHeader = onHeaderFor(base, !members.some((member) => member.auth.transport));
    return { base, members, identity, send, onHeader, signs: members.some((member) => member.auth.signs) };
  }

  function mentionShadowed(selection: Selection): void {
    if (!selection.reports.some((report) => report.outcome === "shadowed")) return;
    const chosen = selection.members.map((member) => member.name).join(" and ");
    const quiet: ContextFor = (skip) =>
      Object.create(contextFor(skip), { log: { value: { debug: () => {}, warn: () => {} } } });
    examine(provider, selection, quiet)
      .then((reports) => {
        for (const report of reports) {
          if (report.outcome === "shadowed" && /^[A-Z][A-Z0-9_]+\b/.test(report.source ?? "")) {
            log.warn(`${report.source} is also set (${report.name}); ${chosen} is used`);
          }
        }
      })
      .catch(() => {});
  }

  function onHeaderFor(base: URL, leavesProcess: boolean): OnHeader {
    const exposed = leavesProcess && base.protocol === "http:" && !isLoopback(base);
    return (name, value, member) => {
      if (!member.auth.signs || name !== "authorization") redactor.addHeader(name, value);
      if (exposed) log.warn(`${member.name}: credentials go to ${base.origin} over plain http`);
    };
  }

  async function exchange(request: HttpRequest, redirects = true): Promise<HttpResponse> {
    const ready = resolved ?? (await resolve());
    const response = await authorised(ready, request);
    if (!redirects || response.status < 300 || response.status >= 400) return response;
    return follow(request, response, (next, away) => (away ? bare.send(next) : authorised(ready, next)));
  }

  async function sendBare(request: HttpRequest, redirects = true): Promise<HttpResponse> {
    const response = await bare.send(request);
    return redirects ? follow(request, response, (next) => bare.send(next)) : response;
  }

  async function authorised(ready: Resolved, original: HttpRequest): Promise<HttpResponse> {
    const used: Used = new Map();
    const first = await attempt(ready, original, used);
    const mayRecover = ready.members.some((member) => member.cache !== undefined || member.auth.recover !== undefined);
    if (first.response.status < 400 || !mayRecover || !isReplayable(original.body)) return first.response;
    const { status, headers } = first.response;
    if (status !== 400 && status !== 401 && status !== 403) return first.response;
    const { text, response } = await peekText(first.response, refusalLimit);
    if (!isRefusal(status, headers, text, ready.signs)) return response;
    const again = await recover(ready, original, { status, headers, text }, first.request, used);
    if (again === undefined) return response;
    response.body.cancel();
    return ready.send(again);
  }

  async function attempt(ready: Resolved, original: HttpRequest, used: Used) {
    const request = await authorisedRequest(ready, original, used);
    return { request, response: await (options.tracing ? traced(ready, request) : ready.send(request)) };
  }

  async function traced(ready: Resolved, request: HttpRequest): Promise<HttpResponse> {
    const started = now();
    log.debug(`${request.method} ${redactUrl(request.url)} ${printableHeaders(request.headers)}`);
    const response = await ready.send(request);
    log.debug(`HTTP ${response.status} after ${now() - started} ms ${printableHeaders(response.headers)}`);
    return response;
  }

  async function authorisedRequest(ready: Resolved, original: HttpRequest, used: Used): Promise<HttpRequest> {
    const request = copyRequest(original, ready.signs ? new URL(original.url) : original.url);
    const written = authorize(ready.members, original.headers, request, ready.onHeader, used);
    if (written !== undefined) await during(written, original);
    return request;
  }

  /** The request to send once more, or undefined when nothing about it would be new. */
  async function recover(ready: Resolved, original: HttpRequest, refusal: Refusal, refused: HttpRequest, used: Used) {
    let changed = false;
    let renewed = false;
    for (const member of ready.members) {
      const { auth, cache } = member;
      const credential = used.get(member);
      if (auth.recover) {
        if (!(await during(Promise.resolve(auth.recover(refusal, refused)), original))) continue;
        changed = true;
        if (cache && credential) await renew(member, cache, credential, original.signal);
      } else if (refusal.status === 401 && cache && credential && !auth.signs) {
        log.debug(`${member.name}: refused with 401; asking for a new credential`);
        renewed = (await renew(member, cache, credential, original.signal)) || renewed;
      }
    }
    if (!changed && !renewed) return undefined;
    const again = await authorisedRequest(ready, original, new Map());
    const differs = Object.entries(again.headers).some(([name, value]) => refused.headers[name] !== value);
    return changed || differs ? again : undefined;
  }

  async function renew(member: ActiveMember, cache: CredentialCache, credential: Credential, signal?: AbortSignal) {
    try {
      await cache.renew(credential, signal);
      return true;
    } catch (error) {
      if (signal?.aborted) throw error;
      log.warn(`${member.name}: refused, and no new credential could be had: ${String(error)}`);
      return false;
    }
  }
}

function describe({ name, outcome, source, reason }: ProviderReport): string {
  return `${name}: ${outcome}${source ? ` from ${source}` : ""}${reason ? ` (${reason})` : ""}`;
}

function unavailable(reports: readonly ProviderReport[]): AuthError {
  const reasons = reports.map(({ name, reason }) => `${name}: ${reason}`);
  return new AuthError(
    "ERR_AUTH_UNAVAILABLE",
    `no provider found credentials — ${reasons.join("; ") || "none was given"}`,
    {
      hint: "Set what one of them looks for, or end the chain with anonymous() to send nothing.",
      remedies: reasons,
    },
  );
}

function noAddress(owner: string, address: Address | undefined): AuthError {
  if (address === undefined) {
    return new AuthError("ERR_TRACKING_URI", `${owner} is not set, and no provider brings an address`, {
      hint: "Set MLFLOW_TRACKING_URI, or pass trackingUri to createClient.",
    });
  }
  return new AuthError("ERR_TRACKING_URI", `${owner} is ${address.uri}, which no provider knows`, {
    hint: address.uri.startsWith("arn:")
      ? "Pass sigv4() from @mlflow-kit/auth-sigv4."
      : "Pass databricks() from @mlflow-kit/auth-databricks.",
  });
}

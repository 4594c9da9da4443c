import { type Address, parseAddress } from "./address.ts";
import { orAborted } from "./backoff.ts";
import { isReplayable } from "./body.ts";
import { closedError, createCalls } from "./call.ts";
import { chain, checkProvider } from "./compose.ts";
import { type Environment, envBoolean, envString } from "./environment.ts";
import { AuthError } from "./errors.ts";
import { createFetch } from "./fetch.ts";
import { checkHeaders, type Headers } from "./headers.ts";
import { stringifyJson } from "./json.ts";
import { guardedLogger, stderrLogger } from "./log.ts";
import { OutgoingRequest } from "./outgoing.ts";
import { below, locate, otherOrigin } from "./own-server.ts";
import { checkOptions } from "./provider/options.ts";
import { readAnswer } from "./read-answer.ts";
import { createRedactor, secretVariables } from "./redact.ts";
import { withRetries } from "./retry.ts";
import { type Answer, type BareRoute, expandRoute, type Parameters, type Route, repeatable } from "./routes/index.ts";
import type { ProviderReport } from "./selection.ts";
import { checkNumber, type RetryOptions, readSettings } from "./settings.ts";
import { createTarget, type Target } from "./target.ts";
import type {
  AuthProvider,
  HttpBody,
  HttpRequest,
  HttpResponse,
  Logger,
  Send,
  TlsIdentity,
  TlsTrust,
  Transport,
} from "./types.ts";
import { unreadVariables } from "./unread.ts";
import { version } from "./version.ts";

export interface ClientOptions {
  /** The MLflow server. Default `MLFLOW_TRACKING_URI`. */
  readonly trackingUri?: string;
  /** Who is asked for credentials. An array is a `chain()`. Absent: nothing is sent. */
  readonly auth?: AuthProvider | readonly AuthProvider[];
  /** The model registry's server. Default `MLFLOW_REGISTRY_URI`, else the tracking server. */
  readonly registryUri?: string;
  /** Who is asked for the registry's credentials. Default `auth`, asked anew. */
  readonly registryAuth?: AuthProvider | readonly AuthProvider[];
  /** Copied when the client is made. Default `process.env`. */
  readonly env?: Environment;
  /** Where `~` is. Default the user's. */
  readonly homeDir?: string;
  /** The outermost layer. */
  readonly transport?: Transport;
  readonly tls?: TlsTrust;
  /** Milliseconds for one attempt: to connect, and then for each silence. Default `MLFLOW_HTTP_REQUEST_TIMEOUT` (seconds), else 120 000. */
  readonly timeoutMs?: number;
  /** Milliseconds for one call with credentials, retries and waits. 0: none. Default 300 000. */
  readonly deadlineMs?: number;
  /** `false`: one attempt. */
  readonly retry?: RetryOptions | false;
  /** Sent with every call. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default `MLFLOW_WORKSPACE`. */
  readonly workspace?: string;
  /** Default: warnings to stderr, and decisions too with `MLFLOW_KIT_DEBUG=1`. */
  readonly log?: Logger;
  /** Epoch milliseconds. Default `Date.now`. */
  readonly now?: () => number;
  /** Ends every call of the client. */
  readonly signal?: AbortSignal;
}

export interface RequestOptions {
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of JSON parameters: an artifact's bytes, or `await fileBody(path)`. Streamed bodies have no deadline while bytes flow. */
  readonly body?: HttpBody;
  /** Milliseconds. Default the client's. */
  readonly deadlineMs?: number;
  /** Whether the same call may be sent twice. Default: what the route's table says; for other routes, GET and HEAD. */
  readonly repeatable?: boolean;
}

/** Which provider answers, which did not, and why. Safe to print. */
export interface AuthReport {
  readonly trackingUri: string | undefined;
  /** Where requests go, once selection succeeded. */
  readonly baseUrl: string | undefined;
  readonly registryUri: string | undefined;
  readonly transport: { readonly name: string; readonly mode?: string } | undefined;
  readonly providers: readonly ProviderReport[];
  /** The registry's own selection, where it has one. */
  readonly registry: readonly ProviderReport[] | undefined;
  /** Variables that are set and that no provider reads, with what would read them. */
  readonly unread: readonly string[];
  /** What would be thrown at the first call. */
  readonly error: string | undefined;
}

export interface MlflowClient extends AsyncDisposable {
  /**
   * Calls a route of MLflow's REST API: `client.request("POST mlflow/runs/create", { experiment_id: "0" })`. Without a
   * leading slash it is below `/api/2.0/`, with one below the base path. A route that the table does not know takes any
   * parameters.
   *
   * @throws AuthError before anything is sent; HttpAuthError and RestError when the server says no; ConnectionError and
   * TimeoutError when it says nothing; the signal's reason when it aborts.
   */
  request<R extends string>(
    route: R & (R extends Route ? never : unknown),
    parameters?: object,
    options?: RequestOptions,
  ): Promise<unknown>;
  request<K extends BareRoute>(route: K): Promise<Answer<K>>;
  request<K extends Route>(route: K, parameters: Parameters<K>, options?: RequestOptions): Promise<Answer<K>>;
  /** Global `fetch` with credentials, for this server only; paths are below the base. Does not retry. */
  readonly fetch: typeof globalThis.fetch;
  /** The headers that a request of this client carries, for exporters that send by themselves; a path is below the base. */
  headers(init?: { method?: string; url?: string | URL; body?: HttpBody }): Promise<Record<string, string>>;
  /**
   * The address, and the client certificate, for libraries that connect by themselves. No slash ends a path prefix:
   * append to `href`, since `new URL("v1/traces", baseUrl)` would drop the prefix's last part.
   */
  endpoint(): Promise<{ baseUrl: URL; tls?: TlsIdentity }>;
  /** Every provider and why it was chosen or not. Never uses the network or starts a process. */
  explain(): Promise<AuthReport>;
  /** One cheap authenticated call; throws what is wrong. */
  validate(options?: RequestOptions): Promise<void>;
  /** Ends what is under way and leaves no socket. */
  close(): Promise<void>;
}

/** What the layers below need to know of a call; found again by its headers, which every layer passes on. */
interface CallPolicy {
  readonly target: Target;
  /** `untouched`: only where the server cannot have acted. */
  readonly retries: "none" | "repeatable" | "untouched";
  readonly redirects?: boolean;
}

const knownOptions: readonly (keyof ClientOptions)[] = [
  "trackingUri",
  "auth",
  "registryUri",
  "registryAuth",
  "env",
  "homeDir",
  "transport",
  "tls",
  "timeoutMs",
  "deadlineMs",
  "retry",
  "headers",
  "workspace",
  "log",
  "now",
  "signal",
];
const knownTls: readonly (keyof TlsTrust)[] = ["ca", "trust", "insecure"];

const registryRoute = /^\/api\/2\.0\/(?:preview\/)?mlflow\/(registered-models|model-versions)\//;
const unityCatalog = /^databricks-uc(?=$|:)/;

/**
 * A client of one MLflow server. Nothing is read or sent before the first call, except that the environment is copied.
 *
 * @throws AuthError `ERR_OPTION`, `ERR_ENV`, `ERR_TRACKING_URI` for options and variables that cannot be meant.
 */
export function createClient(options: ClientOptions = {}): MlflowClient {
  checkOptions(options, knownOptions, "createClient");
  if (options.tls !== undefined) checkOptions(options.tls, knownTls, "createClient, tls");
  const { debug, warn } = options.log ?? console;
  if (typeof debug !== "function" || typeof warn !== "function") {
    throw new AuthError("ERR_OPTION", "createClient: log is no logger", {
      hint: "Pass { debug, warn }; console is one.",
    });
  }
  const env: Environment = Object.freeze({ ...(options.env ?? process.env) });
  const redactor = createRedactor();
  for (const secret of secretVariables(env)) redactor.add(secret);
  const debugging = envBoolean(env, "MLFLOW_KIT_DEBUG") ?? false;
  const tracing = debugging || options.log !== undefined;
  const log = guardedLogger(options.log ?? stderrLogger(debugging), (text) => redactor.redact(text));
  const now = options.now ?? Date.now;
  const settings = readSettings(options, env);
  const extra = checkHeaders(options.headers, "headers");
  if (settings.workspace) extra["x-mlflow-workspace"] ??= settings.workspace;
  const defaults = defaultHeaders(extra);
  const original = defaults();
  const auth = asProvider(options.auth);
  const calls = createCalls();
  const closing = new AbortController();
  let closed: Promise<void> | undefined;
  const ended = () => calls.endAll(options.signal?.reason);
  if (options.signal?.aborted) ended();
  else options.signal?.addEventListener("abort", ended, { once: true });
  const homeDir = options.homeDir ?? process.getBuiltinModule("node:os").homedir();
  const common = {
    env,
    homeDir,
    tls: options.tls,
    timeoutMs: settings.timeoutMs,
    log,
    redactor,
    now,
    tracing,
    signal: closing.signal,
  };

  const trackingUri = options.trackingUri || envString(env, "MLFLOW_TRACKING_URI");
  const trackingOwner = options.trackingUri ? "trackingUri" : "MLFLOW_TRACKING_URI";
  const trackingAddress = trackingUri === undefined ? undefined : address(trackingUri, trackingOwner);
  const tracking = createTarget({ ...common, owner: trackingOwner, address: trackingAddress, auth });

  const registryUri = options.registryUri || envString(env, "MLFLOW_REGISTRY_URI");
  const registryPrefix = registryUri && unityCatalog.test(registryUri) ? "unity-catalog/" : "";
  const registryOwner = options.registryUri ? "registryUri" : "MLFLOW_REGISTRY_URI";
  const registryAddress = registryUri && address(registryUri.replace(unityCatalog, "databricks"), registryOwner);
  const registry = registryAddress
    ? createTarget({
        ...common,
        owner: registryOwner,
        address: registryAddress,
        auth: asProvider(options.registryAuth) ?? auth,
      })
    : tracking;

  const policies = new WeakMap<HttpRequest["headers"], CallPolicy>();
  const unread = () => unreadVariables(auth, env);
  const dispatch: Send = options.transport?.wrap(send) ?? send;

  function address(uri: string, owner: string): Address {
    const parsed = parseAddress(uri, owner);
    if (parsed.credentials) {
      redactor.add(parsed.credentials.password);
      redactor.addHeader(
        "authorization",
        `Basic ${Buffer.from(`${parsed.credentials.username}:${parsed.credentials.password}`).toString("base64")}`,
      );
    }
    return parsed;
  }

  function targetOf(request: HttpRequest): Target {
    const { origin } = request.url;
    const elsewhere = registry.resolved?.base.origin === origin && tracking.resolved?.base.origin !== origin;
    return elsewhere ? registry : tracking;
  }

  function send(request: HttpRequest): Promise<HttpResponse> {
    const policy = policies.get(request.headers);
    const { exchange } = policy?.target ?? targetOf(request);
    if (policy?.retries === "none") return exchange(request, policy.redirects);
    const repeatable = policy === undefined ? isSafe(request.method) : policy.retries === "repeatable";
    return withRetries(exchange, request, repeatable, settings.retry, now, log);
  }

  async function request(route: string, parameters: object = {}, call: RequestOptions = {}): Promise<unknown> {
    const { method, path, query, body } = expandRoute(route, parameters);
    const inRegistry = registryRoute.test(path);
    const target = inRegistry ? registry : tracking;
    if (call.deadlineMs !== undefined) checkNumber("deadlineMs", call.deadlineMs);
    const scope = calls.open(call.signal, call.deadlineMs ?? settings.deadlineMs);
    try {
      const resolved = target.resolved ?? (await scope.call.during(target.resolve()));
      const prefixed = inRegistry && registryPrefix ? path.replace("/mlflow/", `/mlflow/${registryPrefix}`) : path;
      const url = below(resolved.base, prefixed, query);
      const headers = defaults();
      headers.accept = "application/json";
      if (call.headers) Object.assign(headers, checkHeaders(call.headers, "headers"));
      if (prefixed.includes("/mlflow/workspaces")) delete headers["x-mlflow-workspace"];
      const content = call.body ?? (body === undefined ? undefined : stringifyJson(body));
      if (content !== undefined)
        headers["content-type"] ??= call.body === undefined ? "application/json" : "application/octet-stream";
      if (call.body !== undefined && typeof call.body !== "string" && !(call.body instanceof Uint8Array))
        scope.liftDeadline();
      const mayRepeat = call.repeatable ?? (repeatable.has(route) || isSafe(method));
      policies.set(headers, { target, retries: mayRepeat ? "repeatable" : "untouched" });
      const outgoing = new OutgoingRequest(method, url, headers, content, scope.call);
      return await readAnswer(route, outgoing, await dispatch(outgoing), {
        resolved,
        redact: (text) => redactor.redact(text),
        unread,
      });
    } catch (error) {
      throw redactor.scrub(error);
    } finally {
      scope.end();
    }
  }

  const client: MlflowClient = {
    request: request as MlflowClient["request"],
    fetch: createFetch({
      target: tracking,
      defaults,
      dispatch(outgoing, redirects) {
        policies.set(outgoing.headers, { target: tracking, retries: "none", redirects });
        return dispatch(outgoing);
      },
      scrub: (error) => redactor.scrub(error),
      scope: (signal) => calls.open(signal, settings.deadlineMs),
    }),
    headers(init) {
      const ready = tracking.resolved;
      if (init === undefined && ready?.signs === false && closed === undefined) {
        const outgoing = { method: "GET", url: ready.base, headers: defaults() };
        const written = tracking.authorize(ready, original, outgoing);
        return written === undefined ? Promise.resolve(outgoing.headers) : headersAfter(written, outgoing);
      }
      return headersFor(init ?? {});
    },
    async endpoint() {
      const resolved = await orAborted(tracking.resolve(), closing.signal);
      const tls = await resolved.identity?.();
      return { baseUrl: new URL(resolved.base), ...(tls && { tls }) };
    },
    async explain() {
      const [own, other] = await Promise.all([
        tracking.explain(),
        registry === tracking ? undefined : registry.explain(),
      ]);
      const resolved = own.error === undefined ? await tracking.resolve().catch((error: Error) => error) : undefined;
      const error = own.error ?? (resolved instanceof Error ? resolved : undefined);
      return {
        trackingUri: trackingAddress?.uri,
        baseUrl: resolved === undefined || resolved instanceof Error ? undefined : resolved.base.href,
        registryUri: registryAddress ? registryAddress.uri : undefined,
        transport: options.transport && { name: options.transport.name, mode: options.transport.mode },
        providers: own.reports,
        registry: other?.reports,
        unread: unread(),
        error: error === undefined ? undefined : redactor.redact((error as Error).message),
      };
    },
    async validate(call) {
      await request("GET mlflow/experiments/search", { max_results: 1 }, call);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
  return client;

  /** Apart from `headers`: closures in there would cost every call, also those that wait for nothing. */
  async function headersAfter(written: PromiseLike<void>, { headers }: HttpRequest): Promise<Record<string, string>> {
    try {
      await written;
      return headers;
    } catch (error) {
      throw redactor.scrub(error);
    }
  }

  async function headersFor(init: {
    method?: string;
    url?: string | URL;
    body?: HttpBody;
  }): Promise<Record<string, string>> {
    if (closed !== undefined) throw closedError();
    try {
      const resolved = await orAborted(tracking.resolve(), closing.signal);
      const method = init.method?.toUpperCase() ?? "GET";
      const url = new URL(locate(resolved.base, init.url ?? resolved.base));
      if (url.origin !== resolved.base.origin) throw otherOrigin(url, resolved.base);
      if (resolved.signs && init.body === undefined && method !== "GET" && method !== "HEAD") {
        throw new AuthError("ERR_BODY", `headers() cannot sign a ${method} without its body`, {
          hint: "Pass { method, url, body } exactly as they will be sent, or use client.fetch.",
        });
      }
      if (resolved.signs && !isReplayable(init.body)) {
        throw new AuthError("ERR_BODY", "headers() cannot sign a stream", { hint: "Pass bytes or fileBody(path)." });
      }
      const outgoing = { method, url, headers: defaults(), body: init.body };
      await tracking.authorize(resolved, original, outgoing);
      return outgoing.headers;
    } catch (error) {
      throw redactor.scrub(error);
    }
  }

  function close(): Promise<void> {
    closed ??= end();
    return closed;
  }

  async function end(): Promise<void> {
    closing.abort(closedError());
    calls.endAll(closing.signal.reason);
    await Promise.all([
      tracking.close(),
      registry === tracking ? undefined : registry.close(),
      options.transport?.close?.(),
    ]);
  }
}

/** Makes what every request begins with. Written out, because V8 then knows the object's shape: it is the hot path. */
function defaultHeaders(extra: Readonly<Headers>): () => Headers {
  const agent = `mlflow-kit/${version}`;
  const names = Object.keys(extra);
  return () => {
    const headers: Headers = {};
    headers["user-agent"] = agent;
    headers["x-mlflow-client-version"] = version;
    for (let i = 0; i < names.length; i += 1) headers[names[i] as string] = extra[names[i] as string] as string;
    return headers;
  };
}

function isSafe(method: string): boolean {
  return method === "GET" || method === "HEAD";
}

function asProvider(auth: ClientOptions["auth"]): AuthProvider | undefined {
  if (auth === undefined) return undefined;
  if (Array.isArray(auth)) return chain(...auth);
  checkProvider(auth, "auth");
  return auth as AuthProvider;
}

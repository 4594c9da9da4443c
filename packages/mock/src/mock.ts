import { AuthError, type AuthProvider, envString, type HttpBody, type HttpRequest, type Send } from "@mlflow-kit/core";
import { bufferedBody, checkOptions } from "@mlflow-kit/core/provider";
import { answer, createStore, onlyAdmin, type Store } from "./engine/index.ts";

export interface MockOptions {
  /** What the embedded MLflow knows. Default: a new, empty one for each provider. */
  readonly store?: Store;
  /** Needed where `NODE_ENV` is `production`: nothing that is logged outlives the process. Default false. */
  readonly allowInProduction?: boolean;
}

/**
 * An MLflow inside the process: every call is answered from memory, and none reaches a network. It is always on and
 * needs no tracking URI.
 *
 * @example
 * const client = createClient({ auth: mock() });
 *
 * @throws AuthError `ERR_OPTION` for an unknown option. When it is resolved: `ERR_OPTION` in production.
 */
export function mock(options: MockOptions = {}): AuthProvider {
  checkOptions(options, ["store", "allowInProduction"], "mock");
  const store = options.store ?? createStore();
  return {
    name: "mock",
    resolve({ env, log }) {
      if (envString(env, "NODE_ENV") === "production") {
        if (options.allowInProduction !== true) {
          throw new AuthError("ERR_OPTION", "mock: NODE_ENV is production, and what the mock records is lost", {
            hint: "Take mock() out, or pass mock({ allowInProduction: true }) if it is meant.",
          });
        }
        log.warn("mock: NODE_ENV is production, and the embedded MLflow records in memory only");
      }
      return {
        source: "embedded MLflow",
        baseUrl: new URL("http://mlflow.invalid"),
        transport: () => embedded(store),
      };
    },
  };
}

function embedded(store: Store): Send {
  return async ({ method, url, headers, body, signal }: HttpRequest) => {
    signal?.throwIfAborted();
    const sent = await readBody(body);
    signal?.throwIfAborted();
    const {
      status,
      headers: answered,
      body: text,
    } = answer(store, {
      method,
      path: url.pathname,
      query: url.searchParams,
      contentType: headers["content-type"],
      body: sent,
      users: onlyAdmin,
    });
    const bytes = Buffer.from(method === "HEAD" ? "" : text);
    return { status, headers: { ...answered }, body: bufferedBody(bytes) };
  };
}

async function readBody(body: HttpBody | undefined): Promise<string> {
  if (body === undefined || typeof body === "string") return body ?? "";
  if (body instanceof Uint8Array) return Buffer.from(body).toString("utf8");
  const chunks: Uint8Array[] = [];
  for await (const chunk of "open" in body ? body.open() : body) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

import { isBodySource } from "./body.ts";
import type { CallScope } from "./call.ts";
import { AuthError, RestError } from "./errors.ts";
import { checkHeaders } from "./headers.ts";
import { OutgoingRequest } from "./outgoing.ts";
import { locate, otherOrigin } from "./own-server.ts";
import type { Target } from "./target.ts";
import type { HttpBody, HttpRequest, HttpResponse } from "./types.ts";

const signedLimit = 16 * 1024 * 1024;

export interface FetchOptions {
  readonly target: Target;
  defaults(): Record<string, string>;
  dispatch(request: HttpRequest, redirects: boolean): Promise<HttpResponse>;
  readonly scrub: <T>(error: T) => T;
  scope(signal: AbortSignal | undefined): CallScope;
}

/** Global `fetch` over the client's own path: same arguments, a global `Response` for every status. */
export function createFetch(options: FetchOptions): typeof globalThis.fetch {
  const { target, defaults, scrub } = options;

  return async function fetch(input, init): Promise<Response> {
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined) ?? undefined;
    const scope = options.scope(signal);
    try {
      const resolved = target.resolved ?? (await scope.call.during(target.resolve()));
      const url = input instanceof Request ? new URL(input.url) : locate(resolved.base, input);
      const omit = (init?.credentials ?? (input instanceof Request ? input.credentials : undefined)) === "omit";
      if (url.username || url.password) {
        throw new AuthError("ERR_ROUTE", "fetch: the address carries a user name or a password", {
          hint: "Take them out; the client's providers authenticate.",
        });
      }
      if (!omit && url.origin !== resolved.base.origin) throw otherOrigin(url, resolved.base);
      const request = normalise(url, input, init);
      let { body } = request;
      if (resolved.signs && !omit && body instanceof ReadableStream) {
        body = await scope.call.during(buffered(body));
      }
      if (body !== undefined && typeof body !== "string" && !(body instanceof Uint8Array)) scope.liftDeadline();
      const headers = { ...(omit ? { "user-agent": defaults()["user-agent"] ?? "" } : defaults()), ...request.headers };
      headers["accept-encoding"] ??= "gzip, deflate, br";
      const outgoing = new OutgoingRequest(request.method, url, headers, body, scope.call);
      const redirects = request.redirect === "follow";
      const response = await (omit ? target.sendBare(outgoing, redirects) : options.dispatch(outgoing, redirects));
      if (request.redirect === "error" && response.status >= 300 && response.status < 400) {
        throw new RestError("ERR_REDIRECT", `HTTP ${response.status}: ${url.origin} redirects`, {
          status: response.status,
        });
      }
      scope.liftDeadline();
      return toResponse(response, outgoing, scope);
    } catch (error) {
      scope.end();
      throw scrub(error);
    }
  };
}

type FetchParameters = Parameters<typeof globalThis.fetch>;

function normalise(url: URL, input: FetchParameters[0], init: FetchParameters[1]) {
  const given = init?.body as unknown;
  const plain = typeof given === "string" || given instanceof Uint8Array || isBodySource(given as HttpBody);
  const source = input instanceof Request ? input : url;
  const standard = standardRequest(source, {
    ...init,
    signal: null,
    ...(plain && { body: typeof given === "string" ? "" : new Uint8Array() }),
  });
  const headers = checkHeaders(Object.fromEntries(standard.headers), "fetch");
  const { method, redirect } = standard;
  if (plain) return { method, redirect, headers, body: given as HttpBody };
  if (standard.body === null) return { method, redirect, headers };
  return { method, redirect, headers, body: standard.body as HttpBody };
}

/** Its own messages would show the address and header values, so they are not passed on. */
function standardRequest(source: Request | URL, init: RequestInit): Request {
  try {
    return new Request(source, { ...init, duplex: "half" } as RequestInit);
  } catch {
    throw new AuthError("ERR_OPTION", "fetch: the address, method, headers or body cannot be sent", {
      hint: "Look for a line break in a header, a body with GET, or a user name in the address.",
    });
  }
}

async function buffered(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > signedLimit) {
      throw new AuthError("ERR_BODY", "a body of more than 16 MiB is buffered to be signed", {
        hint: "Pass bytes, or await fileBody(path), which is hashed and sent without being held in memory.",
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function toResponse(response: HttpResponse, request: HttpRequest, scope: CallScope): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(response.headers)) {
    for (const one of Array.isArray(value) ? value : [value]) headers.append(name, one);
  }
  const { status } = response;
  const empty = request.method === "HEAD" || status === 204 || status === 205 || status === 304;
  const encoding = headers.get("content-encoding")?.toLowerCase();
  let body: ReadableStream | null = null;
  if (empty) {
    response.body.cancel();
    scope.end();
  } else {
    const { Readable } = process.getBuiltinModule("node:stream");
    const raw = Readable.from(ending(response, scope), { objectMode: false });
    body = Readable.toWeb(decoded(raw, encoding)) as ReadableStream;
  }
  const answer = new Response(body, { status, headers });
  Object.defineProperty(answer, "url", { value: request.url.href });
  return answer;
}

/** The body, whose end is the call's. Given up, it closes the connection at once: a generator would await the next byte. */
function ending(response: HttpResponse, scope: CallScope): AsyncIterableIterator<Uint8Array> {
  const bytes = read();
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => bytes.next(),
    return() {
      scope.end();
      response.body.cancel();
      return bytes.return(undefined);
    },
  };

  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      yield* response.body;
    } finally {
      scope.end();
    }
  }
}

function decoded(raw: import("node:stream").Readable, encoding: string | undefined): import("node:stream").Readable {
  if (encoding === undefined || !/^(x-)?(gzip|deflate|br)$/.test(encoding)) return raw;
  const { constants, createBrotliDecompress, createGunzip, createInflate } = process.getBuiltinModule("node:zlib");
  const { pipeline } = process.getBuiltinModule("node:stream");
  // As global fetch does: an empty body is one, though it says that it is gzip.
  const lenient = { finishFlush: constants.Z_SYNC_FLUSH };
  const decoder =
    encoding === "br"
      ? createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH })
      : encoding.endsWith("gzip")
        ? createGunzip(lenient)
        : createInflate(lenient);
  return pipeline(raw, decoder, () => {});
}

import type { Dispatcher } from "undici";
import { ConnectionError, MlflowError } from "../errors.ts";
import type { OutgoingRequest } from "../outgoing.ts";
import type { BodySource, HttpRequest, HttpResponse } from "../types.ts";
import type { Attempt } from "./connect.ts";
import type { Connection } from "./pool.ts";
import { IncomingBody, type Source } from "./response-body.ts";

/** What an exchange needs of the pool that carries it. */
export interface Carrier {
  readonly origin: string;
  /** The connection is free again. */
  release(exchange: Exchange): void;
  /** The connection failed, or died before the request was written. */
  broken(exchange: Exchange, error: unknown): void;
}

/** undici's own reader of header blocks. */
export type ParseHeaders = (headers: Buffer[]) => Record<string, string | string[]>;

/** More interim answers than this are an attack, or a fault: undici restarts its clock at each. */
const interimLimit = 32;
const once = { once: true };
/** Longer bodies are sent piece by piece: from there on undici's clock counts silence, not the whole upload. */
const atOnce = 1024 * 1024;
const slice = 128 * 1024;

/**
 * One request on its way: undici's handler (the callback form, which costs least), the listener of the caller's
 * signal, and the source of the body. One object each call, no closures.
 */
export class Exchange implements Dispatcher.DispatchHandler, Source {
  readonly request: HttpRequest;
  readonly timeoutMs: number;
  /** While there is no connection yet. */
  attempt: Attempt | undefined;
  connection: Connection | undefined;
  /** undici has written the request, or begun to. */
  sent = false;
  head = false;
  /** Bytes of the answer's body. */
  bytes = 0;
  /** Settled, from the caller's view; what still happens is of no interest. */
  over = false;
  readonly #carrier: Carrier;
  readonly #parseHeaders: ParseHeaders;
  readonly #resolve: (response: HttpResponse) => void;
  readonly #reject: (reason: unknown) => void;
  #signal: AbortSignal | undefined;
  #abort: ((error?: Error) => void) | undefined;
  #body: IncomingBody | undefined;
  #upload: Upload | undefined;
  #interim = 0;

  constructor(
    request: HttpRequest,
    timeoutMs: number,
    carrier: Carrier,
    parseHeaders: ParseHeaders,
    resolve: (response: HttpResponse) => void,
    reject: (reason: unknown) => void,
  ) {
    this.request = request;
    this.timeoutMs = timeoutMs;
    this.#carrier = carrier;
    this.#parseHeaders = parseHeaders;
    this.#resolve = resolve;
    this.#reject = reject;
    const { call } = request as Partial<OutgoingRequest>;
    if (call === undefined) this.#signal = request.signal;
    else call.watch(this);
    this.#signal?.addEventListener("abort", this, once);
  }

  get origin(): string {
    return this.#carrier.origin;
  }

  /** undici's options; `path` is absolute on the way to a proxy. */
  options(path: string, headers: HttpRequest["headers"]): Dispatcher.DispatchOptions {
    const { method, body } = this.request;
    const options = {
      path,
      method,
      headers,
      body: null,
      headersTimeout: this.timeoutMs,
      bodyTimeout: this.timeoutMs,
    } as {
      -readonly [K in keyof Dispatcher.DispatchOptions]: Dispatcher.DispatchOptions[K];
    };
    if (body === undefined) return options;
    if (typeof body === "string" || body instanceof Uint8Array) {
      if (body.length <= atOnce) {
        options.body = body;
        return options;
      }
      const bytes = typeof body === "string" ? Buffer.from(body) : body;
      options.headers = withLength(headers, bytes.length);
      options.body = this.#stream(slices(bytes));
    } else if ("open" in body) {
      options.headers = withLength(headers, body.length);
      if (body.length > 0) options.body = this.#stream(body);
    } else {
      options.body = this.#stream(body);
    }
    return options;
  }

  #stream(body: BodySource | AsyncIterable<Uint8Array>): NonNullable<Dispatcher.DispatchOptions["body"]> {
    this.#upload = new Upload(body);
    // Typed as streams and buffers only, but any iterable is taken.
    return this.#upload as unknown as Uint8Array;
  }

  handleEvent(): void {
    this.abort(this.#signal?.reason);
  }

  abort(error: unknown): void {
    if (this.over) return;
    this.#finish(error);
    this.attempt?.cancel(error);
    // undici wants an Error, and gives it back to onError, which has nothing left to do.
    this.#abort?.(new MlflowError("ERR_CLOSED", "aborted"));
  }

  fail(error: unknown): void {
    if (!this.over) this.#finish(error);
  }

  #finish(error: unknown): void {
    this.over = true;
    this.#signal?.removeEventListener("abort", this);
    this.#upload?.stop();
    if (this.#body === undefined) this.#reject(error);
    else this.#body.fail(error);
  }

  onConnect(abort: (error?: Error) => void): void {
    if (this.over) {
      abort(new MlflowError("ERR_CLOSED", "aborted"));
      return;
    }
    this.sent = true;
    this.#abort = abort;
  }

  onHeaders(status: number, headers: Buffer[], resume: () => void): boolean {
    if (status < 200) {
      if (++this.#interim > interimLimit) {
        this.abort(
          new ConnectionError(
            "ERR_CONNECTION_LOST",
            `${this.origin} answered with more than ${interimLimit} interim answers`,
            {
              sent: true,
              retryable: false,
            },
          ),
        );
      }
      return true;
    }
    this.head = true;
    this.#body = new IncomingBody(this, resume);
    this.#resolve({ status, headers: this.#parseHeaders(headers), body: this.#body });
    return true;
  }

  onData(chunk: Buffer): boolean {
    this.bytes += chunk.length;
    return this.#body!.push(chunk);
  }

  onComplete(): void {
    this.over = true;
    this.#signal?.removeEventListener("abort", this);
    this.#upload?.stop();
    this.#body!.end();
    this.#carrier.release(this);
  }

  onError(error: Error): void {
    this.#carrier.broken(this, this.#upload?.failure ?? error);
  }
}

function withLength(headers: HttpRequest["headers"], length: number): HttpRequest["headers"] {
  return headers["content-length"] === undefined ? { ...headers, "content-length": String(length) } : headers;
}

async function* slices(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += slice) yield bytes.subarray(start, start + slice);
}

/** A body on its way out: opened when undici asks for it, closed whatever happens. */
class Upload implements AsyncIterable<Uint8Array> {
  failure: MlflowError | undefined;
  readonly #body: BodySource | AsyncIterable<Uint8Array>;
  #iterator: AsyncIterator<Uint8Array> | undefined;

  constructor(body: BodySource | AsyncIterable<Uint8Array>) {
    this.#body = body;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    const body = "open" in this.#body ? this.#body.open() : this.#body;
    const iterator = body[Symbol.asyncIterator]();
    this.#iterator = iterator;
    return {
      next: async () => {
        try {
          const result = await iterator.next();
          if (result.done !== true && !(result.value instanceof Uint8Array)) throw new TypeError("not a Uint8Array");
          if (result.done === true) this.#iterator = undefined;
          return result;
        } catch (error) {
          this.#iterator = undefined;
          this.failure = MlflowError.is(error)
            ? error
            : new MlflowError("ERR_BODY", "the request's body could not be read to its end", { cause: error });
          throw this.failure;
        }
      },
      return: async () => {
        this.stop();
        return { done: true, value: undefined };
      },
    };
  }

  /** The iterator may be in the middle of a read that never ends: nobody waits for it. */
  stop(): void {
    const iterator = this.#iterator;
    this.#iterator = undefined;
    iterator?.return?.()?.then(undefined, () => {});
  }
}

import { orAborted } from "./backoff.ts";
import type { Call } from "./call.ts";
import { copyHeaders, type Headers } from "./headers.ts";
import type { HttpBody, HttpRequest } from "./types.ts";

/** A request of a call. Its signal is made when somebody asks for it. */
export class OutgoingRequest implements HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: HttpBody | undefined;
  readonly call: Call;

  constructor(method: string, url: URL, headers: Headers, body: HttpBody | undefined, call: Call) {
    this.method = method;
    this.url = url;
    this.headers = headers;
    this.body = body;
    this.call = call;
  }

  get signal(): AbortSignal {
    return this.call.signal;
  }
}

/** The same request with headers of its own, for the members to write into, and another address. */
export function copyRequest(original: HttpRequest, url: URL = original.url): HttpRequest {
  const headers = copyHeaders(original.headers);
  if (original instanceof OutgoingRequest) {
    return new OutgoingRequest(original.method, url, headers, original.body, original.call);
  }
  return { ...original, url, headers };
}

/** `promise`, unless the request is given up first. */
export function during<T>(promise: PromiseLike<T>, request: HttpRequest): Promise<T> {
  return request instanceof OutgoingRequest ? request.call.during(promise) : orAborted(promise, request.signal);
}

import { request as httpRequest, type OutgoingHttpHeaders } from "node:http";
import { buffer } from "node:stream/consumers";

interface PlainRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

interface PlainResponse {
  readonly status: number;
  readonly headers: Record<string, string | string[]>;
  readonly body: AsyncIterable<Uint8Array> & {
    bytes(): Promise<Uint8Array>;
    text(): Promise<string>;
    cancel(): void;
  };
}

/** A `Send` of node:http, for tests of one provider alone: one attempt, no redirect. */
export function plainSend({ method, url, headers, body, signal }: PlainRequest): Promise<PlainResponse> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(url, { method, headers, agent: false, ...(signal && { signal }) }, (incoming) => {
      const bytes = () => buffer(incoming);
      resolve({
        status: incoming.statusCode!,
        headers: incoming.headers as Record<string, string | string[]>,
        body: {
          bytes,
          text: async () => (await bytes()).toString(),
          cancel: () => void incoming.destroy(),
          [Symbol.asyncIterator]: () => incoming[Symbol.asyncIterator](),
        },
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body as string | undefined);
  });
}

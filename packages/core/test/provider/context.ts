import { request as httpRequest } from "node:http";
import { text as readText } from "node:stream/consumers";
import type { AuthContext, Send } from "../../src/index.ts";

/** A wire of node:http, for tests of one provider alone: one attempt, no redirect. */
export const send: Send = (request) =>
  new Promise((resolve, reject) => {
    const { method, url, headers, body, signal } = request;
    const outgoing = httpRequest(url, { method, headers, ...(signal && { signal }), agent: false }, (incoming) => {
      resolve({
        status: incoming.statusCode!,
        headers: incoming.headers as Record<string, string | string[]>,
        body: {
          bytes: async () => Buffer.from(await readText(incoming)),
          text: () => readText(incoming),
          cancel: () => void incoming.destroy(),
          [Symbol.asyncIterator]: () => incoming[Symbol.asyncIterator](),
        },
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body as string | undefined);
  });

/** A context with nothing in it but what is given. */
export function testContext(fields: Partial<AuthContext> = {}): AuthContext {
  return {
    trackingUri: undefined,
    env: {},
    homeDir: "/nonexistent",
    send,
    log: { debug: () => {}, warn: () => {} },
    now: Date.now,
    skip: () => undefined,
    ...fields,
  };
}
